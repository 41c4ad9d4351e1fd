/**
 * Typecodes: C's number types, as Python's array module names them.
 */
export type Typecode = 'c' | 'b' | 'B' | 'h' | 'H' | 'i' | 'I' | 'l' | 'L' | 'q' | 'Q' | 'f' | 'd';
/** What a Value or an element of a typecode is: bigint for q and Q, otherwise a number. */
export type ValueOf<C extends Typecode> = C extends 'q' | 'Q' ? bigint : number;

/**
 * The typed array of each: char, signed and unsigned char, short, int, long (32 bits, as on Windows), long
 * long; float, double.
 */
export interface ViewOf {
  c: Uint8Array;
  b: Int8Array;
  B: Uint8Array;
  h: Int16Array;
  H: Uint16Array;
  i: Int32Array;
  I: Uint32Array;
  l: Int32Array;
  L: Uint32Array;
  q: BigInt64Array;
  Q: BigUint64Array;
  f: Float32Array;
  d: Float64Array;
}
export type View = ViewOf[Typecode];
type ViewClass<V> = { new (buffer: ArrayBufferLike, offset: number, length: number): V; readonly BYTES_PER_ELEMENT: number };

export const views: { readonly [C in Typecode]: ViewClass<ViewOf[C]> } = {
  c: Uint8Array,
  b: Int8Array,
  B: Uint8Array,
  h: Int16Array,
  H: Uint16Array,
  i: Int32Array,
  I: Uint32Array,
  l: Int32Array,
  L: Uint32Array,
  q: BigInt64Array,
  Q: BigUint64Array,
  f: Float32Array,
  d: Float64Array,
};
/** In the order of their numbers in the heap. */
export const typecodes = Object.keys(views) as Typecode[];

/** @throws TypeError it is no typecode */
export function checkTypecode(typecode: unknown): void {
  if (typeof typecode !== 'string' || !Object.hasOwn(views, typecode))
    throw new TypeError(`unknown typecode ${String(typecode)}: expected one of ${typecodes.join(' ')}`);
}

/** As ctypes does: out of range wraps around, another type is an error. @throws TypeError */
export function checkType(typecode: Typecode, value: unknown): void {
  const expected = typecode === 'q' || typecode === 'Q' ? 'bigint' : 'number';
  if (typeof value !== expected)
    throw new TypeError(`a value of typecode ${typecode} must be a ${expected}, got ${value === null ? 'null' : typeof value}`);
  if (expected === 'number' && typecode !== 'f' && typecode !== 'd' && !Number.isInteger(value))
    throw new TypeError(`a value of typecode ${typecode} must be an integer, got ${value}`);
}
