/**
 * Says at its top level how large the heap is to be, in workers too; and makes a pool there, if it is asked
 * to.
 */
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { configure, heap, main, Pool, Process, Thread } from 'nogil';

const [, file, scene] = process.argv;
// A process has a main thread, too, and begins with a file of the package's.
const isFirst = isMainThread && file === fileURLToPath(import.meta.url);
configure({ maximumBytes: !isFirst && scene === 'other' ? 2 ** 25 : 2 ** 24, spin: 100 });

export function reserved(): boolean {
  return heap.stats().bytesReserved <= 2 ** 24;
}

if (scene === 'pool') new Pool(1).apply(reserved);

main(import.meta, () => {
  const told = (worker: Thread | Process) => {
    worker.start();
    try {
      return worker.result(20);
    } catch (error) {
      return String(error);
    }
  };
  console.log(JSON.stringify([told(new Thread({ target: reserved })), told(new Process({ target: reserved }))]));
});
