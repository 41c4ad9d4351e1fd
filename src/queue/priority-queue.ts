/**
 * PriorityQueue: the smallest first, between any number of workers.
 */
import { ClassTag, Kind, Status } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { registerShared } from '../heap/shared.ts';
import type { Blocking, Timeout } from '../heap/time.ts';
import { incomparable, keyedRecords } from './keys.ts';
import { Queue } from './queue.ts';
import type { RecordForm } from './records.ts';

/** What has an order. */
export type Priority = number | bigint | string | boolean | readonly [Priority, ...unknown[]];

/** What a PriorityQueue takes: a priority, an array that begins with one, an object that has one. */
export type Prioritized =
  | Priority
  | {
      /** What the item is ordered by. */
      readonly priority: Priority;
    };

/**
 * `get` takes the item with the smallest priority; of items with equal ones that which came first. `getMany`
 * gives them in that order. Otherwise a `Queue`.
 *
 * Priorities compare as by `<`: numbers and bigints by value (booleans are 0 and 1), strings by UTF-16 unit.
 * Arrays compare element by element, a shorter one first; an element that has no order (an object, null, NaN
 * ...) ends the comparison, so in `[priority, task]` a task of any kind decides nothing. The (first)
 * priorities of all items that are in the queue at a time must be of one type, numbers or strings; behind the
 * first element numbers go before strings, and these before arrays. The order is fixed by `put`, whatever
 * becomes of the object later, and is the same in every worker. What cannot be ordered is a `TypeError`, and
 * nothing has changed. Unlike Python's, where it stays in the queue.
 *
 * A put and a get cost time that grows with the logarithm of the number of items.
 * @example
 * ```ts
 * import { PriorityQueue } from 'nogil';
 *
 * const tasks = new PriorityQueue<[number, string]>();
 * tasks.put([2, 'wash up']);
 * tasks.put([1, 'eat']);
 * console.log(tasks.get()); // prints [ 1, 'eat' ]
 * ```
 */
export class PriorityQueue<T = Prioritized> extends Queue<T> {
  /** @internal */
  protected static override [Member.MAKE](heap: Heap, maxsize: number): number {
    return heap.core.singleLockCreate(Kind.PRIORITY, maxsize);
  }

  /** @internal */
  protected override get [Member.FORM](): RecordForm {
    return keyedRecords;
  }

  /**
   * As `Queue.put`. @throws TypeError also when `item` cannot be ordered, at all or among the items in the
   * queue
   */
  override put(item: T, block: Blocking = true, timeout?: Timeout): void {
    if (Number.isNaN(item)) keyedRecords.encode(this[Member.HEAP], item, 0);
    super.put(item, block, timeout);
  }

  /** @internal */
  protected override [Member.PUT_ITEM](item: T, ms: number): number {
    const { [Member.HEAP]: heap } = this;
    const queue = this[Member.OPEN];
    keyedRecords.encode(heap, item, 0);
    const done = heap.core.queuePutMany(queue, 0, 1, ms);
    if (done === 1) return Status.OK;
    keyedRecords.drop(heap, heap.scratchI32, 0);
    if (done === Status.UNORDERED) throw incomparable(keyedRecords.ordering(heap.scratchI32, 0), 'those in the queue');
    return done;
  }

  /** @internal */
  override get [Member.WRITES_TO](): number {
    throw new TypeError('a PriorityQueue has no slots: bytes have no order');
  }

  /** @internal */
  override [Member.PUT_ERROR](status: number, method?: string): Error {
    if (status !== Status.UNORDERED) return super[Member.PUT_ERROR](status, method);
    return new TypeError('cannot order the item among those in the queue, whose priorities are of another type');
  }
}

registerShared(ClassTag.PRIORITY_QUEUE, PriorityQueue, Kind.PRIORITY);
