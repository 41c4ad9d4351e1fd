/** A program of its own: joins the heap, and plays the part that it finds there. */
import { heap } from 'nogil';
import { targets } from '../scenes/targets.ts';
import type { Target } from './player.ts';

const [name = '', key = ''] = process.argv.slice(2);
heap.join(name, { timeout: 30 });
const [target, ...args] = heap.lookup<[keyof typeof targets, ...Parameters<Target>]>(key);
await (targets[target] as Target)(...args);
// A thread of its own, if it has one, is a daemon.
process.exit(0);
