/**
 * The walk that decides whether a value may go as `Encoding.PLAIN`: a tree of plain objects, arrays and
 * primitives that msgpackr carries exactly as it is. It runs in front of every object that is sent, so it
 * allocates nothing for an everyday one, and it need not be complete: what it turns down goes as
 * `Encoding.RICH`, which takes everything.
 *
 * Turned down, besides the classes that are more than their properties and every object that is met twice:
 *  - -0, which msgpackr writes as 0, and bigints of more than 64 bits
 *  - strings and keys that UTF-8 decoders change (strings.ts)
 *  - the key `__proto__`, which msgpackr renames
 *  - arrays with holes or further properties
 *  - what is nested so deeply that recursion could exhaust the stack, here or at the receiver
 */

import { classify } from './classify.ts';
import { SEND } from './handle.ts';
import { packsAsObject } from './msgpack.ts';
import { survivesUtf8 } from './strings.ts';
import { Node } from './wire.ts';

const MAX_DEPTH = 200;

/** Up to here a linear search beats a Set. Chosen by measurement. */
const LINEAR = 32;

/**
 * Up to here `Object.keys` beats `Object.values` in counting the properties of an array. Chosen by
 * measurement.
 */
const FEW_ELEMENTS = 4;

const { getPrototypeOf, keys, values } = Object;
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const isArray = Array.isArray;

/**
 * The containers met by the walk. A getter or a proxy may start another walk inside this one; that one begins
 * where this one stands, at a `base` of its own.
 */
const met: (object | undefined)[] = new Array(LINEAR).fill(undefined);
let top = 0;
let base = 0;
/** Takes over from `met` when there are many. */
let many: Set<object> | undefined;

/**
 * Whether msgpackr alone carries `root` exactly. Getters are read. May throw what they, or a proxy, throw.
 */
export function isPlain(root: object): boolean {
  const outerBase = base;
  const outerMany = many;
  base = top;
  many = undefined;
  try {
    return isPlainContainer(root, 0);
  } finally {
    // References left behind would keep the user's objects alive.
    while (top > base) met[--top] = undefined;
    base = outerBase;
    many = outerMany;
  }
}

function isPlainContainer(value: object, depth: number): boolean {
  const prototype = getPrototypeOf(value);
  if (prototype === arrayPrototype) return isFirstMeeting(value) && isPlainArray(value as unknown[], depth);
  if (prototype !== objectPrototype && !hasPlainClass(value, prototype)) return false;
  return isFirstMeeting(value) && isPlainObject(value as Record<string, unknown>, depth);
}

/** The answers of `hasPlainClass`, by prototype. */
const plainClasses = new WeakMap<object, boolean>();

/** Whether an instance of a class is no more than its properties; so are most classes that users write. */
function hasPlainClass(value: object, prototype: object | null): boolean {
  if (prototype === null) return true;
  let plain = plainClasses.get(prototype);
  if (plain === undefined) {
    plain = classify(value) === Node.OBJECT && packsAsObject(prototype);
    plainClasses.set(prototype, plain);
  }
  return plain;
}

function isPlainObject(value: Record<string, unknown>, depth: number): boolean {
  if ((value as { [SEND]?: unknown })[SEND] !== undefined || isArray(value)) return false;
  // Inherited enumerable keys exist only if somebody has extended Object.prototype; msgpackr leaves them out,
  // and checking a few values in vain is cheaper than asking every key whether it is an own one.
  for (const key in value) {
    if (key === '__proto__' || !survivesUtf8(key)) return false;
    const item = value[key];
    switch (typeof item) {
      case 'string':
        if (!survivesUtf8(item)) return false;
        break;
      case 'number':
        if (item === 0 && 1 / item < 0) return false;
        break;
      case 'object':
        if (item !== null && (depth >= MAX_DEPTH || !isPlainContainer(item, depth + 1))) return false;
        break;
      case 'bigint':
        if (!fits64Bits(item)) return false;
        break;
      case 'function':
      case 'symbol':
        return false;
    }
  }
  return true;
}

function isPlainArray(value: unknown[], depth: number): boolean {
  if ((value as { [SEND]?: unknown })[SEND] !== undefined || !isArray(value)) return false;
  const length = value.length;
  for (let i = 0; i < length; i++) {
    const item = value[i];
    switch (typeof item) {
      case 'string':
        if (!survivesUtf8(item)) return false;
        break;
      case 'number':
        if (item === 0 && 1 / item < 0) return false;
        break;
      case 'object':
        if (item !== null && (depth >= MAX_DEPTH || !isPlainContainer(item, depth + 1))) return false;
        break;
      case 'bigint':
        if (!fits64Bits(item)) return false;
        break;
      case 'undefined':
        if (!(i in value)) return false;
        break;
      case 'function':
      case 'symbol':
        return false;
    }
  }
  // JavaScript has no question "any properties besides the elements?", so count them all.
  return length === (length <= FEW_ELEMENTS ? keys(value) : values(value)).length;
}

/** Notes a container. False if it was noted before: a shared reference or a cycle. */
function isFirstMeeting(value: object): boolean {
  if (many !== undefined) {
    const size = many.size;
    many.add(value);
    return many.size > size;
  }
  for (let i = base; i < top; i++) if (met[i] === value) return false;
  if (top - base === LINEAR) {
    many = new Set(met.slice(base, top) as object[]).add(value);
  } else {
    met[top++] = value;
  }
  return true;
}

/** Whether MessagePack has an integer type for it: int64 below zero, uint64 above. */
export function fits64Bits(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;
}
