/**
 * P3 of document 004: a timer, and one whose function starts the next.
 */
import { type Queue, Timer, task } from 'nogil';
import { SECOND } from './clock.workers.js';

export const hello = task(import.meta, function hello(print: Queue<string>): void {
  print.put('Hello Word');
});

/** The tutorial's `hello1`. Its globals `t` and `count` are a timer that it joins, and an argument. */
export const helloAgain = task(
  import.meta,
  'hello1',
  function helloAgain(print: Queue<string>, count: number, cancels: boolean): void {
    print.put(`hello1 ${count}`);
    if (count >= 10) return;
    const timer = new Timer(1 * SECOND, helloAgain, [print, count + 1, cancels]);
    if (cancels) timer.cancel(); // 取消调度
    timer.start();
    timer.join();
  },
);
