/** A heap that is made in a worker thread is no heap for processes, and the ValueError says so. */
import { isMainThread, Worker } from 'node:worker_threads';
import { getAllStartMethods, setStartMethod } from 'nogil/multiprocessing';

if (isMainThread) new Worker(new URL(import.meta.url));
else {
  console.log(JSON.stringify(getAllStartMethods()));
  try {
    setStartMethod('spawn');
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`);
  }
}
