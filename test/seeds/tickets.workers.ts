/**
 * The ticket office of document 003: the stock is in a file, and whoever buys looks, waits, and writes what
 * is left.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Lock, type Queue, type RLock, sleep, task } from 'nogil';
import { SECOND } from './clock.workers.js';

interface Tickets {
  count: number;
}

export function search(db: string, log: Queue<string>): Tickets {
  const dic: Tickets = JSON.parse(readFileSync(db, 'utf8'));
  log.put(`剩余票数${dic.count}`);
  return dic;
}

export function getTicket(dic: Tickets, db: string, log: Queue<string>): void {
  sleep(0.1 * SECOND);
  if (dic.count > 0) {
    dic.count -= 1;
    sleep(0.2 * SECOND);
    writeFileSync(db, JSON.stringify(dic));
    log.put(`购票成功,剩余:${dic.count}`);
  } else log.put('抢票失败,去邀请好友助力!');
}

/** P2, with either kind of lock, and P18. */
export const purchase = task(import.meta, function purchase(lock: Lock | RLock, i: number, db: string, log: Queue<string>): void {
  log.put(`第${i}个用户`);
  lock.acquire();
  getTicket(search(db, log), db, log);
  lock.release();
});
