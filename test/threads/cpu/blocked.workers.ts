/** A program in which many workers wait, each in a call of its own, and which measures what that costs. */
import {
  Barrier,
  Condition,
  Event,
  Lock,
  main,
  Queue,
  RLock,
  Semaphore,
  scheduler,
  sleep,
  sleepAsync,
  Thread,
  Timer,
  task,
  Value,
} from 'nogil';

/** What all of them wait for; nobody lets them go. */
export interface Things {
  lock: Lock;
  rlock: RLock;
  semaphore: Semaphore;
  condition: Condition;
  event: Event;
  barrier: Barrier;
  empty: Queue<number>;
  full: Queue<number>;
  unfinished: Queue<number>;
  thread: Thread;
}

const HOUR = 3600;

/** The blocking calls, by name. Those with a timeout wait with one, too. */
const waits: Record<string, (things: Things) => unknown> = {
  'Lock.acquire': ({ lock }) => lock.acquire(),
  'Lock.acquire with a timeout': ({ lock }) => lock.acquire(true, HOUR),
  'RLock.acquire': ({ rlock }) => rlock.acquire(),
  'Semaphore.acquire': ({ semaphore }) => semaphore.acquire(),
  'Condition.wait': ({ condition }) => condition.with(() => condition.wait()),
  'Condition.waitFor': ({ condition }) => condition.with(() => condition.waitFor(() => false, HOUR)),
  'Event.wait': ({ event }) => event.wait(),
  'Barrier.wait': ({ barrier }) => barrier.wait(),
  'Queue.get': ({ empty }) => empty.get(),
  'Queue.get with a timeout': ({ empty }) => empty.get(true, HOUR),
  'Queue.put into a full one': ({ full }) => full.put(1),
  'Queue.join': ({ unfinished }) => unfinished.join(),
  'Thread.join': ({ thread }) => thread.join(),
  sleep: () => sleep(HOUR),
  'scheduler.run': () => {
    const plan = scheduler();
    plan.enter(HOUR, 1, () => {});
    plan.run();
  },
};

/** Their async twins, awaited in one event loop. */
const awaits: Record<string, (things: Things) => Promise<unknown>> = {
  acquireAsync: ({ lock, rlock, semaphore }) =>
    Promise.race([lock.acquireAsync(), rlock.acquireAsync(HOUR), semaphore.acquireAsync()]),
  'Condition.waitAsync': ({ condition }) => condition.withAsync(() => condition.waitAsync()),
  'Event.waitAsync': ({ event }) => event.waitAsync(),
  'Barrier.waitAsync': ({ barrier }) => barrier.waitAsync(),
  'Queue.getAsync': ({ empty }) => empty.getAsync(),
  'Queue.putAsync': ({ full }) => full.putAsync(1),
  'Queue.joinAsync': ({ unfinished }) => unfinished.joinAsync(),
  'Thread.joinAsync': ({ thread }) => thread.joinAsync(),
  sleepAsync: () => sleepAsync(HOUR),
};

export const wait = task(import.meta, function wait(name: string, things: Things, ready: Value<'i'>): void {
  ready.add(1);
  waits[name]?.(things);
});

export const awaitAll = task(import.meta, async function awaitAll(things: Things, ready: Value<'i'>): Promise<void> {
  const pending = Object.values(awaits).map((call) => call(things));
  ready.add(1);
  await Promise.race(pending);
});

/** Milliseconds of this process's CPU time, in all of its threads. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Looks at most. */
const LOOKS = 10;

/**
 * [CPU milliseconds, milliseconds that passed, how many waited, how many still wait], of the quietest look
 * of some: the engine compiles and collects beside them, other programs cost them cache lines, but a wait that
 * polls does so in each.
 */
function measure(seconds: number, most: number): [number, number, number, number] {
  const things: Things = {
    lock: new Lock(),
    rlock: new RLock(),
    semaphore: new Semaphore(0),
    condition: new Condition(),
    event: new Event(),
    barrier: new Barrier(3),
    empty: new Queue(),
    full: new Queue(1),
    unfinished: new Queue(),
    thread: new Timer(HOUR, () => {}),
  };
  things.lock.acquire();
  things.rlock.acquire();
  things.full.put(1);
  things.unfinished.put(1);
  things.unfinished.get();
  things.thread.daemon = true;
  things.thread.start();
  const ready = new Value('i');
  const names = Object.keys(waits);
  const threads = [
    ...names.map((name) => new Thread({ target: wait, args: [name, things, ready], daemon: true })),
    new Thread({ target: awaitAll, args: [things, ready], daemon: true }),
  ];
  for (const thread of threads) thread.start();
  while (ready.value < threads.length) sleep(0.01);
  let least: [used: number, passed: number] = [Number.POSITIVE_INFINITY, 1];
  for (let looks = 0; looks < LOOKS && least[0] >= most * least[1]; looks++) {
    const [before, began] = [cpu(), performance.now()];
    sleep(seconds);
    const [used, passed] = [cpu() - before, performance.now() - began];
    if (used / passed < least[0] / least[1]) least = [used, passed];
  }
  return [...least, threads.length, threads.filter((thread) => thread.isAlive()).length];
}

main(import.meta, () => {
  console.log(JSON.stringify(measure(Number(process.argv[2]), Number(process.argv[3]))));
  process.exit();
});
