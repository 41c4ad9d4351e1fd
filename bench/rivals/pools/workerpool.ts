import { load } from '../load.ts';
import { here, type OpenPool } from './pool.ts';

interface Pool {
  exec(method: string, args: unknown[]): Promise<number>;
  terminate(): Promise<unknown>;
}

interface Module {
  pool(script: string, options: { minWorkers: number; maxWorkers: number; workerType: 'thread' }): Pool;
}

export const openWorkerpool: OpenPool = async (workers) => {
  const found = await load<Module & { default?: Module }>('workerpool');
  const options = { minWorkers: workers, maxWorkers: workers, workerType: 'thread' } as const;
  const pool = (found.default ?? found).pool(here('./workerpool.workers.js'), options);
  return { run: (x) => pool.exec('increment', [x]), close: () => pool.terminate() };
};
