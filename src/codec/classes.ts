/**
 * The classes whose instances travel as such, by the names that both sides know.
 */

// biome-ignore lint/suspicious/noExplicitAny: any class; its constructor is not called here.
export type AnyClass<T extends object = object> = abstract new (...args: any[]) => T;

/** How a class is sent. */
// biome-ignore lint/suspicious/noExplicitAny: whatever encode answers is what decode is given.
export interface ClassCodec<T extends object, S = any> {
  /** What is sent of an instance: anything that can be sent. Default: its own enumerable properties. */
  encode?: ((instance: T) => S) | undefined;
  /**
   * The instance again. `instance` is an empty one, of which no constructor has run: fill it and return
   * nothing, or return another. Default: what was sent is assigned to the empty one.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: who fills the instance returns nothing.
  decode?: ((state: S, instance: T) => T | undefined | void) | undefined;
}

export interface RegisteredClass extends ClassCodec<object> {
  ctor: AnyClass;
  name: string;
  /** Which module has registered it. */
  module: string | undefined;
}

interface Registry {
  byName: Map<string, RegisteredClass>;
  byPrototype: Map<object, RegisteredClass>;
  /** Told that what instances of a class are has changed. */
  listeners: (() => void)[];
}
const REGISTRY = Symbol.for('nogil.userClasses');
const global = globalThis as { [REGISTRY]?: Registry };
// One for all copies of the package in this thread.
global[REGISTRY] ??= { byName: new Map(), byPrototype: new Map(), listeners: [] };
const registry = global[REGISTRY];

/**
 * @returns the class that has this name already, if it is another one, of another module; then nothing has
 * changed
 */
export function addClass(entry: RegisteredClass): RegisteredClass | undefined {
  const before = registry.byName.get(entry.name);
  if (before !== undefined && before.ctor !== entry.ctor && before.module !== entry.module) return before;
  registry.byName.set(entry.name, entry);
  registry.byPrototype.set(entry.ctor.prototype, entry);
  for (const each of registry.listeners) each();
  return undefined;
}

export function onClassAdded(listener: () => void): void {
  registry.listeners.push(listener);
}

/** The nearest registered class of an object. */
export function classOf(value: object): RegisteredClass | undefined {
  if (registry.byPrototype.size === 0) return undefined;
  for (let prototype = Object.getPrototypeOf(value); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const entry = registry.byPrototype.get(prototype);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** @param load imports a module at once, where that can be @throws TypeError it is not registered here */
export function classNamed(name: string, module: string | undefined, load: ((url: string) => void) | undefined): RegisteredClass {
  const known = registry.byName.get(name);
  if (known !== undefined) return known;
  let cause: unknown;
  try {
    if (module !== undefined) load?.(module);
  } catch (error) {
    cause = error;
  }
  const loaded = registry.byName.get(name);
  if (loaded !== undefined) return loaded;
  const where = module === undefined ? '' : `, ${module},`;
  throw new TypeError(
    `an object of class '${name}' came, which is not registered here: import the module that calls registerClass(${name})${where} before it is received`,
    { cause },
  );
}

/** The modules that have registered classes. */
export function classModules(): string[] {
  return [...new Set([...registry.byName.values()].flatMap(({ module }) => module ?? []))];
}
