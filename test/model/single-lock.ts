/**
 * LifoQueue and PriorityQueue in a model: producers and consumers on one, and the account of every item.
 *
 * An item is a number, its code, from 1 to 31. `priorities` says what each is ordered by; `forms` in what
 * form each travels: its words of payload, and whether its key has a second part.
 *
 * In every state the queue must hold each item once, also in the midst of a move. Whoever takes an item must
 * not have passed one that should have gone before and was in the queue all the time. At the end each item
 * must have gone to one consumer or still be there; a dead producer's may be there or not, a dead consumer's
 * may be gone.
 */
import { Encoding, Kind, Meta, Status } from '../../assembly/abi.ts';
import { enlist, heapTrouble, makeHeap, wordsOf, writeWords } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { call, type Flow, must, type Program, type Step } from './program.ts';
import { FOREVER } from './sync.ts';

/** From a queue's address. */
const TAIL = 112;
const DONE = 448;
const CHUNKS = 280;
const [SIZE, PUT, SHAPE, MOVING] = [TAIL + 64, TAIL + 68, TAIL + 72, TAIL + 88] as const;
const [MOVE_SIZE, HOLE] = [SHAPE + 4, SHAPE + 8] as const;
const [FIRST_SHIFT, FIRST_PLACE] = [2, 3] as const;
const ABANDONED = 1 << 30;
const OWNER = (1 << 29) - 1;

export interface Form {
  /** Payload: up to 2 lie in the entry. */
  readonly words: number;
  /** The key's first 8 bytes are all the same. */
  readonly longKey?: boolean;
}

export interface SingleLockOptions {
  readonly maxsize?: number;
  /** By code less 1. Default: the code. */
  readonly priorities?: readonly number[];
  /** By code less 1, over and over. */
  readonly forms?: readonly Form[];
  readonly pages?: number;
}

interface Member {
  /** The codes that it has in hand: it is putting them, or -1: taking. */
  readonly own: { hand: number; before: number; step: number };
  scratch: number;
  most: number;
}

export class SingleLockQueue {
  readonly queue: number;
  readonly kind: Kind.LIFO | Kind.PRIORITY;
  private readonly members: Member[] = [];
  private readonly indexes: number[] = [];
  private readonly tids: number[] = [];
  /** Sets of codes, as bits. */
  private readonly account: { put: number; got: number };
  /** By code: which puts had ended when its own began. */
  private readonly earlier: Record<string, number>;
  private readonly options: Required<SingleLockOptions>;
  private readonly setup: Member;
  /** Somebody shuts it down at once: what was in it may be gone, if it was counted off. */
  drops = false;
  /** The heap is full. */
  isStarved = false;

  constructor(
    readonly m: Model,
    kind: Kind.LIFO | Kind.PRIORITY,
    { maxsize = 0, priorities = [], forms = [{ words: 1 }], pages = 32 }: SingleLockOptions = {},
  ) {
    this.kind = kind;
    this.options = { maxsize, priorities, forms, pages };
    makeHeap(m, pages);
    this.queue = m.call('refObject', m.call('singleLockCreate', kind, maxsize));
    this.account = m.ghost({ put: 0, got: 0 });
    this.earlier = m.ghost(Object.fromEntries(Array.from({ length: 32 }, (_, code) => [`c${code}`, 0])));
    m.name(this.queue, 'queue', ['maxsize', 'closed', 'spare', 'joinSeq', 'joinWaiters', 'joinGateSeq', 'joinGateWaiters']);
    m.name(this.queue + TAIL, 'pile', ['lock', 'gateSeq', 'gateWaiters', 'flags']);
    m.name(this.queue + SIZE, 'pile', ['size', 'put', 'shape', 'moveSize', 'hole']);
    m.name(this.queue + MOVING, 'moving', 32);
    m.name(this.queue + CHUNKS, 'chunks', ['first', 'second', 'third']);
    this.setup = { own: { hand: 0, before: 0, step: 0 }, scratch: m.call('scratch'), most: 1 };
    m.always(() => this.torn());
    m.finally(() => this.wrong());
  }

  // ── what lies in it ────────────────────────────────────────────────────────────────────────────────

