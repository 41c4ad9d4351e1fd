/**
 * Workers, each with several async tasks and blocking calls in between, that wait, give up and give back as
 * they are told.
 */
import { Empty, Full, type Lock, type Queue, type RawValue, type Semaphore, sleepAsync, task } from 'nogil';

/**
 * One thing to do. `seconds`: how long the call may wait; `abort`: after how many milliseconds it is aborted;
 * `hold`: how long it keeps what it got.
 */
export interface Step {
  what: 'lock' | 'permit' | 'put' | 'get';
  blocking: boolean;
  seconds: number | null;
  abort: number | null;
  hold: number;
}

export interface Shared {
  lock: Lock;
  semaphore: Semaphore;
  queue: Queue<number>;
  /** Counted up under the lock, in two steps. */
  counter: RawValue<'i'>;
  /** How many hold a permit; there is no more exact way than to have it under a lock of its own. */
  inside: RawValue<'i'>;
  guard: Lock;
  permits: number;
}

export interface Plan extends Shared {
  worker: number;
  /** The steps of each task. */
  tasks: Step[][];
}

export interface Tally {
  counted: number;
  /** The items whose put said that they are in. */
  put: number[];
  got: number[];
  tooMany: number;
}

const ABORTED = Symbol('aborted');

/** One call, in the way of its step; undefined when it gave up. */
async function attempt<T>(
  { blocking, seconds, abort }: Step,
  now: (timeout: number) => T,
  later: (timeout: number | null, options: { signal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  const stop = new AbortController();
  const timer = abort === null ? undefined : setTimeout(() => stop.abort(ABORTED), abort);
  try {
    // A blocked worker must not wait for a task of its own for long.
    return blocking ? now(seconds ?? 0.001) : await later(seconds, { signal: stop.signal });
  } catch (error) {
    if (error === ABORTED || error instanceof Empty || error instanceof Full) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function take(it: Lock | Semaphore, step: Step): Promise<boolean | undefined> {
  return attempt(
    step,
    (timeout) => it.acquire(true, timeout),
    (timeout, options) => it.acquireAsync(timeout, options),
  );
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleepAsync(ms / 1000);
}

async function run({ lock, semaphore, queue, counter, inside, guard, permits, worker, tasks }: Plan): Promise<Tally> {
  const tally: Tally = { counted: 0, put: [], got: [], tooMany: 0 };
  let items = worker * 1_000_000;

  const withLock = async (step: Step) => {
    if (!(await take(lock, step))) return;
    const seen = counter.value;
    await pause(step.hold);
    counter.value = seen + 1;
    tally.counted++;
    lock.release();
  };
  const withPermit = async (step: Step) => {
    if (!(await take(semaphore, step))) return;
    guard.with(() => {
      if (++inside.value > permits) tally.tooMany++;
    });
    await pause(step.hold);
    guard.with(() => inside.value--);
    semaphore.release();
  };
  const put = async (step: Step) => {
    const item = items++;
    const done = await attempt(
      step,
      (timeout) => {
        queue.put(item, true, timeout);
        return true;
      },
      (timeout, options) => queue.putAsync(item, timeout, options).then(() => true),
    );
    if (done) tally.put.push(item);
  };
  const get = async (step: Step) => {
    const item = await attempt(
      step,
      (timeout) => queue.get(true, timeout),
      (timeout, options) => queue.getAsync(timeout, options),
    );
    if (item !== undefined) tally.got.push(item);
  };
  const does = { lock: withLock, permit: withPermit, put, get };

  await Promise.all(
    tasks.map(async (steps) => {
      for (const step of steps) await does[step.what](step);
    }),
  );
  for (const each of [lock, semaphore, queue, counter, inside, guard]) each.close();
  return tally;
}

/** Says that it is there, and runs plans until it is told to stop. */
export const serve = task(import.meta, async function serve(plans: Queue<Plan | null>, tallies: Queue<Tally>): Promise<void> {
  tallies.put({ counted: 0, put: [], got: [], tooMany: 0 });
  for (;;) {
    const plan = await plans.getAsync();
    if (plan === null) return;
    tallies.put(await run(plan));
  }
});
