/**
 * What the pools of document 003 run.
 */
import { getpid, type Queue, type Semaphore, sleep, task } from 'nogil';
import { SECOND } from './clock.workers.js';

/** P14. It waits until the main process has said its line, which in the tutorial is only likely. */
export const func = task(import.meta, function func(n: number, log: Queue<string>, mainWasHere: Semaphore): [number, number] {
  mainWasHere.acquire(true, 20);
  log.put(`i=${n}, pid=${getpid()}`);
  sleep(0.5 * SECOND);
  return [n ** 2, getpid()];
});

/** P15, P16. */
export const fun = task(import.meta, function fun(n: [number, number]): [number, number] {
  sleep(0.5 * SECOND);
  return n;
});

/** P17. */
export const funOfTwo = task(import.meta, function funOfTwo(n: number, k: number): [number, number] {
  sleep(0.5 * SECOND);
  return [n, k];
});

/** P19. */
export const pairOf = task(import.meta, function pairOf([x, pids]: [number, Queue<number>]): [number, number] {
  pids.put(getpid());
  return [x, x + 1];
});
