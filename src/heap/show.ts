/**
 * Showing objects: one way for String(), JSON and Node's inspect of all classes.
 *
 * A class says its state once, by [STATE]: in words, as Python's repr has them, and in fields. To look at an
 * object takes no lock and waits for nobody; what is said of it was true at one moment of the look.
 */

/** The method by which an object says its state. */
export const STATE: unique symbol = Symbol('state');
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

export interface State {
  /** Behind the class and the id. Empty: nothing more to say. */
  text: string;
  /** For JSON. */
  fields: Record<string, unknown>;
}

interface Stateful {
  [STATE](): State;
}

const json = (value: unknown) => (typeof value === 'bigint' ? String(value) : value);

/** What JSON shows of an object: its class, perhaps its id, and its state. */
export function jsonOf(object: object, id: number | undefined, { fields }: State): Record<string, unknown> {
  const shown: Record<string, unknown> = { class: object.constructor.name };
  if (id !== undefined) shown.id = id;
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) shown[name] = json(value);
  return shown;
}

/** `<Lock 12: unlocked>`. */
export function textOf(object: object, id: number | undefined, { text }: State): string {
  return `<${object.constructor.name}${id === undefined ? '' : ` ${id}`}${text === '' ? '' : `: ${text}`}>`;
}

/** Gives a class that has [STATE] and is no handle the three ways to be shown. */
export function showable(ctor: { prototype: Stateful }): void {
  const hidden = { configurable: true, writable: true };
  Object.defineProperties(ctor.prototype, {
    toString: {
      ...hidden,
      value(this: Stateful) {
        return textOf(this, undefined, this[STATE]());
      },
    },
    toJSON: {
      ...hidden,
      value(this: Stateful) {
        return jsonOf(this, undefined, this[STATE]());
      },
    },
    [INSPECT]: {
      ...hidden,
      value(this: Stateful) {
        return String(this);
      },
    },
  });
}
