/**
 * SimpleQueue: a queue without a limit.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { AdoptionToken, registerShared } from '../heap/shared.ts';
import type { Timeout } from '../heap/time.ts';
import { Queue } from './queue.ts';

/**
 * First in, first out, as many items as the heap holds, so that `put` never waits. Unlike Python's it has the
 * other methods of a `Queue`, too.
 * @example
 * ```ts
 * import { SimpleQueue } from 'nogil';
 *
 * const queue = new SimpleQueue<string>();
 * queue.put('never waits');
 * console.log(queue.get()); // prints never waits
 * ```
 */
export class SimpleQueue<T = unknown> extends Queue<T> {
  /** Takes no maxsize. */
  constructor();
  /** @internal */
  constructor(existing?: AdoptionToken);
  constructor(existing?: AdoptionToken) {
    if (existing !== undefined && !(existing instanceof AdoptionToken)) throw new TypeError('SimpleQueue() takes no maxsize');
    super(existing ?? 0);
  }

  /**
   * Puts `item` in. `block` and `timeout` are there for the likeness to `Queue.put`, and ignored, whatever
   * they are. @throws as `Queue.put`, but never Full
   */
  override put(item: T, _block?: unknown, _timeout?: Timeout): void {
    super.put(item);
  }
}

registerShared(ClassTag.SIMPLE_QUEUE, SimpleQueue, Kind.QUEUE);
