/**
 * The layout of `Encoding.PLAIN`: a tree of plain objects, arrays and primitives, as cells of 8 bytes, each
 * part behind the one it belongs to. It lives in one heap only, so it has no version.
 *
 * A cell is a number, as it is, or a tag in its upper word, with what the tag's comment says in the lower one
 * and in the cells behind. The tags are NaNs that no number is: a NaN itself has a tag of its own, whatever
 * its bits (NaN-boxing, as engines do it with values in memory).
 *
 * ```
 *  { id: 7, name: 'Ann' }      OBJECT shape │ 7.0 │ LATIN1 3 │ A n n · · · · ·
 * ```
 *
 * Everything is aligned, so that both sides read and write through typed arrays, which engines put in place;
 * a text takes one native call or none. Equal trees of arrays and primitives have equal bytes: keys of dicts
 * are compared by them.
 */

export const enum Tag {
  UNDEFINED = -1,
  NULL = -2,
  FALSE = -3,
  TRUE = -4,
  NAN = -5,
  /** Characters up to U+00FF: how many. One byte each follows, padded with zeros to a whole cell. */
  LATIN1 = -6,
  /** Any other text: how many units of UTF-16. They follow, padded. Lone surrogates are as good as any. */
  UTF16 = -7,
  /** A bigint of 64 bits with sign, which is the next cell. */
  BIGINT = -8,
  /** Any other bigint: 1 if it is negative. Its digits follow, in hexadecimal, as a text. */
  LONG_BIGINT = -9,
  /** A dense array: its length. The elements follow. */
  ARRAY = -10,
  /** An object of a known shape: the shape's number (shapes.ts). The values follow, in the order of its keys. */
  OBJECT = -11,
  /** Any other object: how many properties. Their values follow, then their keys, which are texts. */
  KEYED = -12,
  /** Below it are numbers again. */
  LOWEST = -16,
}

/** Bytes of a cell. */
export const CELL = 8;

/** So deep may containers lie in each other. */
export const MAX_DEPTH = 200;

/** Cells behind a text's own. */
export function latin1Cells(length: number): number {
  return (length + 7) >>> 3;
}

export function utf16Cells(length: number): number {
  return (length + 3) >>> 2;
}
