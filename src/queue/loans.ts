/**
 * Loans: a Slot, in which an item is written, and a Lease, in which one is read, both where it lies in the
 * shared memory.
 */
import '../symbols.ts';
import { Status } from '../../assembly/abi.ts';
import { copyInto } from '../codec/bytes.ts';
import { SEND } from '../codec/index.ts';
import { ValueError } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import type { Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { INSPECT } from '../heap/show.ts';
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { checkInteger } from '../sync/flavour.ts';
import { type Bytes, bytesIn } from './bytes.ts';

const FOREVER = Number.POSITIVE_INFINITY;

/** What a slot goes into. The queues are addresses. @internal */
export interface Publisher {
  /** The queue that it goes into. @throws when its handle is closed */
  readonly [Member.WRITES_TO]: number;
  /** Puts the first `length` bytes of a slot: a status. */
  [Member.COMMIT](queue: number, slot: number, length: number, ms: number): number;
  [Member.PUT_ERROR](status: number, method: string): Error;
  [Member.TO_MS](timeout: Timeout): number;
}

/** Memory of the heap that this worker has until it gives it back, or ends. */
abstract class Loan implements Disposable {
  /** @internal */
  protected readonly [Member.HEAP]: Heap;
  /** What the core lent; 0: it was given back. @internal */
  protected [Member.LOAN] = 0;
  /** Its address. @internal */
  protected [Member.PAYLOAD] = 0;
  /** @internal */
  protected [Member.LENGTH] = 0;
  /** @internal */
  protected [Member.VIEW]: Uint8Array | undefined = undefined;

  /** @internal */
  protected constructor(heap: Heap) {
    this[Member.HEAP] = heap;
  }

  /** @throws ValueError it was given back @internal */
  protected get [Member.OPEN](): number {
    if (this[Member.LOAN] === 0) throw new ValueError(`the ${this.constructor.name} is not this worker's any more`);
    return this[Member.LOAN];
  }

  /**
   * The bytes, in the shared memory. A view of them knows nothing of their end: do not touch it after that,
   * when they are somebody else's. @throws ValueError that was before
   */
  get bytes(): Uint8Array {
    this[Member.OPEN];
    this[Member.VIEW] ??= this[Member.HEAP].view(this[Member.PAYLOAD], this[Member.LENGTH]);
    return this[Member.VIEW];
  }

  /** Gives it back, if that was not done. */
  [Symbol.dispose](): void {
    const loan = this[Member.LOAN];
    if (loan === 0) return;
    this[Member.LOAN] = 0;
    this[Member.HEAP].core.loanEnd(loan);
  }

  toString(): string {
    return `<${this.constructor.name}, ${this[Member.LOAN] === 0 ? 'gone' : `${this[Member.LENGTH]} bytes`}>`;
  }

  /** What console.log shows, instead of a whole heap. */
  [INSPECT](): string {
    return this.toString();
  }

  /** @internal */
  [SEND](): never {
    throw new TypeError(`cannot send a ${this.constructor.name}: it is this worker's`);
  }
}

/**
 * An item that is being written: what `reserve` answers. It is in no queue before `commit`. If its worker
 * dies it is as if it had never been; so it is when it is disposed of, for which `using slot = ...` sees. One
 * that is neither committed nor disposed of is kept until its worker ends.
 */
export class Slot extends Loan {
  readonly #publisher: Publisher;
  /** While a commitAsync waits for room: what it is to put, or 0. */
  #pending = 0;

  /** Not for use: `reserve` makes slots. */
  constructor(existing: never);
  /** @internal */
  constructor(heap: Heap, publisher: Publisher, length: number);
  constructor(heap: Heap, publisher?: Publisher, length?: number) {
    if (publisher === undefined) throw new TypeError('a Slot is made by reserve()');
    super(heap);
    this.#publisher = publisher;
    this[Member.LENGTH] = length as number;
  }

  /** Has the core lend it: a status. @internal */
  [Member.LEND](queue: number, ms: number): number {
    const { core, scratchI32 } = this[Member.HEAP];
    const loan = core.queueReserve(queue, this[Member.LENGTH], ms);
    if (loan < 0) return loan;
    // From here on nothing is called: what is lent must not be lost.
    this[Member.PAYLOAD] = scratchI32[0] as number;
    this[Member.LOAN] = loan;
    return Status.OK;
  }

  /**
   * Copies `source` into the bytes, from byte `offset` on. `bytes.set` does so too; in Node this is faster
   * from some KiB on, because the engine copies to shared memory word by word.
   * @throws ValueError it does not fit, or the slot is none any more; TypeError it is neither a view nor a
   * buffer
   */
  write(source: Bytes, offset = 0): void {
    const from = bytesIn(source);
    const to = this.bytes;
    const room = to.length - from.length;
    if (offset !== 0 || room < 0) {
      if (room < 0) throw new ValueError(`${from.length} bytes do not fit into ${to.length}`);
      checkInteger('offset', offset, 0, room);
    }
    copyInto(to, offset, from);
  }

  /**
   * Puts the bytes into the queue; they are the item, and not this worker's any more.
   * @param length how many of them, from the first. Default: all
   * @param timeout seconds to wait for room, if others have taken it since `reserve`. Default: for ever
   * @throws ValueError it was committed or disposed of, or has not so many; as `put`: then nothing has
   * changed, and it may be tried again
   */
  commit(length?: number, timeout?: Timeout): void {
    const slot = this[Member.OPEN];
    const count = this.#count(length);
    const publisher = this.#publisher;
    const ms = timeout === undefined ? FOREVER : publisher[Member.TO_MS](timeout);
    const queue = publisher[Member.WRITES_TO];
    // Before the call: if the stack ends within it nobody knows whose it is, and it goes with the worker.
    this[Member.LOAN] = 0;
    const status = publisher[Member.COMMIT](queue, slot, count, ms);
    if (status === Status.OK) return;
    this[Member.LOAN] = slot;
    throw publisher[Member.PUT_ERROR](status, 'commit');
  }

  /** The async twin of `commit`. While it waits the bytes are not to be touched. */
  async commitAsync(length?: number, timeout?: Timeout, options?: AsyncOptions): Promise<void> {
    const slot = this[Member.OPEN];
    const count = this.#count(length);
    const publisher = this.#publisher;
    const ms = publisher[Member.TO_MS](timeout);
    options?.signal?.throwIfAborted();
    const { [Member.HEAP]: heap } = this;
    const gate = heap.core.queueNotFullGate(publisher[Member.WRITES_TO]);
    const attempt = () => {
      const status = publisher[Member.COMMIT](publisher[Member.WRITES_TO], slot, count, 0);
      if (status === Status.TIMEOUT) return PENDING;
      if (status !== Status.OK) throw publisher[Member.PUT_ERROR](status, 'commit');
      this.#pending = 0;
      return undefined;
    };
    this[Member.LOAN] = 0;
    this.#pending = slot;
    try {
      await AsyncGate.wait<void>(heap, gate, attempt, ms, options, () => {
        throw publisher[Member.PUT_ERROR](Status.TIMEOUT, 'commit');
      });
    } finally {
      // It failed: it may be tried again, or, if it was disposed of meanwhile, is given up.
      const left = this.#pending;
      this.#pending = 0;
      if (left > 0) this[Member.LOAN] = left;
      else if (left < 0) heap.core.loanEnd(-left);
    }
  }

  /** Gives the memory back, if it was not committed: then the item has never been. Twice is fine. */
  override [Symbol.dispose](): void {
    // Not under the hands of an attempt: when that fails.
    if (this.#pending > 0) this.#pending = -this.#pending;
    else super[Symbol.dispose]();
  }

  #count(length: number | undefined): number {
    const all = this[Member.LENGTH];
    return length === undefined ? all : checkInteger('length', length, 0, all);
  }
}

/**
 * An item that is being read: what `lease` answers. It is out of its queue. One that is neither released nor
 * disposed of (`using lease = ...`) keeps its memory until its worker ends.
 */
export class Lease extends Loan {
  /** Not for use: `lease` makes leases. */
  constructor(existing: never);
  /** @internal */
  constructor(heap: Heap);
  constructor(heap: Heap) {
    if (heap === undefined) throw new TypeError('a Lease is made by lease()');
    super(heap);
  }

  /** Has the core lend it: a status. @internal */
  [Member.LEND](queue: number, ms: number): number {
    const { core, scratchI32 } = this[Member.HEAP];
    const loan = core.queueLease(queue, ms);
    if (loan < 0) return loan;
    // From here on nothing is called: what is lent must not be lost.
    this[Member.LENGTH] = scratchI32[0] as number;
    this[Member.PAYLOAD] = scratchI32[1] as number;
    this[Member.LOAN] = loan;
    return Status.OK;
  }

  /** Gives the memory back. @throws ValueError that was done before */
  release(): void {
    const loan = this[Member.OPEN];
    this[Member.LOAN] = 0;
    this[Member.HEAP].core.loanEnd(loan);
  }
}
