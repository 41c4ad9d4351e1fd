/**
 * main: the code of the main module that only the main thread runs.
 */

import { canBlock } from '../platform/index.ts';
import { currentWorker } from './current-worker.ts';
import { lookAtMainModule, setMainModule } from './targets.ts';

/**
 * Python's `if __name__ == '__main__':`. Runs `fn` where the program begins, and does nothing in a worker that imports the same module;
 * the module becomes the main one, whose exported functions are targets by their name.
 * @returns what `fn` returns (a promise if it is async); undefined in a worker
 */
export function main<T>(meta: ImportMeta, fn: () => T): T | undefined {
  if (typeof meta?.url !== 'string') throw new TypeError('the first argument of main() must be import.meta');
  if (currentWorker()) return undefined;
  setMainModule(meta.url);
  if (!canBlock) lookAtMainModule(meta.url).catch(() => {});
  return fn();
}