  private word(at: number): number {
    return wordsOf(this.m)[at >> 2] as number;
  }

  get size(): number {
    return this.word(this.queue + SIZE);
  }

  isClosed(): boolean {
    return this.word(this.queue + 4) !== 0;
  }

  isEmpty(): boolean {
    return this.size === 0 && !this.isClosed();
  }

  isFull(): boolean {
    return this.options.maxsize > 0 && this.size >= this.options.maxsize && !this.isClosed();
  }

  /** The chunks that there are, by their place. */
  chunks(): number[] {
    return Array.from({ length: 22 }, (_, chunk) => this.word(this.queue + CHUNKS + chunk * 4));
  }

  /** Where the packed records lie; also that of the item which is on its way through a hole. */
  private records(): number[] {
    const heap = this.kind === Kind.PRIORITY;
    const hole = heap && this.word(this.queue + MOVE_SIZE) === this.size ? this.word(this.queue + HOLE) - 1 : -1;
    return Array.from({ length: this.size }, (_, place) => {
      if (place === hole) return this.queue + MOVING + 16;
      const slot = place + (heap ? FIRST_PLACE : 0) + (1 << FIRST_SHIFT);
      const chunk = 31 - Math.clz32(slot);
      const entry = (slot - (1 << chunk)) << (heap ? 5 : 4);
      return this.word(this.queue + CHUNKS + (chunk - FIRST_SHIFT) * 4) + entry + (heap ? 16 : 0);
    });
  }

  /** The code in a record whose payload lies at `at`. */
  private decode(length: number, meta: number, at: number): number {
    const code = this.word(at) >> 8;
    must(
      code > 0 && code < 32 && length === this.formOf(code).words * 4 && (meta & 255) === Encoding.BYTES,
      `no record: ${meta}, ${length}, ${code}`,
    );
    for (let i = 0; i < length / 4; i++) must(this.word(at + i * 4) === code * 256 + i, `item ${code} is garbled`);
    return code;
  }

  /** The codes that are in it. */
  left(): number[] {
    return this.records().map((record) => {
      const [length, meta] = [this.word(record), this.word(record + 4)];
      return this.decode(length, meta, meta & Meta.OUT_OF_LINE ? this.word(record + 8) : record + 8);
    });
  }

  private formOf(code: number): Form {
    return this.options.forms[(code - 1) % this.options.forms.length] as Form;
  }

  private priorityOf(code: number): number {
    return this.options.priorities[code - 1] ?? code;
  }

  /** The first 8 bytes of long keys are those of 0. */
  private rankOf(code: number): number {
    return this.priorityOf(code) - (this.formOf(code).longKey ? 100 : 0);
  }

  /** Whether `one` must come out before `other` when both are in. */
  private precedes(one: number, other: number): boolean {
    const older = (this.earlier[`c${other}`] as number) & (1 << one);
    if (this.kind === Kind.LIFO) return ((this.earlier[`c${one}`] as number) & (1 << other)) !== 0;
    const difference = this.rankOf(one) - this.rankOf(other);
    return difference < 0 || (difference === 0 && older !== 0);
  }

  // ── who takes part ─────────────────────────────────────────────────────────────────────────────────

  add(name: string, steps: (me: Member) => Program, options: WorkerOptions = {}): void {
    this.enrol(name, (me) => this.m.worker(name, steps(me), options));
  }

  private enrol(name: string, makeWorker: (me: Member) => Handle): void {
    const me: Member = { own: this.m.ghost({ hand: 0, before: 0, step: 0 }), scratch: 0, most: 1 };
    this.members.push(me);
    const handle = makeWorker(me);
    this.indexes.push(handle.index);
    this.tids[handle.index] = enlist(this.m, handle);
    me.scratch = handle.call('scratch');
    this.m.name(me.scratch, `scratch of ${name}`, 256);
  }

  /** A call of it may be cut off; then it repairs, and does `then`. */
  cut(name: string, steps: (me: Member) => Program, then: (me: Member) => Program, options: WorkerOptions = {}): void {
    const again: Member = { own: this.m.ghost({ hand: 0, before: 0, step: 0 }), scratch: 0, most: 1 };
    this.enrol(name, (me) => {
      const mayBeCut = { object: this.queue, afterwards: [call('callRepair'), ...then(again)] };
      return this.m.worker(name, steps(me), { ...options, mayBeCut });
    });
    again.scratch = (this.members.at(-1) as Member).scratch;
  }

