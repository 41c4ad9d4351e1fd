/** A worker of poolifier. */
import { load } from '../load.ts';

interface Module {
  ThreadWorker: new (fn: (x: number) => number) => unknown;
}

const { ThreadWorker } = await load<Module>('poolifier');
new ThreadWorker((x) => x + 1);
