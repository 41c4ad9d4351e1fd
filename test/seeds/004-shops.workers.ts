/**
 * What the threads of document 004 run that sell something: tickets under an RLock, goods with a Condition.
 */
import { BrokenLockError, type Condition, currentThread, type Queue, type RLock, sleep, Thread, task, type Value } from 'nogil';
import { SECOND } from './clock.workers.js';

// ── P10: tickets ─────────────────────────────────────────────────────────────────────────────────────

export type Sale = [thread: string, ticket: number];

export const sellTickets = task(import.meta, function sellTickets(lock: RLock, count: Value<'i'>, log: Queue<Sale>): void {
  for (let i = 0; i < 1000; i++) {
    lock.acquire();
    try {
      if (count.value > 0) {
        log.put([currentThread().getName(), count.value]);
        count.value -= 1;
        sleep(0.1 * SECOND);
      }
    } finally {
      lock.release();
    }
  }
});

/** As the tutorial has it: who finds no more tickets does not release. What stopped it, if anything did. */
export const sellTicketsAndKeepTheLock = task(
  import.meta,
  function sellTicketsAndKeepTheLock(lock: RLock, count: Value<'i'>, log: Queue<Sale>): string | undefined {
    try {
      for (let i = 0; i < 1000; i++) {
        lock.acquire();
        if (count.value > 0) {
          log.put([currentThread().getName(), count.value]);
          count.value -= 1;
          sleep(0.1 * SECOND);
          lock.release();
        }
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof BrokenLockError)) throw error;
      return error.message;
    }
  },
);

// ── P11: goods ───────────────────────────────────────────────────────────────────────────────────────

/** The tutorial's globals. */
interface Shop {
  num: Value<'i'>;
  con: Condition;
  log: Queue<string>;
}

export class Product extends Thread {
  constructor(readonly shop: Shop) {
    super();
  }

  /** It never ends: when all are served it waits for ever. */
  override run(): void {
    const { num, con, log } = this.shop;
    con.acquire();
    for (;;) {
      log.put(`生产者生产了${num.add(1)}个商品`);
      sleep(0.1 * SECOND);
      if (num.value >= 10) {
        log.put('已经生产10个，不再进行生产');
        // All, where the tutorial wakes one: that one may spend its money before the goods are sold, and tell
        // nobody.
        con.notifyAll();
        con.wait();
      }
    }
  }
}
task(import.meta, Product);

export class Consumer extends Thread<() => number> {
  constructor(
    public money: number,
    readonly shop: Shop,
  ) {
    super();
  }

  override run(): number {
    const { num, con, log } = this.shop;
    while (this.money > 0) {
      con.acquire();
      if (num.value <= 0) {
        log.put('通知生产者，没有货了');
        con.notifyAll();
        // The tutorial only waits, and buys although another was faster: its stock may be -1.
        con.waitFor(() => num.value > 0);
      }
      this.money -= 1;
      log.put(`消费了1个, 还剩${num.add(-1)}个`);
      con.release();
      sleep(0.1 * SECOND);
    }
    log.put('余额不够，无法消费');
    return this.money;
  }
}
task(import.meta, Consumer);

/** The whole program: it ends although its producer, a daemon, does not. */
export const openShop = task(import.meta, function openShop(shop: Shop): { money: number[]; producerLives: boolean } {
  const p1 = new Product(shop);
  p1.daemon = true;
  const consumers = [1, 2, 3].map(() => new Consumer(10, shop));
  for (const each of [p1, ...consumers]) each.start();
  for (const each of consumers) each.join();
  return { money: consumers.map((each) => each.result()), producerLives: p1.isAlive() };
});