  /** Repairs, when one of them has died; then it takes part itself. */
  reaper(then: (me: Member) => Program = () => []): void {
    const reap = call('reap', () => [this.tids[this.m.victim] as number, 0]);
    this.enrol('reaper', (me) => this.m.reaper('reaper', [reap, ...then(me)], { maySleep: () => this.isEmpty() }));
  }

  /** The setup puts them in, and takes some out again. */
  fill(codes: readonly number[], taken = 0): void {
    for (const code of codes) {
      this.begin(this.setup, [code]);
      must(this.m.call('queuePutMany', this.queue, 0, 1, 0) === 1, 'the setup could not put');
      this.ended(this.setup, [code], 1);
    }
    for (let i = 0; i < taken; i++) {
      const meta = this.m.call('queueGet', this.queue, 0);
      const { scratch } = this.setup;
      this.account.got |= 1 << this.decode(this.word(scratch), meta, scratch + 8);
    }
  }

  /**
   * The setup leaves a heap as a consumer does that dies with the first item in its hands, the size taken
   * down and nothing moved.
   */
  takeFirstAndDie(): void {
    const [first, last] = [this.records()[0], this.records().at(-1)] as [number, number];
    this.account.got |= 1 << this.decode(this.word(first), this.word(first + 4), first + 8);
    for (let i = 0; i < 8; i++) this.m.store(this.queue + MOVING + i * 4, this.word(last - 16 + i * 4));
    this.m.store(this.queue + MOVE_SIZE, this.size - 1);
    this.m.store(this.queue + HOLE, 1);
    this.m.store(this.queue + SIZE, this.size - 1);
    this.m.store(this.queue + TAIL, ABANDONED | 7);
  }

  producer(name: string, codes: readonly number[], options: WorkerOptions = {}): void {
    this.add(name, (me) => codes.map((code) => this.put(me, [code])), { maySleep: () => this.isFull(), ...options });
  }

