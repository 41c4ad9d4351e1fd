/**
 * Python's `==` and `<` for values that were sent: what a list needs to find and to sort.
 */
import { type HandleRef, SEND } from '../codec/index.ts';

type Bag = Record<string, unknown>;

/**
 * Whether two values are equal by what is in them: numbers as a Map compares keys, shared objects by which
 * they are.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Number.isNaN(a) && Number.isNaN(b);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const handle = handleOf(a);
  if (handle !== undefined) return handle.id === handleOf(b)?.id && handle.gen === handleOf(b)?.gen;
  if (a instanceof Date) return a.getTime() === (b as Date).getTime();
  if (a instanceof Map)
    return (
      a.size === (b as typeof a).size &&
      [...a].every(([key, value]) => (b as typeof a).has(key) && isEqual(value, (b as typeof a).get(key)))
    );
  if (a instanceof Set) return a.size === (b as typeof a).size && [...a].every((member) => (b as typeof a).has(member));
  if (a instanceof RegExp || a instanceof Error) return String(a) === String(b);
  if (ArrayBuffer.isView(a)) return sameBytes(a, b as ArrayBufferView);
  if (a instanceof ArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual((a as Bag)[key], (b as Bag)[key]))
  );
}

function handleOf(value: object): HandleRef | undefined {
  return (value as { [SEND]?: () => HandleRef })[SEND]?.();
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return left.every((byte, i) => byte === right[i]);
}

/**
 * As `sort` wants it. Numbers and bigints (and booleans, as 0 and 1), strings, dates and arrays, each among
 * their like. @throws TypeError others
 */
export function compare(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = compare(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  const class_ = orderOf(a);
  if (class_ === undefined || class_ !== orderOf(b))
    throw new TypeError(`'<' not supported between ${nameOf(a)} and ${nameOf(b)}`);
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

function orderOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
      return 'number';
    case 'string':
      return 'string';
    default:
      return value instanceof Date ? 'date' : undefined;
  }
}

function nameOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'Object';
}
