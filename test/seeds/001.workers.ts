/**
 * What the processes of document 001 run.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Barrier, currentProcess, getpid, getppid, type Lock, Process, type Queue, sleep, task } from 'nogil';
import { randint, SECOND } from './clock.workers.js';

export interface Numbers {
  ofCurrentProcess: number | undefined;
  getpid: number;
  getppid: number | undefined;
}

/** 001-P1. It would stay for ever. */
export const tellNumbers = task(import.meta, function tellNumbers(answers: Queue<Numbers>): void {
  answers.put({ ofCurrentProcess: currentProcess().pid, getpid: getpid(), getppid: getppid() });
  sleep(1000);
});

/** 001-P3 and 001-P4. */
export const ownPid = task(import.meta, function ownPid(): number {
  return getpid();
});

/** 001-P5: what a daemonic process must not do. */
export const haveChild = task(import.meta, function haveChild(): unknown {
  try {
    new Process({ target: ownPid }).start();
    return 'it may';
  } catch (error) {
    return error;
  }
});

/** 001-P5: a class of processes that leaves its name alone. */
export class Piao extends Process {
  override run(): string {
    return `${this.name} is piaoing`;
  }
}
task(import.meta, Piao);

// ── 001-P10: tickets in a file ───────────────────────────────────────────────────────────────────────

interface Tickets {
  count: number;
}

const load = (db: string) => JSON.parse(readFileSync(db, 'utf8')) as Tickets;

/**
 * In one step, unlike the tutorial's `json.dump(dic, open(...))`: who searches holds no lock, and would find
 * a file half written.
 */
function store(db: string, dic: Tickets): void {
  writeFileSync(`${db}.new`, JSON.stringify(dic));
  renameSync(`${db}.new`, db);
}

function search(db: string, log: Queue<string>): void {
  log.put(`剩余票数${load(db).count}`);
}

function get(db: string, log: Queue<string>): void {
  const dic = load(db);
  sleep(0.1 * SECOND);
  if (dic.count > 0) {
    dic.count -= 1;
    sleep(0.2 * SECOND);
    store(db, dic);
    log.put('购票成功');
  }
}

export const buyTicket = task(import.meta, function buyTicket(lock: Lock, db: string, log: Queue<string>): void {
  search(db, log);
  lock.acquire();
  get(db, log);
  lock.release();
});

/** 001-P9: the same without the lock. */
export const raceForTicket = task(
  import.meta,
  function raceForTicket(allHaveRead: Barrier, db: string, log: Queue<string>): void {
    const dic = load(db);
    allHaveRead.wait(20);
    if (dic.count > 0) {
      dic.count -= 1;
      // Not `store`, which renames a file: several at once would take it from each other.
      writeFileSync(db, JSON.stringify(dic));
      log.put('购票成功');
    }
  },
);

// ── 001-P13, P14: an end signal ──────────────────────────────────────────────────────────────────────

/** @returns what it has eaten */
export const consumer = task(import.meta, function consumer(q: Queue<string | null>): string[] {
  const eaten: string[] = [];
  for (;;) {
    const res = q.get();
    if (res === null) break;
    sleep(randint(1, 3) * SECOND);
    eaten.push(res);
  }
  return eaten;
});

export const producer = task(import.meta, function producer(q: Queue<string | null>, count: number): void {
  for (let i = 0; i < count; i++) {
    sleep(randint(1, 3) * SECOND);
    q.put(`包子${i}`);
  }
});

export const producerThatEnds = task(import.meta, function producerThatEnds(q: Queue<string | null>, count: number): void {
  producer(q, count);
  q.put(null);
});
