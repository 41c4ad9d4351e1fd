/**
 * Indices: `a[i]` for classes with `get(index)` and `set(index, value)`.
 */
import { IndexError } from '../errors.ts';

interface Indexed {
  get(index: number): unknown;
  set(index: number, value: unknown): void;
}

/** The index that a property key is, or undefined. */
function indexOf(key: string | symbol): number | undefined {
  return typeof key === 'string' && /^(0|-?[1-9]\d*)$/.test(key) ? Number(key) : undefined;
}

/**
 * Puts a proxy behind the class's own methods in the chain of prototypes: what is not found there may be an
 * index. So methods are found as fast as ever, and `this` is the object itself, with its private fields.
 */
export function behindIndices(ctor: { prototype: Indexed }): void {
  const indices = new Proxy(Object.getPrototypeOf(ctor.prototype), {
    get(target, key, receiver) {
      const index = indexOf(key);
      return index === undefined ? Reflect.get(target, key, receiver) : (receiver as Indexed).get(index);
    },
    set(target, key, value, receiver) {
      const index = indexOf(key);
      if (index === undefined) return Reflect.set(target, key, value, receiver);
      (receiver as Indexed).set(index, value);
      return true;
    },
  });
  Object.setPrototypeOf(ctor.prototype, indices);
}

/** The place of an index, a negative one counted from the end. @throws IndexError, TypeError */
export function placeOf(index: number, length: number, what: string): number {
  const place = index < 0 ? index + length : index;
  if (place >= 0 && place < length && Number.isInteger(place)) return place;
  if (!Number.isInteger(index)) throw new TypeError(`an index must be an integer, got ${String(index)}`);
  throw new IndexError(`index ${index} is out of range: the ${what} has ${length} elements`);
}
