/**
 * PutBatch: encoded items on their way into a queue, which may have to wait for room.
 *
 * All items are encoded before the first one is sent: a value is a snapshot of the moment of the call, and
 * one that cannot be sent must leave the queue as it was. Records lie one behind the other in private chunks,
 * and are copied through the worker's scratch a chunk at a time: while an async put waits, the scratch is
 * everybody's. Items too large for the ring are in blocks already, which are held: they go if this worker
 * dies.
 */
import type { Heap } from '../heap/heap.ts';
import { writeNumber } from '../heap/records.ts';
import { incomparable } from './keys.ts';
import { plainRecords, type RecordForm } from './records.ts';

/** Records, and how many. Together they fit into the scratch. */
interface Chunk {
  records: Uint8Array;
  count: number;
}

/** Records of a chunk that were moved out of the scratch. */
class Kept {
  #words = NO_WORDS;
  /** In bytes. */
  end = 0;

  /** The first `bytes` of the scratch. A loop, because most records are short. */
  add(scratch: Int32Array, bytes: number): void {
    const at = this.end >> 2;
    const count = bytes >> 2;
    if (at + count > this.#words.length) {
      const larger = new Int32Array(Math.max(MORE, 2 * (at + count)));
      larger.set(this.#words);
      this.#words = larger;
    }
    const words = this.#words;
    for (let i = 0; i < count; i++) words[at + i] = scratch[i] as number;
    this.end += bytes;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.end);
  }
}
const NO_WORDS = new Int32Array(0);
const MORE = 256;

export class PutBatch {
  readonly #heap: Heap;
  readonly #form: RecordForm;
  /** What is not sent yet, the first one last: taking the next is a pop. */
  readonly #chunks: Chunk[] = [];
  /** Items that are in the queue. */
  sent = 0;
  /** What the records have in common, if their form says so. */
  #shape = 0;

  constructor(heap: Heap, items: Iterable<unknown>, form: RecordForm = plainRecords) {
    this.#heap = heap;
    this.#form = form;
    // All of them now: a generator might use the scratch between two of its items.
    const all = Array.isArray(items) ? items : Array.from(items);
    try {
      for (let next = 0; next < all.length; ) next = this.#encodeFrom(all, next);
    } catch (error) {
      this.drop();
      throw error;
    }
    this.#chunks.reverse();
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Encodes a chunk, in the scratch, and keeps it; where the next one begins. */
  #encodeFrom(items: readonly unknown[], first: number): number {
    const { scratch } = this.#heap;
    const most = scratch.length - this.#form.most(this.#heap);
    const kept = new Kept();
    let next = first;
    let end = 0;
    try {
      for (; next < items.length && kept.end + end <= most; next++) {
        const item = items[next];
        // A getter may use the scratch, too.
        if (end > 0 && typeof item === 'object' && item !== null) {
          kept.add(this.#heap.scratchI32, end);
          end = 0;
        }
        end = this.#encode(item, end);
      }
    } finally {
      // Also when an item cannot be sent: what is in blocks must be given back. Not .slice(): a Buffer's
      // would be a view.
      if (kept.end > 0) kept.add(this.#heap.scratchI32, end);
      const records = kept.end > 0 ? kept.bytes : new Uint8Array(scratch.subarray(0, end));
      this.#chunks.push({ records, count: next - first });
    }
    return next;
  }

  /** Appends a record at `at` of the scratch; where it ends. */
  #encode(value: unknown, at: number): number {
    if (typeof value === 'number' && this.#form === plainRecords) return writeNumber(this.#heap, value, at);
    const end = this.#form.encode(this.#heap, value, at);
    if (this.#form.shape !== undefined) {
      const shape = this.#form.shape(this.#heap.scratchI32, at);
      if (this.#shape !== 0 && shape !== this.#shape) {
        this.#form.drop(this.#heap, this.#heap.scratchI32, at);
        throw incomparable(shape, 'those before it');
      }
      this.#shape = shape;
    }
    return end;
  }

  /** Sends as many as there is room for, waiting `ms` for room for one. How many, or a status. */
  flush(queue: number, ms: number): number {
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return 0;
    const { core, scratch } = this.#heap;
    scratch.set(chunk.records, 0);
    const done = core.queuePutMany(queue, 0, chunk.count, ms);
    if (done < 0) return done;
    this.sent += done;
    chunk.count -= done;
    if (chunk.count === 0) this.#chunks.pop();
    else chunk.records = chunk.records.subarray(this.#sizeOf(chunk.records, done));
    return done;
  }

  /** Gives back what was encoded and not sent. */
  drop(): void {
    for (const { records, count } of this.#chunks.splice(0)) {
      const words = wordsOf(records);
      for (let at = 0, left = count; left > 0; left--) {
        this.#form.drop(this.#heap, words, at);
        at += this.#form.bytes(words, at);
      }
    }
  }

  /** Bytes of the first `count` records. */
  #sizeOf(records: Uint8Array, count: number): number {
    const words = wordsOf(records);
    let at = 0;
    for (let left = count; left > 0; left--) at += this.#form.bytes(words, at);
    return at;
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
