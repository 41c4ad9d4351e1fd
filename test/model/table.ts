/**
 * Tables and vectors in a model: who uses them, and whether what lies in memory is whole.
 *
 * Keys are numbers, or texts of which there is a block each; so are values: those from BLOCKS on are bytes in
 * a block, which begin with the number; HANDLE is a block with a handle.
 */
import { Encoding, Meta, Status } from '../../assembly/abi.ts';
import { classOf, enlist, heapTrouble, makeHeap, reaps, SMALL_CLASSES, sizeOfClass, usedIn, wordsOf } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { atomic, call, must, type Program, type Step } from './program.ts';

/** Keys and values from here on are in blocks. */
export const BLOCKS = 100;
/** The value of a block with a handle, its length and its meta. */
export const HANDLE = 1000;
export const HANDLE_LENGTH = 8;
export const HANDLE_META = Encoding.RICH | (1 << Meta.HANDLES_SHIFT);
const RECORD = 8;
export const KEY = RECORD + 64;
const SCRATCH = 256;
/** From a store's address. */
const [GUARD, BODY, COUNT] = [16, 36, 40] as const;
const OWNER = (1 << 29) - 1;
const ABANDONED = 1 << 30;
const NUMBERS = 1n << 49n;

const wide = new DataView(new ArrayBuffer(8));

/** The two words of a double. */
function halves(value: number): [low: number, high: number] {
  wide.setFloat64(0, value, true);
  return [wide.getInt32(0, true), wide.getInt32(4, true)];
}

/** Writes a record of `value` at `at` of a scratch: addresses and words. */
export function record(at: number, value: number): [address: number, word: number][] {
  if (value >= BLOCKS)
    return [
      [at, 4],
      [at + 4, Encoding.BYTES],
      [at + RECORD, value],
    ];
  const [low, high] = halves(value);
  return [
    [at + 4, Encoding.NUMBER],
    [at + RECORD, low],
    [at + RECORD + 4, high],
  ];
}

export class World {
  readonly tids: number[] = [];
  protected readonly scratches: number[] = [];
  /** The scratch of the setup. */
  protected readonly own: number;
  /** Bytes of the heap in use that are no table's. */
  private others = 0;
  /** Bytes of the heap in use that will have gone at the end. */
  protected passing = 0;
  /** Bytes that a death may cost. */
  lost = 0;

  constructor(
    readonly m: Model,
    readonly store: 'table' | 'vector',
    pages = 24,
  ) {
    makeHeap(m, pages);
    this.own = m.call('scratch');
    this.at = m.call('refObject', m.call(`${store}Create`));
    const words = [
      'latch',
      'gateSeq',
      'gateWaiters',
      'flags',
      'guard',
      'updateLockGateSeq',
      'updateLockGateWaiters',
      'updateLockFlags',
    ];
    m.name(this.at, store, [...words, 'nesting', 'body', 'count']);
    m.finally(() => this.trouble());
  }

  /** The address of the table or vector. */
  readonly at: number;

  // ── the setup ──────────────────────────────────────────────────────────────────────────────────────

  /** Puts `value` under `key`, or at the end. */
  fill(...pairs: [key: number, value: number][]): void {
    const { m } = this;
    for (const [key, value] of pairs) {
      for (const [address, word] of [...record(this.own, value), ...record(this.own + KEY, key)]) m.store(address, word);
      const status = this.store === 'table' ? m.call('tablePut', this.at, 0) : m.call('vectorAppend', this.at);
      must(status === Status.OK, `the setup was answered ${status}`);
    }
  }

  /**
   * Where the next batch of two will lie, there was one with a cell of a block that somebody else still has.
   */
  litter(): void {
    const { m } = this;
    const [batch, block] = [m.call('allocate', 64), m.call('allocate', 24)];
    for (const [i, word] of [1, 4, Encoding.BYTES].entries()) m.store(block + i * 4, word);
    m.store(batch + 48, block);
    m.call('free', batch);
  }

  add(name: string, steps: (scratch: () => number) => Program, options: WorkerOptions = {}): Handle {
    let index = -1;
    const scratch = () => this.scratches[index] as number;
    const worker = this.m.worker(name, steps(scratch), options);
    this.enrol(worker, (at) => {
      index = at;
    });
    return worker;
  }

  /** Another task on the thread of `peer`: with its scratch, and as the same worker. */
  task(name: string, peer: string, steps: (scratch: () => number) => Program): void {
    const index = this.m.machine.workers.findIndex((worker) => worker.name === peer);
    this.m.worker(
      name,
      steps(() => this.scratches[index] as number),
      { thread: peer },
    );
  }

  /** `before`: what others do with the locks of the dead before it is buried. */
  reaper(steps: (scratch: () => number) => Program = () => [], before: (scratch: () => number) => Program = () => []): void {
    let index = -1;
    const scratch = () => this.scratches[index] as number;
    const [locks, rest] = reaps(this.m, this.tids);
    this.enrol(this.m.reaper('reaper', [locks, ...before(scratch), rest, ...steps(scratch)]), (at) => {
      index = at;
    });
  }

