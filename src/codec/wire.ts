/**
 * The layout of `Encoding.RICH`. It lives between two workers of one program only, so it has no version.
 *
 * ```
 *  u64 little endian   length of the table in bytes
 *  table               [heads, bodies] as cells.ts has it, two flat arrays
 *  blobs               the contents of all ArrayBuffers, one after the other
 * ```
 *
 * Every object of the graph is a node; nodes are numbered as the walk meets them. `heads` tells, in that
 * order, what each node is, with all that is needed to create it empty; `bodies` begins with the value itself
 * and goes on with the contents of the nodes, in the same order. So the receiver first creates everything,
 * then ties it together, and a cycle needs no special care. The table is flat, so the depth of a graph costs
 * no stack on either side.
 *
 * An element of either is one of
 *  - a string, boolean, bigint, null or undefined: itself
 *  - an integer >= 0: the node of that number
 *  - `NUMBER`, with the number behind it
 */

/** A number follows. */
export const NUMBER = -1;

/** The classes of views by their number on the wire. Float16Array is not everywhere yet. */
export const VIEWS = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
];