  consumer(name: string, items: number, options: WorkerOptions = {}): void {
    this.add(name, (me) => this.gets(me, items), { maySleep: () => this.isEmpty(), ...options });
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────

  /** All of them in one call; ends the program when it is shut down. */
  put(me: Member, codes: readonly number[], timeout = FOREVER): Step {
    return call(
      'queuePutMany',
      () => {
        this.begin(me, codes);
        return [this.queue, 0, codes.length, timeout];
      },
      (result, flow) => {
        const closed = result === Status.SHUTDOWN && this.isClosed();
        const starved = result === Status.NO_MEMORY && this.isStarved;
        must(
          closed || starved || result === codes.length || (result === Status.TIMEOUT && timeout !== FOREVER),
          `a put answered ${result}`,
        );
        this.ended(me, codes, Math.max(0, result));
        if (closed) flow.stop();
      },
    );
  }

  /** One record whose key has another shape. */
  write(me: Member, code: number, shape: number): void {
    this.begin(me, [code]);
    writeWords(this.m, me.scratch + 8 + ((this.formOf(code).words + 1) & ~1) * 4, [shape]);
  }

  wasPut(me: Member, code: number): void {
    this.ended(me, [code], 1);
  }

  /** Writes the records, with their keys, into the scratch, which is the member's own. */
  private begin(me: Member, codes: readonly number[]): void {
    const words: number[] = [];
    me.own.hand = 0;
    for (const code of codes) {
      const { words: length, longKey } = this.formOf(code);
      me.own.hand |= 1 << code;
      this.earlier[`c${code}`] = this.account.put;
      words.push(length * 4, Encoding.BYTES, ...Array.from({ length }, (_, i) => code * 256 + i));
      if (length & 1) words.push(0);
      if (this.kind === Kind.LIFO) continue;
      // The last byte of the first 8, or of the 4 behind.
      const last = this.priorityOf(code) << 24;
      words.push(1, ...(longKey ? [12, 0, 0, last, 0] : [8, 0, last]));
    }
    writeWords(this.m, me.scratch, words);
  }

  private ended(me: Member, codes: readonly number[], done: number): void {
    for (const code of codes.slice(0, done)) this.account.put |= 1 << code;
    me.own.hand = 0;
  }

  gets(me: Member, items: number, timeout = FOREVER): Step[] {
    return Array.from({ length: items }, () =>
      call(
        'queueGet',
        () => {
          this.beginsTaking(me);
          return [this.queue, timeout];
        },
        (meta, flow) => {
          if (meta >= 0) this.takes(me, this.decode(this.word(me.scratch), meta, me.scratch + 8));
          else this.tookNone(meta, timeout, flow);
          me.own.hand = 0;
        },
      ),
    );
  }

  /** One call that takes up to `most`. */
  getMany(me: Member, most: number): Step {
    me.most = most;
    return call(
      'queueGetMany',
      () => {
        this.beginsTaking(me);
        return [this.queue, most, FOREVER];
      },
      (count, flow) => {
        must(count !== 0 && count <= most, `took ${count} of at most ${most}`);
        if (count < 0) this.tookNone(count, FOREVER, flow);
        let last = 0;
        for (let at = me.scratch, left = count; left > 0; left--) {
          const code = this.decode(this.word(at), this.word(at + 4), at + 8);
          must(last === 0 || !this.precedes(code, last), `item ${code} behind ${last} in one batch`);
          last = code;
          this.takes(me, code);
          at += 8 + ((this.word(at) + 7) & ~7);
        }
        me.own.hand = 0;
      },
    );
  }

  private beginsTaking(me: Member): void {
    me.own.hand = -1;
    me.own.before = this.account.put;
  }

  private tookNone(status: number, timeout: number, flow: Flow): void {
    must(
      (status === Status.SHUTDOWN && this.isClosed() && this.size === 0) || (status === Status.TIMEOUT && timeout !== FOREVER),
      `a get answered ${status}`,
    );
    if (status === Status.SHUTDOWN) flow.stop();
  }

  private takes(me: Member, code: number): void {
    must((this.account.got & (1 << code)) === 0, `item ${code} was taken twice`);
    this.account.got |= 1 << code;
    for (const other of this.left())
      must((me.own.before & (1 << other)) === 0 || !this.precedes(other, code), `item ${code} before item ${other}`);
  }

  // ── what must hold ─────────────────────────────────────────────────────────────────────────────────

  private torn(): string | undefined {
    try {
      let seen = this.account.got;
      for (const code of this.left()) {
        if (seen & (1 << code)) return `item ${code} is there twice, or was taken`;
        seen |= 1 << code;
      }
      if (this.options.maxsize > 0 && this.size > this.options.maxsize) return 'more than maxsize in it';
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private wrong(): string | undefined {
    const torn = this.torn();
    if (torn !== undefined) return torn;
    const left = this.left();
    const { put, got } = this.account;
    const all = left.reduce((set, code) => set | (1 << code), got);
    const dead = this.members[this.indexes.indexOf(this.m.victim)];
    const lost = bits(put & ~all);
    const done = this.word(this.queue + DONE);
    if (this.drops) return lost - done > (dead ? 1 : 0) ? `${lost} items are gone, ${done} counted off` : undefined;
    if (lost > (dead?.own.hand === -1 ? dead.most : 0)) return `${lost} items are lost`;
    if (all & ~(put | (dead && dead.own.hand !== -1 ? dead.own.hand : 0))) return 'an item is there that was refused';
    const counted = this.word(this.queue + PUT);
    if (counted !== bits(all) + lost && !(dead?.own.hand === -1)) return `${counted} items are counted, ${bits(all)} are known`;
    const lock = this.word(this.queue + TAIL);
    if (lock & OWNER && !(lock & ABANDONED)) return 'it is still locked';
    const taken = this.chunks().filter((chunk) => chunk !== 0);
    for (const record of this.records()) {
      if (this.word(record + 4) & Meta.OUT_OF_LINE) taken.push(this.word(record + 8));
      const rest = this.kind === Kind.PRIORITY ? this.word(record - 4) : 1;
      // An odd one is the upper half of the entry's age.
      if (rest % 2 === 0) taken.push(rest);
    }
    return heapTrouble(this.m, taken);
  }
}

export function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
