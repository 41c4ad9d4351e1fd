/**
 * The account of every item that goes through a queue in a model (see line.ts).
 *
 * An item is a number, its code: 1 + 8 times the producer's number + its place among the producer's items.
 * `sizes` says how many words of payload the record of each has in turn; 0 stands for items that travel as
 * numbers, a negative number for a payload in a block of its own.
 *
 * At the end of every schedule each item must have gone to one consumer or still lie in the ring, in the
 * order of its producer. A dead producer's last item may be there or not, a dead consumer's may be gone.
 */
import { Encoding, Meta, Status } from '../../assembly/abi.ts';
import { classOf, heapTrouble, makeHeap, sizeOfClass, wordsOf } from './heap.ts';
import type { Model } from './model.ts';
import { must } from './program.ts';
import { asleepOn } from './sync.ts';

/** From a queue's address. */
const [SPARE, TAIL, HEAD, DONE] = [8, 112, 240, 448] as const;
export const [NOT_EMPTY, NOT_FULL] = [368, 432] as const;
const [POSITION, SEGMENT] = [64, 24] as const;
export const RECORD = 8;
const SEGMENT_HEADER = 16;
const OWNER = (1 << 29) - 1;
const ABANDONED = 1 << 30;

/** What a worker is in the midst of. */
export const [PUTTING, TAKING] = [1, 2] as const;

export interface LineOptions {
  readonly maxsize?: number;
  readonly sizes?: readonly number[];
  /** Pages of the heap. */
  readonly pages?: number;
}

/** What a member notes at first. */
export const NOTHING = { calling: 0, next: 0, last0: 0, last1: 0, last2: 0, last3: 0, seen: 0, block: 0, inFlight: 0 };

export interface Member {
  readonly name: string;
  readonly number: number;
  /** How many items it has in hand in one call. */
  hand: number;
  /**
   * calling: PUTTING or TAKING; next: how many items went so far in batches; last0 to last3: what it had last
   * from each producer; seen: a gate; block, inFlight: of an item in a block.
   */
  readonly own: typeof NOTHING;
  scratch: number;
}

export class Account {
  readonly queue: number;
  protected readonly members: Member[] = [];
  /** By the worker's index. */
  protected readonly tids: number[] = [];
  /** By member: the worker's index. */
  protected readonly indexes: number[] = [];
  /** Of the records that `left` came across: their blocks. */
  protected readonly blocks: number[] = [];
  /** Somebody shuts it down at once: what was in it may be gone, if it was counted off. */
  drops = false;
  /** The heap is full. */
  isStarved = false;
  /** Bits by code: those whose put said OK, and those that were taken out. */
  protected readonly account: { put: number; got: number };
  protected readonly options: Required<LineOptions>;

  constructor(
    readonly m: Model,
    { maxsize = 0, sizes = [0], pages = 32 }: LineOptions = {},
  ) {
    this.options = { maxsize, sizes, pages };
    makeHeap(m, pages);
    this.queue = m.call('refObject', m.call('queueCreate', maxsize));
    this.account = m.ghost({ put: 0, got: 0 });
    const { queue } = this;
    m.name(queue, 'queue', ['maxsize', 'closed', 'spare', 'joinSeq', 'joinWaiters', 'joinGateSeq', 'joinGateWaiters']);
    for (const [side, at] of Object.entries({ tail: TAIL, head: HEAD })) {
      m.name(queue + at, side, ['lock', 'gateSeq', 'gateWaiters', 'flags', 'otherBytes', 'otherItems', 'segment']);
      m.name(queue + at + POSITION, side, ['bytes', 'items']);
    }
    m.name(queue + NOT_EMPTY, 'notEmpty', ['seq', 'waiters', 'gateSeq', 'gateWaiters']);
    m.name(queue + NOT_FULL, 'notFull', ['seq', 'waiters', 'gateSeq', 'gateWaiters']);
    m.name(this.segments()[0], 'first', ['next', 'end', 'base', 'capacity']);
    m.finally(() => this.trouble());
    if (maxsize > 0)
      m.always(() => (this.items(TAIL, true) - this.items(HEAD, true) > maxsize ? 'more than maxsize in it' : undefined));
  }

