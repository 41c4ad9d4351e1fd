/** piscina and its smaller fork, with their defaults but for the number of threads. */
import { load } from '../load.ts';
import { moduleOf, type OpenPool, type RivalPool } from './pool.ts';

interface Pool {
  run(x: number): Promise<number>;
  destroy(): Promise<void>;
}

type PoolClass = new (options: { filename: string; minThreads: number; maxThreads: number }) => Pool;

function wrap(Class: PoolClass, workers: number, filename: string): RivalPool {
  const pool = new Class({ filename, minThreads: workers, maxThreads: workers });
  return { run: (x) => pool.run(x), close: () => pool.destroy() };
}

export const openPiscina: OpenPool = async (workers, task = 'increment') => {
  const { Piscina } = await load<{ Piscina: PoolClass }>('piscina');
  return wrap(Piscina, workers, moduleOf(task));
};

export const openTinypool: OpenPool = async (workers, task = 'increment') => {
  const { Tinypool } = await load<{ Tinypool: PoolClass }>('tinypool');
  return wrap(Tinypool, workers, moduleOf(task));
};
