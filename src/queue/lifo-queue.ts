/**
 * LifoQueue: a stack between any number of workers.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { registerShared } from '../heap/shared.ts';
import { Queue } from './queue.ts';

/**
 * Last in, first out: `get` takes the newest item, `getMany` the newest first. Otherwise a `Queue`.
 * @example
 * ```ts
 * import { LifoQueue } from 'nogil';
 *
 * const stack = new LifoQueue<string>();
 * stack.put('a');
 * stack.put('b');
 * console.log(stack.get()); // prints b
 * ```
 */
export class LifoQueue<T = unknown> extends Queue<T> {
  /** @internal */
  protected static override [Member.MAKE](heap: Heap, maxsize: number): number {
    return heap.core.singleLockCreate(Kind.LIFO, maxsize);
  }
}

registerShared(ClassTag.LIFO_QUEUE, LifoQueue, Kind.LIFO);