  codeOf(me: Member, place: number): number {
    return 1 + me.number * 8 + place;
  }

  protected wordsIn(code: number): number {
    return this.options.sizes[((code - 1) & 7) % this.options.sizes.length] as number;
  }

  /** The item in `place` is in. */
  wasPut(me: Member, place: number): void {
    this.account.put |= 1 << this.codeOf(me, place);
  }

  protected putEnded(me: Member, place: number, result: number, timeout: number): void {
    must(
      result > 0 ||
        result === Status.SHUTDOWN ||
        (result === Status.NO_MEMORY && this.isStarved) ||
        (result === Status.TIMEOUT && timeout !== Infinity),
      `a put answered ${result}`,
    );
    must(result !== Status.SHUTDOWN || this.isClosed(), 'shut down, says a put, but it is not');
    for (let i = 0; i < result; i++) this.wasPut(me, place + i);
  }

  protected getEnded(status: number, timeout: number): void {
    must(status === Status.SHUTDOWN || (status === Status.TIMEOUT && timeout !== Infinity), `a get answered ${status}`);
    must(
      status !== Status.SHUTDOWN || (this.isClosed() && this.items(TAIL) === this.items(HEAD)),
      'shut down, says a get, but it is not',
    );
  }

  /** The code of a record whose payload's bytes lie where `place` says. */
  protected decode(length: number, meta: number, place: (offset: number) => number): number {
    const words = wordsOf(this.m);
    if (meta === Encoding.NUMBER) {
      const code = new Float64Array(words.slice(place(0) >> 2, (place(0) >> 2) + 2).buffer)[0] as number;
      must(length === 8 && this.isCode(code) && this.wordsIn(code) === 0, `a number that nobody put: ${code}, ${length} bytes`);
      return code;
    }
    const block = words[place(0) >> 2] as number;
    const at = meta & Meta.OUT_OF_LINE ? (offset: number) => block + Meta.BLOCK_HEADER + offset : place;
    const first = words[at(0) >> 2] as number;
    const code = first >> 8;
    const bytes = this.isCode(code) ? this.wordsIn(code) * 4 : 0;
    must(
      bytes !== 0 && length === Math.abs(bytes) && meta === (bytes < 0 ? Encoding.BYTES | Meta.OUT_OF_LINE : Encoding.BYTES),
      `a record that nobody put: ${meta}, ${first}, ${length} bytes`,
    );
    for (let i = 1; i < length / 4; i++) must(words[at(i * 4) >> 2] === first + i, `item ${code} is garbled`);
    if (bytes < 0) this.blocks.push(block);
    return code;
  }

  protected isCode(code: number): boolean {
    return Number.isInteger(code) && code > 0 && code <= this.members.length * 8;
  }

  protected take(me: Member, code: number): void {
    const bit = 1 << code;
    must((this.account.got & bit) === 0, `item ${code} was taken twice`);
    this.account.got |= bit;
    const last = `last${(code - 1) >> 3}` as 'last0';
    must(me.own[last] < code, `item ${code} after item ${me.own[last]}`);
    me.own[last] = code;
  }

  /** Items that ever went through an end. `seen`: by an access that others can notice. */
  protected items(side: number, seen = false): number {
    const at = this.queue + side + POSITION + 4;
    return seen ? this.m.load(at) : (wordsOf(this.m)[at >> 2] as number);
  }

  protected word(at: number): number {
    return wordsOf(this.m)[at >> 2] as number;
  }

  isClosed(): boolean {
    return this.word(this.queue + 4) !== 0;
  }

  isEmpty(): boolean {
    return this.items(TAIL) === this.items(HEAD) && !this.isClosed();
  }

  isFull(): boolean {
    const { maxsize } = this.options;
    return maxsize > 0 && this.items(TAIL) - this.items(HEAD) >= maxsize && !this.isClosed();
  }

