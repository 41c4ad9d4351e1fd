/**
 * Properties of managed objects that are not the object's but its contents: `d.num`, `l[0]`, `'num' in d`,
 * `delete d.num`, `{...d}`.
 *
 * A proxy in front of the object. Methods it hands out are bound to the object itself, once each, because
 * private fields know no proxies.
 */

import { INSPECT } from '../heap/show.ts';

/** What stands behind the names that are not methods. */
export interface Contents {
  /** Whether a name is one of these, and not a method or nothing at all. */
  owns(name: string): boolean;
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  has(name: string): boolean;
  delete(name: string): void;
  names(): string[];
}

export { INSPECT };

const SHARED = ['close', 'handle', 'toString', 'constructor'];

/**
 * The names that classes of managed objects keep for themselves: what they define, and what every handle has.
 */
export function methodsOf(ctor: { prototype: object }): ReadonlySet<string> {
  return new Set([...Object.getOwnPropertyNames(ctor.prototype), ...SHARED]);
}

const TILDE = '~'.charCodeAt(0);

export function withContents<T extends object>(target: T, contents: Contents): T {
  /** A symbol, or a member of the package's own (heap/members.ts): never part of the contents. */
  const isInternal = (name: string | symbol): name is symbol =>
    typeof name === 'symbol' || (name.charCodeAt(0) === TILDE && name in target);
  const bound = new Map<string | symbol, unknown>();

  const member = (name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name, target);
    // Not the class, which is a function too; and an accessor's value is another each time.
    if (typeof value !== 'function' || name === 'constructor') return value;
    const method = value.bind(target);
    bound.set(name, method);
    return method;
  };

  // Node looks it up behind the proxy, and calls it on the proxy.
  Object.defineProperty(target, INSPECT, { value: member(INSPECT), configurable: true });

  return new Proxy(target, {
    get(_, name) {
      const method = bound.get(name);
      if (method !== undefined) return method;
      return !isInternal(name) && contents.owns(name) ? contents.get(name) : member(name);
    },
    set(_, name, value) {
      if (isInternal(name) || !contents.owns(name))
        throw new TypeError(`cannot set ${String(name)}: it is a property of every ${target.constructor.name}`);
      contents.set(name, value);
      return true;
    },
    has(_, name) {
      return isInternal(name) ? Reflect.has(target, name) : contents.has(name);
    },
    deleteProperty(_, name) {
      if (!isInternal(name)) contents.delete(name);
      return true;
    },
    ownKeys: () => contents.names(),
    getOwnPropertyDescriptor(_, name) {
      if (isInternal(name) || !contents.has(name)) return undefined;
      return { value: contents.get(name), writable: true, enumerable: true, configurable: true };
    },
    defineProperty: () => false,
    preventExtensions: () => false,
  });
}
