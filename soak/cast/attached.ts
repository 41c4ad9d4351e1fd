/** A thread that the package has not started: enters the heap by the handle it is given, and plays. */
import { workerData } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';
import { targets } from '../scenes/targets.ts';
import type { Target } from './player.ts';

const orders = Queue.from(workerData as Handle) as Queue<[keyof typeof targets, ...Parameters<Target>]>;
const [target, ...args] = orders.get();
await (targets[target] as Target)(...args);
