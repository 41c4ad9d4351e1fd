/**
 * What the pools of document 003 run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { getpid, type Lock, type Queue, type Semaphore, sleep, task } from 'nogil';
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

interface Tickets {
  count: number;
}

function search(db: string, log: Queue<string>): Tickets {
  const dic: Tickets = JSON.parse(readFileSync(db, 'utf8'));
  log.put(`剩余票数${dic.count}`);
  return dic;
}

function getTicket(dic: Tickets, db: string, log: Queue<string>): void {
  sleep(0.1 * SECOND);
  if (dic.count > 0) {
    dic.count -= 1;
    sleep(0.2 * SECOND);
    writeFileSync(db, JSON.stringify(dic));
    log.put(`购票成功,剩余:${dic.count}`);
  } else log.put('抢票失败,去邀请好友助力!');
}

/** P18. */
export const purchase = task(import.meta, function purchase(lock: Lock, i: number, db: string, log: Queue<string>): void {
  log.put(`第${i}个用户`);
  lock.acquire();
  getTicket(search(db, log), db, log);
  lock.release();
});

/** P19. */
export const pairOf = task(import.meta, function pairOf([x, pids]: [number, Queue<number>]): [number, number] {
  pids.put(getpid());
  return [x, x + 1];
});
