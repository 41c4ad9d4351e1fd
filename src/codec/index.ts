/**
 * The value codec: whatever is put into a queue, a pipe or the arguments of a task goes through `Codec`.
 *
 * A value is encoded in one of three ways, the first that is exact: numbers, texts and bytes as they are; a
 * tree of plain objects and arrays as cells (cells.ts has the layout, cell-writer.ts and cell-reader.ts the
 * two directions, shapes.ts what saves the keys, builder.ts and shape-writer.ts what is compiled for a shape); all else as a flat table of its graph (wire.ts has the
 * layout, flatten.ts writes it, revive.ts reads it).
 */

export { Codec } from './codec.ts';
export { type ErrorClass, isOfErrorClass, registerErrorClass } from './error-classes.ts';
export { type HandleBridge, type HandleRef, SEND, type Sendable } from './handle.ts';
export { onMalformed } from './malformed.ts';
export { inTermsOf } from './path.ts';
export { NO_SHAPE, type ShapeStore } from './shapes.ts';
