/** Records that the core has taken out of a queue together, one behind the other in the scratch. */
import { Encoding, Meta } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { decodeRecord, RECORD, recordBytes } from '../heap/records.ts';

/** An item with handles: reviving them may use the scratch. */
interface Later {
  readonly index: number;
  readonly at: number;
  readonly length: number;
  readonly meta: number;
  readonly block: number;
}

/** The values of `count` records. */
export function decodeMany<T>(heap: Heap, count: number): T[] {
  const { codec, scratchI32: words, scratchF64: numbers } = heap;
  const items = new Array<T>(count);
  let later: Later[] | undefined;
  codec.beginBatch();
  try {
    let at = 0;
    for (let index = 0; index < count; index++) {
      const meta = words[(at >> 2) + 1] as number;
      if (meta === Encoding.NUMBER) {
        items[index] = numbers[(at + RECORD) >> 3] as T;
        at += RECORD + 8;
        continue;
      }
      const length = words[at >> 2] as number;
      if (meta >>> Meta.HANDLES_SHIFT === 0) items[index] = decodeRecord(heap, at + RECORD, length, meta) as T;
      else {
        later ??= [];
        later.push({ index, at, length, meta, block: words[(at + RECORD) >> 2] as number });
      }
      at += recordBytes(words, at);
    }
  } finally {
    codec.endBatch();
  }
  for (const { index, at, length, meta, block } of later ?? []) {
    words[(at + RECORD) >> 2] = block;
    items[index] = decodeRecord(heap, at + RECORD, length, meta) as T;
  }
  return items;
}

/** What numbers can be read into. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** How many numbers a target takes. @throws TypeError it is no array of numbers */
export function roomIn(target: NumberArray): number {
  if (!ArrayBuffer.isView(target) || target instanceof DataView || /^Big/.test(target[Symbol.toStringTag]))
    throw new TypeError('a typed array of numbers is required to read numbers into');
  return target.length;
}

/** `count` records of numbers. */
export function readNumbers(heap: Heap, target: NumberArray, count: number): void {
  const { scratchF64 } = heap;
  for (let i = 0; i < count; i++) target[i] = scratchF64[2 * i + 1] as number;
}

export function notNumber(): TypeError {
  return new TypeError('the next item is no number: take it with get()');
}
