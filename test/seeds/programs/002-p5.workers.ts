/** 002-P5: a thread from a function; the program ends after it. */
import { main, sleep, Thread } from 'nogil';
import { SECOND } from '../clock.workers.js';

export function task(name: string): void {
  console.log(`${name} is running`);
  sleep(3 * SECOND);
  console.log(`${name} is done`);
}

main(import.meta, () => {
  const t = new Thread({ target: task, args: ['egon'] });
  t.start();
  console.log('主线程');
});
