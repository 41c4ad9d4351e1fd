/**
 * PutBatch: encoded items on their way into a queue, which may have to wait for room.
 *
 * All items are encoded before the first one is sent: a value is a snapshot of the moment of the call, and
 * one that cannot be sent must leave the queue as it was. Records lie one behind the other in private memory,
 * and are copied through the worker's scratch a chunk at a time: while an async put waits, and while a getter
 * of an item runs, the scratch is everybody's. Items too large for the ring are in blocks already, which are
 * held: they go if this worker dies.
 */
import { Encoding } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { RECORD, writeBlock } from '../heap/records.ts';
import { incomparable } from './keys.ts';
import { plainRecords, type RecordForm } from './records.ts';

/** Bytes of private memory at first, and at most between two batches. */
const AT_FIRST = 4096;
const TO_KEEP = 1 << 18;
/** Bytes of the record of a number, or of one whose payload is in a block. */
const SHORT = RECORD + 8;

/** Records, one behind the other. */
class Records {
  i32 = new Int32Array(AT_FIRST >> 2);
  f64 = new Float64Array(this.i32.buffer);
  bytes = new Uint8Array(this.i32.buffer);
  /** In bytes. */
  end = 0;

  /** Makes sure of so many more bytes. */
  room(more: number): void {
    const least = this.end + more;
    if (least <= this.bytes.length) return;
    const before = this.bytes;
    this.i32 = new Int32Array(Math.max(2 * before.length, (least + 7) & ~7) >> 2);
    this.f64 = new Float64Array(this.i32.buffer, 0, this.i32.length >> 1);
    this.bytes = new Uint8Array(this.i32.buffer);
    this.bytes.set(before.subarray(0, this.end));
  }

  /** The header of a record of which `bytes` follow, for which there is room; where they begin. */
  header(length: number, meta: number, bytes: number): number {
    const at = this.end;
    this.i32[at >> 2] = length;
    this.i32[(at >> 2) + 1] = meta;
    this.end = at + RECORD + bytes;
    return at + RECORD;
  }

  number(value: number): void {
    this.room(SHORT);
    this.f64[this.header(8, Encoding.NUMBER, 8) >> 3] = value;
  }

  /** What lies in the scratch up to `end`. A loop, because most records are short. */
  copy(scratch: Int32Array, end: number): void {
    this.room(end);
    const to = this.end >> 2;
    for (let i = 0; i < end >> 2; i++) this.i32[to + i] = scratch[i] as number;
    this.end += end;
  }
}

/** One that nobody uses: most batches are over before the next one begins. */
let spare: Records | undefined;

/** Records that fit into the scratch together, from byte `from` on. */
interface Chunk {
  from: number;
  count: number;
}

/** Whether its elements are numbers, of which none can run any code. */
function isNumbers(items: unknown): items is Float64Array {
  return (
    ArrayBuffer.isView(items) &&
    !(items instanceof DataView) &&
    !('bigInt' in items) &&
    typeof (items as Float64Array)[0] === 'number'
  );
}

export class PutBatch {
  readonly #heap: Heap;
  readonly #form: RecordForm;
  #records: Records | undefined = spare ?? new Records();
  readonly #chunks: Chunk[] = [];
  /** The first chunk that is not sent yet. */
  #next = 0;
  /** Items that are in the queue. */
  sent = 0;
  /** What the records have in common, if their form says so. */
  #ordering = 0;

  constructor(heap: Heap, items: Iterable<unknown>, form: RecordForm = plainRecords) {
    this.#heap = heap;
    this.#form = form;
    spare = undefined;
    const records = this.#records as Records;
    records.end = 0;
    try {
      // All of them now: a generator might send some of its own between two of its items.
      const all = Array.isArray(items) || isNumbers(items) ? (items as readonly unknown[]) : Array.from(items);
      for (let i = 0; i < all.length; i++) {
        const before = records.end;
        const item = all[i];
        if (typeof item === 'number' && form === plainRecords) records.number(item);
        else this.#add(records, item);
        this.#count(before, records.end);
      }
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  get isEmpty(): boolean {
    return this.#next === this.#chunks.length;
  }

  /** A record more, in this chunk or in a new one. */
  #count(from: number, end: number): void {
    const chunk = this.#chunks.at(-1);
    if (chunk !== undefined && end - chunk.from <= this.#heap.scratch.length) chunk.count++;
    else this.#chunks.push({ from, count: 1 });
  }

  #add(records: Records, value: unknown): void {
    const heap = this.#heap;
    if (this.#form !== plainRecords) {
      records.copy(heap.scratchI32, this.#encodeOrdered(value));
      return;
    }
    const { codec } = heap;
    const encoding = codec.encode(value);
    const length = codec.end - codec.start;
    if (encoding < Encoding.NUMBER) {
      records.room(RECORD);
      records.header(0, encoding, 0);
    } else if (length > heap.inlineBytes || codec.handles.length > 0)
      records.copy(heap.scratchI32, writeBlock(heap, encoding, 0, 0));
    else {
      const bytes = (length + 7) & ~7;
      records.room(RECORD + bytes);
      codec.copyTo(records.bytes, records.i32, records.header(length, encoding, bytes));
    }
  }

  /** At the beginning of the scratch, of a kind with those before it; where it ends. */
  #encodeOrdered(value: unknown): number {
    const { scratchI32 } = this.#heap;
    const end = this.#form.encode(this.#heap, value, 0);
    if (this.#form.ordering !== undefined) {
      const ordering = this.#form.ordering(scratchI32, 0);
      if (this.#ordering !== 0 && ordering !== this.#ordering) {
        this.#form.drop(this.#heap, scratchI32, 0);
        throw incomparable(ordering, 'those before it');
      }
      this.#ordering = ordering;
    }
    return end;
  }

  /** Sends as many as there is room for, waiting `ms` for room for one. How many, or a status. */
  flush(queue: number, ms: number): number {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined || this.#records === undefined) return 0;
    const { core, scratch } = this.#heap;
    const end = this.#chunks[this.#next + 1]?.from ?? this.#records.end;
    scratch.set(this.#records.bytes.subarray(chunk.from, end), 0);
    const done = core.queuePutMany(queue, 0, chunk.count, ms);
    if (done < 0) return done;
    this.sent += done;
    chunk.count -= done;
    if (chunk.count === 0) this.#next++;
    else chunk.from = this.#after(chunk.from, done);
    if (this.isEmpty) this.#release();
    return done;
  }

  /** Gives back what was encoded and not sent. */
  drop(): void {
    const records = this.#records;
    if (records === undefined) return;
    const left = this.#chunks.splice(this.#next);
    this.#chunks.length = this.#next = 0;
    for (let { from, count } of left)
      for (; count > 0; count--) {
        this.#form.drop(this.#heap, records.i32, from);
        from = this.#after(from, 1);
      }
    this.#release();
  }

  #release(): void {
    const records = this.#records;
    this.#records = undefined;
    if (records !== undefined && records.bytes.length <= TO_KEEP) spare = records;
  }

  /** Where the record begins that is `count` behind the one at `at`. */
  #after(at: number, count: number): number {
    const { i32 } = this.#records as Records;
    for (; count > 0; count--) at += this.#form.bytes(i32, at);
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
