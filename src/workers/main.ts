/**
 * main: the code of the main module that only the main thread runs.
 */

import { canLook, isImportable } from '../platform/index.ts';
import { currentWorker } from './current-worker.ts';
import { lookAtMainModule, type Meta, mainModule, setMainModule, urlOf } from './targets.ts';

/**
 * Python's `if __name__ == '__main__':`. Runs `fn` where the program begins, and does nothing in a worker
 * that imports the same module; the module becomes the main one, whose exported functions are targets by
 * their name. In CommonJS give it `module` instead of `import.meta`.
 * @param meta `import.meta`, or `module` in CommonJS
 * @param fn may be async
 * @returns what `fn` returns (a promise if it is async); undefined in a worker
 * @example
 * ```ts
 * import { main, Thread } from 'nogil';
 *
 * export function hello(name: string) {
 *   console.log(`hello ${name}`); // prints hello worker
 * }
 *
 * // Workers import this module, too: what they must not do is in here.
 * main(import.meta, () => {
 *   new Thread({ target: hello, args: ['worker'] }).start();
 * });
 * ```
 */
export function main<T>(meta: Meta, fn: () => T): T | undefined {
  const url = urlOf(meta, 'main', main);
  if (typeof fn !== 'function') throw new TypeError(`the second argument of main() must be a function, got ${typeof fn}`);
  // In a worker, too: it tells the functions of this module from others.
  if (currentWorker() === undefined || mainModule() === url) setMainModule(url, fn);
  if (currentWorker()) return undefined;
  if (!canLook && isImportable(url)) lookAtMainModule(url).catch(() => {});
  return fn();
}
