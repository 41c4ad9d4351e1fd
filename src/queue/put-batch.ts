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
import { copyInto } from '../codec/bytes.ts';
import type { CellBuffer } from '../codec/cell-buffer.ts';
import { CELL } from '../codec/cells.ts';
import type { Heap } from '../heap/heap.ts';
import { writeBlock } from '../heap/records.ts';
import { incomparable } from './keys.ts';
import { plainRecords, type RecordForm } from './records.ts';

/** A buffer that nobody uses: most batches are over before the next one begins. */
let spare: CellBuffer | undefined;

function addNumber(cells: CellBuffer, value: number): void {
  cells.room(2);
  cells.mark(cells.at, Encoding.NUMBER, 8);
  cells.f64[cells.at + 1] = value;
  cells.at += 2;
}

/** What lies in the scratch up to byte `end`. A loop, because most records are short. */
function addStaged(cells: CellBuffer, scratch: Int32Array, end: number): void {
  cells.room(end / CELL);
  const to = 2 * cells.at;
  for (let i = 0; i < end >> 2; i++) cells.words[to + i] = scratch[i] as number;
  cells.at += end / CELL;
}

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
  #cells: CellBuffer | undefined;
  readonly #chunks: Chunk[] = [];
  /** The chunk that the next record may belong to. */
  #last: Chunk = { from: Number.NEGATIVE_INFINITY, count: 0 };
  /** The first chunk that is not sent yet. */
  #next = 0;
  /** Items that are in the queue. */
  sent = 0;
  /** What the records have in common, if their form says so. */
  #ordering = 0;

  constructor(heap: Heap, items: Iterable<unknown>, form: RecordForm = plainRecords) {
    this.#heap = heap;
    this.#form = form;
    // All of them now: a generator might send some of its own between two of its items.
    const all = Array.isArray(items) || isNumbers(items) ? (items as readonly unknown[]) : Array.from(items);
    const cells = spare ?? heap.codec.newCells();
    this.#cells = cells;
    spare = undefined;
    cells.trim();
    const before = heap.codec.useCells(cells);
    try {
      for (let i = 0; i < all.length; i++) {
        const from = cells.at;
        const item = all[i];
        if (form !== plainRecords) this.#addOrdered(cells, item);
        else if (typeof item === 'number') addNumber(cells, item);
        else this.#add(cells, item);
        this.#count(from * CELL, cells.at * CELL);
      }
    } catch (error) {
      this.drop();
      throw error;
    } finally {
      heap.codec.useCells(before);
    }
  }

  get isEmpty(): boolean {
    return this.#next === this.#chunks.length;
  }

  /** A record more, in this chunk or in a new one. */
  #count(from: number, end: number): void {
    if (end - this.#last.from <= this.#heap.scratch.length) this.#last.count++;
    else {
      this.#last = { from, count: 1 };
      this.#chunks.push(this.#last);
    }
  }

  #add(cells: CellBuffer, value: unknown): void {
    const heap = this.#heap;
    const { codec } = heap;
    cells.room(1);
    // What the codec writes as cells is in its place then, behind the header.
    const head = cells.at++;
    const encoding = codec.encode(value);
    const length = codec.end - codec.start;
    if (encoding < Encoding.NUMBER) cells.mark(head, encoding, 0);
    else if (length > heap.inlineBytes || codec.handles.length > 0) {
      cells.at = head;
      addStaged(cells, heap.scratchI32, writeBlock(heap, encoding, 0, 0));
    } else {
      const size = Math.ceil(length / CELL);
      cells.room(size);
      codec.copyTo(cells.bytes, cells.words, cells.at * CELL);
      cells.at += size;
      cells.mark(head, encoding, length);
    }
  }

  #addOrdered(cells: CellBuffer, value: unknown): void {
    addStaged(cells, this.#heap.scratchI32, this.#encodeOrdered(value));
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
    const cells = this.#cells;
    if (chunk === undefined || cells === undefined) return 0;
    const { core, scratch } = this.#heap;
    const end = this.#chunks[this.#next + 1]?.from ?? cells.at * CELL;
    copyInto(scratch, 0, new Uint8Array(cells.words.buffer, chunk.from, end - chunk.from));
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
    const cells = this.#cells;
    if (cells === undefined) return;
    const left = this.#chunks.splice(this.#next);
    this.#chunks.length = this.#next = 0;
    for (let { from, count } of left)
      for (; count > 0; count--) {
        this.#form.drop(this.#heap, cells.words, from);
        from = this.#after(from, 1);
      }
    this.#release();
  }

  #release(): void {
    const cells = this.#cells;
    if (cells === undefined) return;
    this.#cells = undefined;
    cells.trim();
    spare = cells;
  }

  /** Where the record begins that is `count` behind the one at `at`. */
  #after(at: number, count: number): number {
    const { words } = this.#cells as CellBuffer;
    for (; count > 0; count--) at += this.#form.bytes(words, at);
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
