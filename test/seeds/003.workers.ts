/**
 * What the processes of document 003 run.
 */
import { getpid, sleep, task } from 'nogil';
import { type Barrier, JoinableQueue, type Lock, Process, type Queue, type Semaphore, type Value } from 'nogil/multiprocessing';
import { randint, SECOND } from './clock.workers.js';
import { type Colour, during, type Light, turnGreen, turnRed } from './lights.workers.js';
import { getTicket, search } from './tickets.workers.js';

/** Far more than anything takes: so that a test fails instead of hanging. */
const LIMIT = 60;

// ── P1: tickets ──────────────────────────────────────────────────────────────────────────────────────

/** P1. In the tutorial a delay makes all ten look before one has bought; here they wait for each other. */
export const ticketRush = task(
  import.meta,
  function ticketRush(i: number, db: string, log: Queue<string>, allLooked: Barrier): void {
    log.put(`第${i}个用户`);
    const dic = search(db, log);
    allLooked.wait(LIMIT);
    getTicket(dic, db, log);
  },
);

// ── P3: a room for two ───────────────────────────────────────────────────────────────────────────────

export interface Visit {
  lines: string[];
  /** Seconds. */
  patience: number;
  waited: number;
  /** How many were inside when this user had come in; 0 for one who gave up. */
  inside: number;
}

export const enterRoom = task(
  import.meta,
  function enterRoom(smp: Semaphore, i: number, inside: Value<'i'>, doorsOpen: Barrier): Visit {
    const patience = randint(1, 3) * SECOND;
    doorsOpen.wait(LIMIT);
    const started = performance.now();
    const entered = smp.acquire(true, patience);
    const waited = (performance.now() - started) / 1000;
    if (!entered) return { lines: ['等太久,走人'], patience, waited, inside: 0 };
    const visit = { lines: [`用户${i}进入了房间`], patience, waited, inside: inside.add(1) };
    sleep(1 * SECOND);
    inside.add(-1);
    smp.release();
    visit.lines.push(`用户${i}离开了房间`);
    return visit;
  },
);

// ── P4, P5: lights ───────────────────────────────────────────────────────────────────────────────────

export interface Passage {
  line: string;
  /** The car, and how many cars were on the crossing then; not for a line of the light's. */
  car?: number;
  inside?: number;
  /** What wait() answered, after how many of how many seconds, and what the light was meanwhile. */
  waved?: boolean;
  waited?: number;
  patience?: number;
  light?: Colour;
}

export const light = task(import.meta, function light(e: Light, log: Queue<Passage>): void {
  for (;;) {
    if (e.flag.isSet()) {
      log.put({ line: '红灯' });
      turnRed(e);
    } else {
      log.put({ line: '绿灯' });
      turnGreen(e);
    }
    sleep(5 * SECOND);
  }
});

/** P4, and P5 for a car that is not patient: it waits so long at most, and then runs the red light. */
export const car = task(
  import.meta,
  function car(e: Light, i: number, l: Lock, inside: Value<'i'>, log: Queue<Passage>, patient: boolean): void {
    for (;;) {
      l.acquire();
      const patience = patient ? undefined : randint(0, 3) * SECOND;
      const started = performance.now();
      const { answer, light } = during(e, () => e.flag.wait(patience));
      const waited = (performance.now() - started) / 1000;
      const line = answer ? `奔驰${i}以两秒的时间飘过` : `奔驰${i}闯红灯以两秒的时间飘过`;
      log.put({ line, car: i, inside: inside.add(1), waved: answer, waited, ...(patience !== undefined && { patience }), light });
      sleep(2 * SECOND);
      inside.add(-1);
      l.release();
    }
  },
);

// ── P11: a queue ─────────────────────────────────────────────────────────────────────────────────────

export const consumer = task(import.meta, function consumer(q: Queue<string | null>): string[] {
  const eaten: string[] = [];
  for (;;) {
    const res = q.get();
    if (res === null) return eaten;
    eaten.push(res);
  }
});

export const producer = task(import.meta, function producer(food: string, q: Queue<string | null>): void {
  for (let i = 0; i < 2; i++) q.put(food);
});

// ── P12: a joinable queue ────────────────────────────────────────────────────────────────────────────

/** Counts what is eaten before the queue does: what it has counted off, is counted here. */
type Eaten = Record<string, Value<'i'>>;

export const joinableConsumer = task(import.meta, function joinableConsumer(q: JoinableQueue<string>, eaten: Eaten): void {
  for (;;) {
    const res = q.get();
    eaten[res]?.add(1);
    q.taskDone();
  }
});

/** What it had made, and what of that was eaten when it ended. */
export interface Meal {
  food: string;
  ownEaten: number;
  allEaten: number;
}

export const joinableProducer = task(
  import.meta,
  function joinableProducer(food: string, q: JoinableQueue<string>, eaten: Eaten, allCooked: Barrier | null): Meal {
    for (let i = 0; i < 2; i++) q.put(food);
    allCooked?.wait(LIMIT);
    q.join();
    const counts = Object.values(eaten).map((each) => each.value);
    return { food, ownEaten: eaten[food]?.value ?? 0, allEaten: counts.reduce((sum, each) => sum + each, 0) };
  },
);

/** The whole program: its end is the test's concern, too. */
export const joinableMain = task(import.meta, function joinableMain(eaten: Eaten, allCooked: Barrier | null): {
  meals: Meal[];
  unfinished: number;
  consumers: Process[];
} {
  const q = new JoinableQueue<string>();
  const producers = Object.keys(eaten).map(
    (food) => new Process({ target: joinableProducer, args: [food, q, eaten, allCooked] }),
  );
  const consumers = [1, 2].map(() => new Process({ target: joinableConsumer, args: [q, eaten] }));
  for (const each of consumers) each.daemon = true;
  for (const each of [...producers, ...consumers]) each.start();
  for (const each of producers) each.join();
  return { meals: producers.map((each) => each.result()), unfinished: q.unfinishedTasks, consumers };
});

// ── P13: join before get ─────────────────────────────────────────────────────────────────────────────

export const f = task(import.meta, function f(q: Queue<string> | JoinableQueue<string>, cancel: boolean): number {
  q.put('X'.repeat(1_000_000));
  if (cancel) q.cancelJoinThread();
  return getpid();
});