  private enrol(handle: Handle, told: (index: number) => void): void {
    this.tids[handle.index] = enlist(this.m, handle);
    this.scratches[handle.index] = handle.call('scratch');
    told(handle.index);
  }

  /** To be called last: what the heap holds besides the contents. */
  begin(): void {
    this.others = this.m.look('bytesInUse') - this.contentBytes() - this.passing;
  }

  // ── what workers do ────────────────────────────────────────────────────────────────────────────────

  writes(scratch: () => number, at: number, value: number): Step[] {
    return record(0, value).map(([offset, word]) => atomic('store', () => [scratch() + at + offset, word]));
  }

  private answers(...allowed: number[]) {
    return (status: number) => must(allowed.includes(status), `answered ${status}`);
  }

  put(scratch: () => number, key: number, value: number): Step[] {
    const done = this.answers(Status.OK);
    if (value < BLOCKS) return [...this.writes(scratch, KEY, key), call('tablePutNumber', [this.at, value, 0], done)];
    return [...this.writes(scratch, KEY, key), ...this.writes(scratch, 0, value), call('tablePut', [this.at, 0], done)];
  }

  /** Puts pairs by way of a batch. */
  putAll(scratch: () => number, pairs: [key: number, value: number][], batch: { at: number }): Step[] {
    return [
      call('cellBatchCreate', [pairs.length * 2], (at) => {
        batch.at = at;
      }),
      ...pairs.flatMap(([key, value]) => [
        ...this.writes(scratch, 0, value),
        call('cellBatchAdd', () => [batch.at, 0], this.answers(Status.OK)),
        ...this.writes(scratch, KEY, key),
        call('cellBatchAdd', () => [batch.at, KEY], this.answers(Status.OK)),
      ]),
      call('tablePutAll', () => [this.at, batch.at, 0], this.answers(Status.OK)),
      call('cellBatchClose', () => [batch.at]),
    ];
  }

  delete(scratch: () => number, key: number): Step[] {
    return [...this.writes(scratch, KEY, key), call('tableDelete', [this.at], this.answers(Status.OK, Status.RANGE))];
  }

  popitem(batch: { at: number }): Step[] {
    return [
      call('tableTakeLast', [this.at], (at) => {
        must(at > 0, `answered ${at}`);
        batch.at = at;
      }),
      call('cellBatchClose', () => [batch.at]),
    ];
  }

  /** `seen` gets the value, or undefined. */
  get(scratch: () => number, key: number, seen: (value: number | undefined) => void): Step[] {
    const read = (meta: number) => seen(meta === Status.RANGE ? undefined : this.shown(scratch(), meta));
    return [...this.writes(scratch, KEY, key), call('tableGet', [this.at], read)];
  }

  /** The value of the record at a scratch's begin. */
  shown(scratch: number, meta: number): number {
    const words = wordsOf(this.m);
    if (meta === Encoding.BYTES) {
      must(words[scratch >> 2] === 4, 'a length that nobody wrote');
      return words[(scratch + RECORD) >> 2] as number;
    }
    must(meta === Encoding.NUMBER, `a meta that nobody wrote: ${meta}`);
    wide.setInt32(0, words[(scratch + RECORD) >> 2] as number, true);
    wide.setInt32(4, words[(scratch + RECORD + 4) >> 2] as number, true);
    return wide.getFloat64(0, true);
  }

  append(scratch: () => number, value: number): Step[] {
    const done = this.answers(Status.OK);
    if (value < BLOCKS) return [call('vectorAppendNumber', [this.at, value], done)];
    return [...this.writes(scratch, 0, value), call('vectorAppend', [this.at], done)];
  }

  /** Puts one item in front of `index`, or in place of `count` items there. */
  splice(scratch: () => number, index: number, count: number, value: number, batch: { at: number }): Step[] {
    return [
      call('cellBatchCreate', [1], (at) => {
        batch.at = at;
      }),
      ...this.writes(scratch, 0, value),
      call('cellBatchAdd', () => [batch.at, 0], this.answers(Status.OK)),
      call('vectorSplice', () => [this.at, index, index + count, batch.at], this.answers(Status.OK)),
      call('cellBatchClose', () => [batch.at]),
    ];
  }

  // ── what lies in memory ────────────────────────────────────────────────────────────────────────────

  private cell(address: number): bigint {
    const words = wordsOf(this.m);
    return (BigInt((words[(address >> 2) + 1] as number) >>> 0) << 32n) | BigInt((words[address >> 2] as number) >>> 0);
  }

  protected blocks: number[] = [];

  /** Whether a block may have so many references when nobody has it in hand. */
  protected isShared(references: number): boolean {
    return references === 1;
  }

