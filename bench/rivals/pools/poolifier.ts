import { within } from '../../harness/patience.ts';
import { load } from '../load.ts';
import { here, type OpenPool } from './pool.ts';

interface Pool {
  execute(x: number): Promise<number>;
  destroy(): Promise<void>;
}

interface Module {
  FixedThreadPool: new (workers: number, file: string, options: { enableEvents: boolean }) => Pool;
}

export const openPoolifier: OpenPool = async (workers) => {
  const { FixedThreadPool } = await load<Module>('poolifier');
  const pool = new FixedThreadPool(workers, here('./poolifier.workers.js'), { enableEvents: false });
  // `destroy` is not always answered.
  return { run: (x) => pool.execute(x), close: () => within(1, pool.destroy()).catch(() => {}) };
};
