/** Forgets main(): each worker that imports this module would start another one. */
import { Process, task } from 'nogil';

export const target = task(import.meta, function target() {
  console.log('never reached');
});

const worker = new Process({ target, name: 'bomb' });
worker.start();
worker.join(60);
console.log(`exit code ${worker.exitcode}`);
