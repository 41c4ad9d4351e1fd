/**
 * Outbox: encoded items on their way into a queue, which may have to wait for room.
 *
 * All items are encoded before the first one is sent: a value is a snapshot of the moment of the call, and one that cannot be sent must leave
 * the queue as it was. Records lie one behind the other in private batches, and are copied through the worker's scratch a batch at a time:
 * while an async put waits, the scratch is everybody's. Items too large for the ring are in blocks already, which are held: they go if this worker dies.
 */
import { Encoding, Meta } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { fitsInline, holdBody, metaOf, RECORD, writeBody } from '../heap/records.ts';

/** Records, and how many. Together they fit into the scratch. */
interface Batch {
  records: Uint8Array;
  count: number;
}

export class Outbox {
  readonly #heap: Heap;
  /** What is not sent yet, the first one last: taking the next is a pop. */
  readonly #batches: Batch[] = [];
  /** Items that are in the queue. */
  sent = 0;

  constructor(heap: Heap, items: Iterable<unknown>) {
    this.#heap = heap;
    // All of them now: a generator might use the scratch between two of its items.
    const all = Array.isArray(items) ? items : Array.from(items);
    try {
      for (let next = 0; next < all.length; ) next = this.#encodeFrom(all, next);
    } catch (error) {
      this.drop();
      throw error;
    }
    this.#batches.reverse();
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** Encodes a batch, in the scratch, and keeps it; where the next one begins. */
  #encodeFrom(items: readonly unknown[], first: number): number {
    const { scratch } = this.#heap;
    const most = scratch.length - RECORD - this.#heap.inlineBytes;
    let next = first;
    let end = 0;
    try {
      for (; next < items.length && end <= most; next++) end = this.#encode(items[next], end);
    } finally {
      // Also when an item cannot be sent: what is in blocks must be given back. Not .slice(): a Buffer's would be a view.
      this.#batches.push({ records: new Uint8Array(scratch.subarray(0, end)), count: next - first });
    }
    return next;
  }

  /** Appends a record at `at` of the scratch; where it ends. */
  #encode(value: unknown, at: number): number {
    const heap = this.#heap;
    const { codec, scratch, scratchI32 } = heap;
    const encoding = codec.encode(value, at + RECORD);
    const header = at >> 2;
    if (encoding < Encoding.NUMBER) {
      scratchI32[header] = 0;
      scratchI32[header + 1] = encoding;
      return at + RECORD;
    }
    if (encoding === Encoding.NUMBER) {
      scratchI32[header] = 8;
      scratchI32[header + 1] = encoding;
      heap.scratchF64[(at + RECORD) >> 3] = codec.number;
      return at + RECORD + 8;
    }
    const meta = metaOf(heap, encoding);
    const length = codec.end - codec.start;
    if (fitsInline(heap)) {
      writeBody(heap, scratch, scratchI32, 0, at + RECORD);
      scratchI32[header] = length;
      scratchI32[header + 1] = meta;
      return at + RECORD + ((length + 7) & ~7);
    }
    const { block, holding } = holdBody(heap, encoding);
    scratchI32[header] = length;
    scratchI32[header + 1] = meta | Meta.EXTERN;
    scratchI32[header + 2] = block;
    scratchI32[header + 3] = holding;
    return at + RECORD + 8;
  }

  /** Sends as many as there is room for, waiting `ms` for room for one. How many, or a status. */
  flush(queue: number, ms: number): number {
    const batch = this.#batches.at(-1);
    if (batch === undefined) return 0;
    const { core, scratch } = this.#heap;
    scratch.set(batch.records, 0);
    const done = core.queuePutMany(queue, 0, batch.count, ms);
    if (done < 0) return done;
    this.sent += done;
    batch.count -= done;
    if (batch.count === 0) this.#batches.pop();
    else batch.records = batch.records.subarray(sizeOf(batch.records, done));
    return done;
  }

  /** Gives back what was encoded and not sent. */
  drop(): void {
    for (const { records, count } of this.#batches.splice(0)) {
      const words = wordsOf(records);
      for (let at = 0, left = count; left > 0; left--) {
        if ((words[(at >> 2) + 1] as number) & Meta.EXTERN) this.#heap.core.refClose(words[(at >> 2) + 3] as number);
        at += recordBytes(words, at);
      }
    }
  }

  async dropUnlessSent(done: Promise<void>): Promise<void> {
    try {
      await done;
    } finally {
      this.drop();
    }
  }
}

function wordsOf(records: Uint8Array): Int32Array {
  return new Int32Array(records.buffer, records.byteOffset, records.length >> 2);
}

function recordBytes(words: Int32Array, at: number): number {
  const length = words[at >> 2] as number;
  const meta = words[(at >> 2) + 1] as number;
  return RECORD + (meta & Meta.EXTERN ? 8 : ((length + 7) & ~7) + (meta >>> Meta.HANDLES_SHIFT) * 8);
}

/** Bytes of the first `count` records. */
function sizeOf(records: Uint8Array, count: number): number {
  const words = wordsOf(records);
  let at = 0;
  for (; count > 0; count--) at += recordBytes(words, at);
  return at;
}
