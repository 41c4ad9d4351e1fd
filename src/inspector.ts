/**
 * `nogil/inspector`: what a program's workers do, hold and wait for, its queues, locks and pools: as data,
 * and on a page.
 * @module inspector
 */
import { RuntimeError, theHeap } from './inspector/core.ts';
import { look } from './inspector/look.ts';
import { type Inspector, type InspectorOptions, show } from './inspector/overlay.ts';
import type { Snapshot } from './inspector/snapshot.ts';
import { sourceOf } from './inspector/source.ts';

export type { Inspector, InspectorOptions } from './inspector/overlay.ts';
export type {
  CycleLink,
  LockInfo,
  ObjectName,
  PoolInfo,
  PoolWorker,
  QueueInfo,
  Role,
  Snapshot,
  Wait,
  WorkerInfo,
} from './inspector/snapshot.ts';

/**
 * What this program's heap says of its workers and objects now. It only reads: no lock is taken, nothing
 * waits, so it can be called at any time. Each figure is true at one moment of the call.
 * @example
 * ```ts
 * import { Queue } from 'nogil';
 * import { snapshot } from 'nogil/inspector';
 *
 * const jobs = new Queue<string>(100);
 * jobs.put('first');
 * const { size, maxsize } = snapshot().queues.find(({ id }) => id === jobs.id) ?? {};
 * console.log(size, maxsize); // prints 1 100
 * ```
 */
export function snapshot(): Snapshot {
  return look(sourceOf(theHeap()));
}

/**
 * In a page: shows what `npx nogil top` shows of a program for Node, refreshed, as an overlay in a corner or
 * in an element of the page's own. It has a shadow tree, which the page's styles do not reach.
 * @returns what ends it
 * @throws RuntimeError there is no page here
 * @example
 * ```ts not run: it needs a page
 * import { inspector } from 'nogil/inspector';
 *
 * const overlay = inspector({ interval: 0.5 });
 * overlay.close(); // when it has been seen
 * ```
 */
export function inspector(options: InspectorOptions = {}): Inspector {
  if (typeof document === 'undefined')
    throw new RuntimeError('inspector() shows a page, and there is none here: run npx nogil top with the number of this process');
  return show(snapshot, options);
}
