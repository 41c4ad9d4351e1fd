/** The shapes of a heap (assembly/heap/shapes.ts) as the codec wants them. */
import { Size, Status } from '../../assembly/abi.ts';
import { NO_SHAPE, type ShapeStore } from '../codec/index.ts';
import type { CoreExports } from './core.ts';
import { hasNo } from './corrupt.ts';

/** What is asked of a heap. */
interface Memory {
  readonly core: CoreExports;
  readonly scratch: Uint8Array;
  bytes(end: number): Uint8Array;
  words(end: number): Int32Array;
}

/** Where a shape's bytes are, behind its length. */
const BYTES = 8;

export function shapesOf(heap: Memory): ShapeStore {
  return {
    intern(bytes, start, end) {
      const length = end - start;
      if (Size.RECORD + length > heap.scratch.length) return NO_SHAPE;
      heap.scratch.set(bytes.subarray(start, end), Size.RECORD);
      const shape = heap.core.shapeIntern(length);
      return shape === Status.NO_MEMORY ? NO_SHAPE : shape;
    },
    keysOf(shape) {
      const at = heap.core.shapeKeys(shape);
      if (at === 0) hasNo(`shape ${shape}`);
      const length = heap.words(at + BYTES)[at >> 2] as number;
      return { source: heap.bytes(at + BYTES + length), start: at + BYTES, end: at + BYTES + length };
    },
  };
}
