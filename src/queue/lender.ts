/**
 * Lender: what a Queue and a Connection have in common. Items that are bytes are written and read where they
 * lie in the shared memory, or are copied into a buffer of the caller's.
 */
import { Meta, Size, Status } from '../../assembly/abi.ts';
import { copyInto } from '../codec/bytes.ts';
import { BufferTooShort } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { BLOCK_AT_MOST, type Heap, heapFull } from '../heap/heap.ts';
import { relieve } from '../heap/held.ts';
import { Member } from '../heap/members.ts';
import { Shared } from '../heap/shared.ts';
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { checkInteger } from '../sync/flavour.ts';
import { type Bytes, bytesIn } from './bytes.ts';
import { Lease, Slot } from './loans.ts';

const FOREVER = Number.POSITIVE_INFINITY;
/** Up to this many bytes a loop beats the call of `set`. Chosen by measurement, on Node 20. */
const FEW = 16;

export abstract class Lender extends Shared {
  /** The queue that is written to. @throws when this handle is closed, or does not write @internal */
  abstract get [Member.WRITES_TO](): number;
  /** The queue that is read from. @throws when this handle is closed, or does not read @internal */
  abstract get [Member.READS_FROM](): number;
  /** @internal */
  abstract [Member.COMMIT](queue: number, slot: number, length: number, ms: number): number;
  /** What a put throws for a status. @internal */
  abstract [Member.PUT_ERROR](status: number, method: string): Error;
  /** What a get throws for a status. @internal */
  abstract [Member.GET_ERROR](status: number, method: string): Error;
  /** Milliseconds of a timeout. @internal */
  abstract [Member.TO_MS](timeout: Timeout): number;

  /**
   * A slot for an item of `length` bytes, once there is room: write into its `bytes`, then `commit`. There is
   * no faster way to send bytes, since nothing is copied that is larger than 2 KiB. What is in them at first
   * is anything.
   *
   * The slot is no place in the queue: what others put meanwhile is put before it, and if they fill the
   * queue, `commit` has to wait. So one that is held for long holds nobody up.
   * @param timeout seconds to wait for room; undefined or null: for ever
   * @throws as `put`; ValueError the length is negative
   * @example
   * ```ts
   * import { Queue } from 'nogil';
   *
   * const queue = new Queue<Uint8Array>();
   * const slot = queue.reserve(4); // memory of the queue's own
   * slot.bytes.fill(7);
   * slot.commit(); // now it is an item
   * console.log([...queue.get()]); // prints [ 7, 7, 7, 7 ]
   * ```
   */
  reserve(length: number, timeout?: Timeout): Slot {
    const ms = timeout === undefined ? FOREVER : this[Member.TO_MS](timeout);
    const slot = new Slot(this[Member.HEAP], this, checkLength(length));
    const status = slot[Member.LEND](this[Member.WRITES_TO], ms);
    if (status !== Status.OK) this.#again(slot, status);
    return slot;
  }

