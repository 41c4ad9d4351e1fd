/**
 * What an object is, by its internal slots where it has any rather than by its constructor: objects of
 * another realm (a vm context, a test runner) and of subclasses count, an object that merely inherits from
 * `Map.prototype` does not.
 */

import { classOf } from './classes.ts';
import { SEND } from './handle.ts';
import { Node } from './node.ts';

const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const tagOf = Object.prototype.toString;

type Probe = (this: unknown) => unknown;

function getter(prototype: object, key: string | symbol): Probe {
  return getOwnPropertyDescriptor(prototype, key)?.get as Probe;
}

/** The classes with internal slots, each with a built-in method that throws for an object without them. */
const SLOTTED = new Map<string, { class: new (...args: never[]) => object; node: Node; probe: Probe }>([
  ['Map', { class: Map, node: Node.MAP, probe: getter(Map.prototype, 'size') }],
  ['Set', { class: Set, node: Node.SET, probe: getter(Set.prototype, 'size') }],
  ['Date', { class: Date, node: Node.DATE, probe: Date.prototype.getTime }],
  ['RegExp', { class: RegExp, node: Node.REGEXP, probe: getter(RegExp.prototype, 'source') }],
  ['ArrayBuffer', { class: ArrayBuffer, node: Node.BUFFER, probe: getter(ArrayBuffer.prototype, 'byteLength') }],
  ['Boolean', { class: Boolean, node: Node.BOXED, probe: Boolean.prototype.valueOf }],
  ['Number', { class: Number, node: Node.BOXED, probe: Number.prototype.valueOf }],
  ['String', { class: String, node: Node.BOXED, probe: String.prototype.valueOf }],
  ['BigInt', { class: BigInt as never, node: Node.BOXED, probe: BigInt.prototype.valueOf }],
]);

const TypedArray = getPrototypeOf(Uint8Array);
/** Looks at its typed array, and changes nothing. */
const valuesOf = TypedArray.prototype.values as Probe;
const typedArrayTag = getter(TypedArray.prototype, Symbol.toStringTag);

/** Classes without a global name, or that are refused from any realm. */
const REFUSED = /^(Promise|WeakMap|WeakSet|WeakRef|SharedArrayBuffer|Symbol|(Async)?Generator|Iterator Helper|.+ Iterator)$/;

/** The class name of a typed array or DataView, by its internal slot. */
export function viewName(view: ArrayBufferView): string {
  return (typedArrayTag.call(view) as string | undefined) ?? 'DataView';
}

/** The primitive inside a Boolean, Number, String or BigInt object, whatever its own `valueOf` says. */
export function unbox(value: object): unknown {
  for (const { node, probe } of SLOTTED.values()) if (node === Node.BOXED && hasSlots(value, probe)) return probe.call(value);
}

/** Older engines have no `detached`. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/**
 * Whether a view shows nothing because its resizable buffer has become too short for it. A detached buffer's
 * do so, too.
 */
export function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    // A DataView throws here.
    if (view.byteLength > 0 || viewName(view) === 'DataView') return false;
    valuesOf.call(view);
    return false;
  } catch {
    return true;
  }
}

/**
 * Whether an array buffer is shared: it may come from another realm, and SharedArrayBuffer may be missing
 * altogether.
 */
export function isShared(buffer: object): boolean {
  return tagOf.call(buffer) === '[object SharedArrayBuffer]';
}

/**
 * The kind of node that carries `value`, or, if none does, what to call it in the error message. For any
 * array: `Node.ARRAY`.
 */
export function classify(value: object): Node | string {
  let isArray: boolean;
  try {
    isArray = Array.isArray(value);
  } catch {
    return 'a revoked proxy'; // the only thing for which Array.isArray throws
  }
  // Asking for the value first spares most objects the second question. The second is for proxies that answer
  // anything.
  if ((value as { [SEND]?: unknown })[SEND] !== undefined && SEND in value) return Node.HANDLE;
  if (typeof value === 'function') return 'a function';
  if (isArray) return Node.ARRAY;
  const prototype = getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return Node.OBJECT;
  if (ArrayBuffer.isView(value)) return Node.VIEW;
  if (classOf(value) !== undefined) return Node.INSTANCE;
  return classifyByTag(value, tagOf.call(value).slice(8, -1));
}

function classifyByTag(value: object, tag: string): Node | string {
  const slotted = SLOTTED.get(tag);
  if (slotted !== undefined && hasSlots(value, slotted.probe)) return slotted.node;
  if (value instanceof Error || (tag === 'Error' && !(Symbol.toStringTag in value))) return Node.ERROR;
  // A subclass may have put its own name where the tag is read.
  for (const [name, each] of SLOTTED) {
    if (!(value instanceof each.class)) continue;
    return hasSlots(value, each.probe) ? each.node : `what looks like ${withArticle(name)} but is none (a Proxy of one?)`;
  }
  if (value instanceof TypedArray) return 'what looks like a typed array but is none (a Proxy of one?)';
  if (REFUSED.test(tag)) return withArticle(tag);
  return isPlatformObject(value, tag) ? withArticle(className(value) ?? tag) : Node.OBJECT;
}

/**
 * Built-in and platform classes name themselves by their tag and stand under that name on the global object.
 */
function isPlatformObject(value: object, tag: string): boolean {
  if (tag === 'Object') return false;
  let found: unknown = globalThis;
  for (const part of tag.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
  return typeof found === 'function' && value instanceof found;
}

function className(value: object): string | undefined {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : undefined;
}

function hasSlots(value: object, probe: Probe): boolean {
  try {
    probe.call(value);
    return true;
  } catch {
    return false;
  }
}

/** `a Map`, `an Int8Array`. */
export function withArticle(name: string): string {
  return /^[AEIO]/.test(name) ? `an ${name}` : `a ${name}`;
}

/** What to call a view whose buffer has become too short for it. */
export function outOfBounds(name: string): string {
  return `${withArticle(name)} that is out of the bounds of its resizable buffer`;
}