  /** The segments from the head on. */
  segments(): number[] {
    const found: number[] = [];
    for (let at = this.word(this.queue + HEAD + SEGMENT); at !== 0; at = this.word(at)) {
      if (found.includes(at)) throw new Error('the segments go round in a cycle');
      found.push(at);
    }
    return found;
  }

  /** The spare segment, if there is one. */
  spare(): number[] {
    const spare = this.word(this.queue + SPARE);
    return spare ? [spare] : [];
  }

  /** Bytes that the segments take from the heap. */
  segmentBytes(): number {
    const bytesOf = (segment: number) => sizeOfClass(classOf(this.word(segment + 12) + SEGMENT_HEADER));
    return [...this.segments(), ...this.spare()].reduce((sum, segment) => sum + bytesOf(segment), 0);
  }

  /** The codes that lie in the ring. */
  left(): number[] {
    const codes: number[] = [];
    this.blocks.length = 0;
    let [segment, ...rest] = this.segments() as [number, ...number[]];
    const end = this.word(this.queue + TAIL + POSITION);
    for (let at = this.word(this.queue + HEAD + POSITION); at !== end; ) {
      while (this.word(segment) !== 0 && this.word(segment + 4) === at) [segment, ...rest] = rest as [number, ...number[]];
      const from = at;
      const place = (offset: number) => segment + SEGMENT_HEADER + ((from + offset) & (this.word(segment + 12) - 1));
      const length = this.word(place(0));
      codes.push(this.decode(length, this.word(place(4)), (offset) => place(RECORD + offset)));
      at += RECORD + (this.word(place(4)) & Meta.OUT_OF_LINE ? 8 : (length + 7) & ~7);
      if (codes.length > 64) throw new Error('the ring has no end');
    }
    return codes;
  }

  /** How many were taken out. */
  get taken(): number {
    return bits(this.account.got);
  }

  /** Items that were counted off. */
  get done(): number {
    return this.word(this.queue + DONE);
  }

  private trouble(): string | undefined {
    try {
      return this.wrong();
    } catch (error) {
      return (error as Error).message;
    }
  }

  private wrong(): string | undefined {
    const left = this.left();
    const inRing = [...this.blocks];
    if (left.length !== this.items(TAIL) - this.items(HEAD)) return `${left.length} in the ring, but counted otherwise`;
    const { put, got } = this.account;
    let all = got;
    for (const code of left) {
      if (all & (1 << code)) return `item ${code} was taken and is there`;
      const laterOnes = (~1 << code) & (0xff << (1 + ((code - 1) & ~7)));
      if (all & laterOnes) return `item ${code} lies behind a later one`;
      all |= 1 << code;
    }
    const dead = this.members[this.indexes.indexOf(this.m.victim)];
    const inHand = (calling: number) => (dead?.own.calling === calling ? dead.hand : 0);
    const lost = bits(put & ~all);
    if (this.drops ? !dead && lost !== this.done : lost > inHand(TAKING))
      return `${lost} items are lost, ${this.done} counted off`;
    const refused = all & ~put;
    if (bits(refused) > inHand(PUTTING) || (dead && refused & ~(0xff << (1 + dead.number * 8))))
      return 'an item is there that was refused';
    for (const side of [TAIL, HEAD]) {
      const lock = this.word(this.queue + side);
      if (lock & OWNER && !(lock & ABANDONED)) return 'an end is still locked';
    }
    if (!dead && this.word(this.queue + NOT_EMPTY + 4) !== asleepOn(this.m, this.queue + NOT_EMPTY))
      return 'notEmpty has miscounted its waiters';
    if (!dead && this.word(this.queue + NOT_FULL + 4) !== asleepOn(this.m, this.queue + NOT_FULL))
      return 'notFull has miscounted its waiters';
    return heapTrouble(this.m, [...this.segments(), ...this.spare(), ...inRing]);
  }
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
