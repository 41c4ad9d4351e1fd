/** 002-P11: a daemonic thread lives as long as the threads that are none, and no longer. */
import { Event, main, sleep, Thread } from 'nogil';
import { SECOND } from '../clock.workers.js';

export function foo(begun: Event): void {
  console.log(123);
  begun.set();
  sleep(1000);
  console.log('end123');
}

export function bar(begun: Event): void {
  console.log(456);
  // Beyond the tutorial, where five seconds are enough for foo to begin.
  begun.wait(60);
  sleep(3 * SECOND);
  console.log('end456');
}

main(import.meta, () => {
  const begun = new Event();
  const t1 = new Thread({ target: foo, args: [begun] });
  const t2 = new Thread({ target: bar, args: [begun] });
  t1.daemon = true;
  t1.start();
  t2.start();
  console.log('main-------');
});
