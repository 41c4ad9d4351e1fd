/** 001-P7: three processes and one terminal. */
import { getpid, main, Process, sleep } from 'nogil';
import { SECOND } from '../clock.workers.js';

export function work(): void {
  console.log(`${getpid()} is running`);
  sleep(2 * SECOND);
  console.log(`${getpid()} is done`);
}

main(import.meta, () => {
  for (let i = 0; i < 3; i++) new Process({ target: work }).start();
});
