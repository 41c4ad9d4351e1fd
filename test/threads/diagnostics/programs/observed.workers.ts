/**
 * Programs that observe themselves by Node's channels, and print what they heard as JSON, a line an event.
 * The argument says which.
 */
import { type ChannelListener, subscribe } from 'node:diagnostics_channel';
import {
  BrokenLockError,
  configure,
  Event,
  Full,
  getIdent,
  heap,
  Lock,
  main,
  Pool,
  Process,
  Queue,
  sleep,
  sleepAsync,
  Thread,
} from 'nogil';

const [scenario = ''] = process.argv.slice(2);
if (scenario === 'traced') configure({ trace: true });

const say = (event: unknown) => console.log(JSON.stringify(event));

export function returns(): void {}

export function fails(): void {
  throw new Error('on purpose');
}

export function waits(event: Event): void {
  event.wait();
}

async function workers(): Promise<void> {
  for (const what of ['start', 'end']) {
    subscribe(`nogil:worker:${what}`, ((event: object) =>
      say([what, { ...event, worker: typeof (event as { worker: unknown }).worker }])) as ChannelListener);
  }
  const first = new Thread({ target: returns, name: 'first' });
  first.start();
  await first.joinAsync();
  const second = new Process({ target: fails, name: 'second' });
  second.start();
  await second.joinAsync();
  // Nobody waits for it, and neither does the program.
  new Thread({ target: waits, args: [new Event()], name: 'daemon', daemon: true }).start();
}

/** Of the tasks that this worker does. */
export function observe(heard: Queue<unknown>): void {
  for (const what of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
    subscribe(`tracing:nogil:task:${what}`, ((event: {
      id: number;
      name: string;
      worker: number;
      result?: unknown;
      error?: Error;
    }) => {
      heard.put([what, event.id, event.name, event.worker === getIdent(), event.result, event.error?.message]);
    }) as ChannelListener);
  }
}

export function double(n: number): number {
  return n * 2;
}

export async function later(n: number): Promise<number> {
  await sleepAsync(0.001);
  return n + 1;
}

function tasks(): void {
  const heard = new Queue<unknown>();
  const pool = new Pool(1, { initializer: observe, initargs: [heard] });
  pool.apply(double, [4]);
  pool.apply(later, [5]);
  try {
    pool.apply(fails);
  } catch {
    // It is told of.
  }
  pool.close();
  pool.join();
  while (heard.qsize() > 0) say(heard.get());
}

export function takes(lock: Lock, held: Event): void {
  lock.acquire();
  held.set();
  sleep(3600);
}

function troubles(): void {
  subscribe('nogil:lock:broken', (event) => say(['broken', event]));
  subscribe('nogil:queue:full', (event) => say(['full', event]));
  const lock = new Lock();
  const held = new Event();
  const thief = new Process({ target: takes, args: [lock, held] });
  thief.start();
  held.wait();
  thief.kill();
  thief.join();
  try {
    lock.acquire();
  } catch (error) {
    say(['thrown', error instanceof BrokenLockError, lock.id, thief.ident]);
  }
  const queue = new Queue<number>(1);
  queue.put(1);
  try {
    queue.put(2, false);
  } catch (error) {
    say(['thrown', error instanceof Full, queue.id]);
  }
}

/** The declarations of the DOM know no detail. */
const measureOf = (entry: object) => {
  const { name, detail } = entry as { name: string; detail: { devtools: { track: string } } };
  return [name, detail.devtools.track];
};

export function getsOne(queue: Queue<string>, heard: Queue<unknown>): void {
  subscribe('nogil:blocked', (event) => {
    // A subscriber may use the package, in the midst of the call that it is told of.
    heard.put({ ...(event as object), text: 'z'.repeat(1000) });
  });
  const got = queue.get();
  const measures = performance.getEntriesByType('measure').map(measureOf);
  heard.put({ got, measures });
}

function traced(): void {
  const queue = new Queue<string>();
  const heard = new Queue<unknown>();
  const thread = new Thread({ target: getsOne, args: [queue, heard] });
  thread.start();
  while (!heap.inspect().some(({ id, waiters }) => id === queue.id && waiters.length > 0)) sleep(0.005);
  sleep(0.1);
  queue.put('the item');
  say([heard.get(), heard.get(), queue.id, thread.ident]);
  thread.join();
}

export function putsLate(queue: Queue<string>): void {
  sleep(0.3);
  queue.put('late');
}

/** This thread waits: for what a profiler shows. */
function profiled(): void {
  const queue = new Queue<string>();
  new Thread({ target: putsLate, args: [queue] }).start();
  say([queue.get(), queue.id]);
}

const scenarios: Record<string, () => unknown> = { workers, tasks, troubles, traced, profiled };
main(import.meta, () => scenarios[scenario]?.());
