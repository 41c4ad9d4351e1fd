/** The nodes of `Encoding.RICH`: wire.ts has the layout. */

/** What a node is. Behind the colon its further head cells, behind the arrow its body. */
export const enum Node {
  /** → n, then n times key, value */
  OBJECT = 0,
  /** A dense array without further properties → n, then n values */
  LIST = 1,
  /** Any other array: length → as OBJECT */
  ARRAY = 2,
  /** → n, then n times key, value */
  MAP = 3,
  /** → n, then n members */
  SET = 4,
  /** : milliseconds */
  DATE = 5,
  /** : source, flags */
  REGEXP = 6,
  /** A Boolean, Number, String or BigInt object: its primitive */
  BOXED = 7,
  /** : place among the blobs, length, maximum length or -1 if it cannot be resized */
  BUFFER = 8,
  /** : class (an index into `VIEWS`), buffer node, byte offset, length in elements (a DataView: in bytes) */
  VIEW = 9,
  /**
   * : class, message or undefined, name or undefined if it is the class's → hidden properties, then
   * enumerable ones, as OBJECT
   */
  ERROR = 10,
  /** : index into the handles, class tag */
  HANDLE = 11,
  /**
   * An instance of a registered class: name, module or undefined → false, then own properties as OBJECT; or
   * true, and what the class has made of it
   */
  INSTANCE = 12,
}