  /** The async twin of `reserve`. */
  reserveAsync(length: number, timeout?: Timeout, options?: AsyncOptions): Promise<Slot> {
    try {
      const slot = new Slot(this[Member.HEAP], this, checkLength(length));
      const gate = this[Member.HEAP].core.queueNotFullGate(this[Member.WRITES_TO]);
      const attempt = () => {
        const status = slot[Member.LEND](this[Member.WRITES_TO], 0);
        if (status === Status.TIMEOUT) return PENDING;
        if (status !== Status.OK) this.#again(slot, status);
        return slot;
      };
      const late = () => {
        throw this[Member.PUT_ERROR](Status.TIMEOUT, 'reserve');
      };
      return AsyncGate.wait<Slot>(this[Member.HEAP], gate, attempt, this[Member.TO_MS](timeout), options, late);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** There was no memory: perhaps but for handles that were dropped. */
  #again(slot: Slot, status: number): void {
    const now = status === Status.NO_MEMORY && relieve() ? slot[Member.LEND](this[Member.WRITES_TO], 0) : status;
    if (now !== Status.OK) throw this[Member.PUT_ERROR](now, 'reserve');
  }

  /**
   * Takes the next item, which must be bytes (what a slot was, or a Uint8Array that was put), and lends it:
   * read its `bytes`, then `release`.
   * @param timeout seconds to wait for an item; undefined or null: for ever
   * @throws TypeError it is a value, which stays where it is; as `get`
   * @example
   * ```ts
   * import { Queue } from 'nogil';
   *
   * const queue = new Queue<Uint8Array>();
   * queue.put(new Uint8Array([1, 2, 3]));
   * {
   *   using lease = queue.lease(); // as it lies in the shared memory, until the end of the block
   *   console.log(lease.bytes.length); // prints 3
   * }
   * ```
   */
  lease(timeout?: Timeout): Lease {
    const ms = timeout === undefined ? FOREVER : this[Member.TO_MS](timeout);
    const lease = new Lease(this[Member.HEAP]);
    const status = lease[Member.LEND](this[Member.READS_FROM], ms);
    if (status !== Status.OK) throw this.#refused(status, 'lease');
    return lease;
  }

  /** The async twin of `lease`. */
  leaseAsync(timeout?: Timeout, options?: AsyncOptions): Promise<Lease> {
    const lease = new Lease(this[Member.HEAP]);
    const attempt = () => {
      const status = lease[Member.LEND](this[Member.READS_FROM], 0);
      if (status === Status.TIMEOUT) return PENDING;
      if (status !== Status.OK) throw this.#refused(status, 'lease');
      return lease;
    };
    return this[Member.AWAIT_ITEM](attempt, timeout, options);
  }

  /** Waits for what `attempt` takes. @internal */
  protected [Member.AWAIT_ITEM]<R>(
    attempt: () => R | typeof PENDING,
    timeout: Timeout,
    options: AsyncOptions | undefined,
  ): Promise<R> {
    try {
      const gate = this[Member.HEAP].core.queueNotEmptyGate(this[Member.READS_FROM]);
      return AsyncGate.wait<R>(this[Member.HEAP], gate, attempt, this[Member.TO_MS](timeout), options, () => {
        throw this[Member.GET_ERROR](Status.TIMEOUT, 'get');
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Takes the next item, which must be bytes, into `target` from its beginning on, waiting for one; answers
   * how many they are. Give the same array again and again: making one costs more than filling it.
   * @param target a view of any kind or a buffer, in private or in shared memory
   * @param timeout seconds to wait for an item; undefined or null: for ever
   * @throws BufferTooShort they do not fit: they stay where they are, and the error's `length` says how many
   * they are; TypeError it is a value, which stays, too; as `get`
   * @example
   * ```ts
   * import { BufferTooShort, Queue } from 'nogil';
   *
   * const queue = new Queue<Uint8Array>();
   * queue.put(new Uint8Array([1, 2, 3]));
   * try {
   *   queue.getInto(new Uint8Array(2));
   * } catch (error) {
   *   console.log((error as BufferTooShort).length); // prints 3
   * }
   * console.log(queue.getInto(new Uint8Array(1024))); // prints 3
   * ```
   */
  getInto(target: Bytes, timeout?: Timeout): number {
    const ms = timeout === undefined ? FOREVER : this[Member.TO_MS](timeout);
    const length = this[Member.GET_INTO](bytesIn(target), ms);
    if (length < 0) throw this.#refused(length, 'getInto');
    return length;
  }

  /** The async twin of `getInto`. */
  getIntoAsync(target: Bytes, timeout?: Timeout, options?: AsyncOptions): Promise<number> {
    const attempt = () => {
      const length = this[Member.GET_INTO](bytesIn(target), 0);
      if (length === Status.TIMEOUT) return PENDING;
      if (length < 0) throw this.#refused(length, 'getInto');
      return length;
    };
    return this[Member.AWAIT_ITEM](attempt, timeout, options);
  }

  #refused(status: number, method: string): Error {
    if (status === Status.TOO_LONG) return new BufferTooShort(this[Member.HEAP].scratchI32[0] as number);
    if (status === Status.NO_MEMORY) return heapFull();
    if (status === Status.NOT_BYTES)
      return new TypeError(`the next item is not bytes but a value, and stays where it is: ${method}() cannot take it`);
    return this[Member.GET_ERROR](status, method);
  }

  /** Takes an item of bytes into `target`: their number, or a status. @internal */
  protected [Member.GET_INTO](target: Uint8Array, ms: number): number {
    const { [Member.HEAP]: heap } = this;
    const queue = this[Member.READS_FROM];
    const to = heap.addressOf(target);
    if (to !== 0) return heap.core.queueGetInto(queue, to, target.length, ms);
    const length = heap.core.queueGetInto(queue, 0, target.length, ms);
    if (length > 0) takeOut(heap, target, length);
    return length;
  }
}

function checkLength(length: number): number {
  checkInteger('length', length, 0);
  if (length > BLOCK_AT_MOST) throw heapFull(length);
  return length;
}

/** Copies what `queueGetInto` has left in the scratch or in a block, and gives that block back. */
function takeOut(heap: Heap, target: Uint8Array, length: number): void {
  const { core, scratch, scratchI32 } = heap;
  const block = scratchI32[0] as number;
  if (block !== 0) {
    try {
      copyInto(target, 0, heap.view(block + Meta.BLOCK_HEADER, length));
    } finally {
      core.loanEnd(block);
    }
  } else if (length <= FEW) for (let i = 0; i < length; i++) target[i] = scratch[Size.RECORD + i] as number;
  else target.set(heap.view(scratch.byteOffset + Size.RECORD, length));
}