  /** What a cell stands for. */
  private valueOf(cell: bigint): number {
    if (cell >= NUMBERS) {
      wide.setBigUint64(0, BigInt.asUintN(64, cell - NUMBERS), true);
      return wide.getFloat64(0, true);
    }
    const block = Number(cell);
    const words = wordsOf(this.m);
    const [refs, length, meta] = words.subarray(block >> 2, (block >> 2) + 3);
    const held = length === HANDLE_LENGTH && meta === HANDLE_META;
    if (!this.isShared(refs as number) || !(held || (length === 4 && meta === Encoding.BYTES)))
      throw new Error(`block ${block} is no value's`);
    this.blocks.push(block);
    return words[(block + 16) >> 2] as number;
  }

  /** Pairs of a table, or the items of a vector under their indices. Throws if it is not whole. */
  contents(): [key: number, value: number][] {
    this.blocks = [];
    const body = wordsOf(this.m)[(this.at + BODY) >> 2] as number;
    if (body === 0) return [];
    return this.store === 'table' ? this.entries(body) : this.items(body);
  }

  private entries(body: number): [number, number][] {
    const words = wordsOf(this.m);
    const [slots, limit, used, spent] = words.subarray(body >> 2, (body >> 2) + 4) as unknown as [number, number, number, number];
    if (used > spent || spent > limit) throw new Error(`used ${used}, spent ${spent}, limit ${limit}`);
    const index = [...words.subarray((body + 16 + limit * 16) >> 2, (body + 16 + limit * 16 + slots * 4) >> 2)];
    if (!index.includes(0)) throw new Error('no slot is empty');
    const pairs: [number, number][] = [];
    for (let i = 0; i < limit; i++) {
      const entry = body + 16 + i * 16;
      if (this.cell(entry + 8) === 0n) continue;
      if (i >= used) throw new Error(`entry ${i} is there, and only ${used} are used`);
      if (!index.includes(i + 1)) throw new Error(`entry ${i} has no slot`);
      pairs.push([this.valueOf(this.cell(entry)), this.valueOf(this.cell(entry + 8))]);
    }
    if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error('a key is there twice');
    const count = words[(this.at + COUNT) >> 2] as number;
    if (count >= 0 && count !== pairs.length && !this.isLatched())
      throw new Error(`count ${count}, and ${pairs.length} are there`);
    return pairs;
  }

  /** Also by a dead worker that nobody has taken over from: then nobody has looked at the count yet. */
  private isLatched(): boolean {
    return (wordsOf(this.m)[this.at >> 2] as number) !== 0;
  }

  private items(body: number): [number, number][] {
    const [capacity, length] = wordsOf(this.m).subarray(body >> 2, (body >> 2) + 2) as unknown as [number, number];
    if (length > capacity) throw new Error(`length ${length}, capacity ${capacity}`);
    return Array.from({ length }, (_, i) => [i, this.valueOf(this.cell(body + 8 + i * 8))]);
  }

  protected contentBytes(): number {
    this.contents();
    const words = wordsOf(this.m);
    const body = words[(this.at + BODY) >> 2] as number;
    const [first, second] = words.subarray(body >> 2, (body >> 2) + 2) as unknown as [number, number];
    const size = body === 0 ? 0 : this.store === 'table' ? 16 + second * 16 + first * 4 : 8 + first * 8;
    const bytes = (wanted: number) => (wanted === 0 ? 0 : sizeOfClass(classOf(wanted)));
    return this.blocks.reduce((sum) => sum + bytes(24), bytes(size));
  }

  /** What is wrong when nobody moves. */
  trouble(): string | undefined {
    const words = wordsOf(this.m);
    try {
      for (const lock of [this.at, this.at + GUARD]) {
        const word = words[lock >> 2] as number;
        if ((word & OWNER) !== 0 && !(word & ABANDONED)) return `the ${lock === this.at ? 'latch' : 'guard'} is still held`;
      }
      this.contents();
      const wrong = heapTrouble(this.m, this.blocks);
      if (wrong !== undefined) return wrong;
      if (this.others === 0) return undefined;
      // The scratch of a dead worker is given back.
      const gone = this.m.victim >= 0 && !this.m.wasCut ? SCRATCH : 0;
      const more = this.inUse() - this.contentBytes() - this.others + gone;
      return more < 0 || more > this.lost ? `${more} bytes more are in use than somebody has` : undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private inUse(): number {
    let bytes = 0;
    for (let index = 0; index < SMALL_CLASSES; index++) bytes += usedIn(this.m, index) * sizeOfClass(index);
    return bytes;
  }

  /** The contents in words, for outcomes. */
  words(): string {
    const pairs = this.contents();
    return this.store === 'table'
      ? pairs.map(([key, value]) => `${key}:${value}`).join(' ')
      : pairs.map(([, value]) => value).join(' ');
  }
}
