/**
 * Outbox: encoded items on their way into a queue, which may have to wait for room.
 *
 * Records lie one behind the other in a private buffer, and are copied through the worker's scratch a batch at a time: while an async put
 * waits, the scratch is everybody's. Items too large for the ring are in blocks already.
 */
import { Encoding, Meta } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { blockOfBody, bodyBytes, metaOf, RECORD, writeBody } from '../heap/records.ts';

export class Outbox {
  readonly #heap: Heap;
  readonly #items: unknown[];
  #next = 0;
  /** Records that are encoded and not yet sent. */
  #pending: Uint8Array = new Uint8Array(0);
  #count = 0;
  /** Items that are in the queue. */
  sent = 0;

  constructor(heap: Heap, items: Iterable<unknown>) {
    this.#heap = heap;
    // All of them now: a generator might use the scratch between two of its items.
    this.#items = Array.isArray(items) ? items : Array.from(items);
    this.#fill();
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#next === this.#items.length;
  }

  /** Encodes items into the scratch until it is full or there are no more, then keeps the records. */
  #fill(): void {
    const { scratch } = this.#heap;
    let end = 0;
    // The largest inline record must fit behind what is there.
    while (end + RECORD + this.#heap.inlineBytes <= scratch.length) {
      if (this.#next === this.#items.length) break;
      end = this.#encode(this.#items[this.#next], end);
      this.#next++;
      this.#count++;
    }
    // Not .slice(): a Buffer's would be a view.
    this.#pending = new Uint8Array(scratch.subarray(0, end));
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
    const body = bodyBytes(heap);
    if (body <= heap.inlineBytes) {
      writeBody(heap, scratch, scratchI32, 0, at + RECORD);
      scratchI32[header] = length;
      scratchI32[header + 1] = meta;
      return at + RECORD + body;
    }
    const block = blockOfBody(heap);
    scratchI32[header] = length;
    scratchI32[header + 1] = meta | Meta.EXTERN;
    scratchI32[header + 2] = block;
    scratchI32[header + 3] = 0;
    return at + RECORD + 8;
  }

  /** Sends as many as there is room for, waiting `ms` for room for one. How many, or a status. */
  flush(queue: number, ms: number): number {
    if (this.#count === 0) return 0;
    const { core, scratch } = this.#heap;
    scratch.set(this.#pending, 0);
    const done = core.queuePutMany(queue, 0, this.#count, ms);
    if (done < 0) return done;
    this.sent += done;
    this.#count -= done;
    this.#pending = this.#pending.subarray(sizeOf(this.#pending, done));
    if (this.#count === 0) this.#fill();
    return done;
  }

  /** Gives back what was encoded and not sent. */
  drop(): void {
    const { core } = this.#heap;
    const words = wordsOf(this.#pending);
    for (let at = 0; this.#count > 0; this.#count--) {
      const size = recordBytes(words, at);
      const meta = words[(at >> 2) + 1] as number;
      if (meta & Meta.EXTERN || meta >>> Meta.HANDLES_SHIFT) {
        // A parcel is a record in a block: the core drops both, handles and all.
        const parcel = this.#heap.allocate(size);
        this.#heap.bytes(parcel + size).set(this.#pending.subarray(at, at + size), parcel);
        core.dropParcel(parcel);
      }
      at += size;
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
