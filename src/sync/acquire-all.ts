/**
 * acquireAll: many locks at once, always in the same order.
 *
 * Ancestry: resource ordering (Havender, "Avoiding deadlock in multitasking systems", 1968), in the form of
 * the Python Cookbook's recipe 12.5.
 */
import '../symbols.ts';
import { RuntimeError, TimeoutError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { checkNames } from '../heap/options.ts';
import { Shared } from '../heap/shared.ts';
import { type AsyncOptions, leftUntil, type Timeout, timeoutToMs } from '../heap/time.ts';
import { Acquirable } from './acquirable.ts';
import { RLock } from './lock.ts';

/** What `acquireAll` takes behind the locks. */
export interface AcquireAllOptions {
  /** Seconds for all of them together; undefined or null: for ever. */
  timeout?: Timeout | undefined;
}
/** What `acquireAllAsync` takes behind the locks: `timeout` and `signal`. */
export interface AcquireAllAsyncOptions extends AcquireAllOptions, AsyncOptions {}

/** What this worker holds by `acquireAll`. */
const held: Acquirable[] = [];

function rank(a: Acquirable, b: Acquirable): number {
  const [x, y] = [Shared.heapOf(a).link.heapId, Shared.heapOf(b).link.heapId];
  return x === y ? Shared.idOf(a) - Shared.idOf(b) : x < y ? -1 : 1;
}

/** Each lock once, the smallest first; and the options. */
function inOrder<O extends object>(given: readonly (Acquirable | O)[]): [Acquirable[], Partial<O>] {
  const last = given.at(-1);
  const hasOptions = typeof last === 'object' && last !== null && !(last instanceof Acquirable);
  const locks = (hasOptions ? given.slice(0, -1) : given).map((each) => {
    if (!(each instanceof Acquirable)) throw new TypeError('expected locks, and perhaps { timeout } behind them');
    return each[Member.MUTEX];
  });
  if (hasOptions) checkNames('acquireAll', last, ['timeout', 'signal']);
  locks.sort(rank);
  const distinct = locks.filter((each, i) => i === 0 || rank(locks[i - 1] as Acquirable, each) !== 0);
  return [distinct, hasOptions ? (last as O) : {}];
}

/** @throws RuntimeError unless all that may have to be waited for are larger than all that are held. */
function checkOrder(wanted: Acquirable[]): void {
  // An RLock of this worker's is only nested: nobody waits for it.
  const first = wanted.find((each) => !(each instanceof RLock && held.some((other) => rank(each, other) === 0)));
  const larger = first && held.find((other) => rank(other, first) >= 0);
  if (larger)
    throw new RuntimeError(
      `Lock Order Violation: ${named(first)} is not larger than ${named(larger)}, which this worker holds; take them in one acquireAll()`,
    );
}

/** The last one first. One that cannot be released does not keep the others. */
function releaseAll(locks: readonly Acquirable[]): void {
  const errors: unknown[] = [];
  for (const lock of locks.toReversed()) {
    try {
      lock.release();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function named(lock: Acquirable): string {
  return `<${lock.constructor.name} ${lock.id}>`;
}

function late(lock: Acquirable): TimeoutError {
  return new TimeoutError(`${named(lock)} was not free in time`);
}

const secondsUntil = (deadline: number) => leftUntil(deadline) / 1000;

/**
 * Takes many locks, one after the other by their ids: those who take theirs this way never wait for each
 * other in a cycle, in whatever order they name them. All or none: when one throws or is not free in time,
 * those before it are given back. A lock that is named twice is taken once; of a semaphore it takes one
 * permit, of a condition its lock. Several calls may nest, each with larger locks than those before.
 * @param locks Lock, RLock, Condition, Semaphore, and behind them perhaps `{ timeout }`
 * @returns what gives them back, the last one first: `using held = acquireAll(a, b)`
 * @throws RuntimeError "Lock Order Violation": this worker holds a larger one by `acquireAll`; nothing was
 * taken
 * @throws TimeoutError the time is up
 * @example
 * ```ts
 * import { acquireAll, Lock, main, Thread } from 'nogil';
 *
 * export function transfer(from: Lock, to: Lock) {
 *   for (let i = 0; i < 100; i++) {
 *     using held = acquireAll(from, to);
 *   }
 * }
 *
 * main(import.meta, () => {
 *   const [a, b] = [new Lock(), new Lock()];
 *   const threads = [
 *     new Thread({ target: transfer, args: [a, b] }),
 *     new Thread({ target: transfer, args: [b, a] }), // by hand this would be a deadlock sooner or later
 *   ];
 *   for (const thread of threads) thread.start();
 *   for (const thread of threads) thread.join();
 *   console.log('done'); // prints done
 * });
 * ```
 */
export function acquireAll(...locks: readonly Acquirable[] | readonly [...Acquirable[], AcquireAllOptions]): Disposable {
  const [wanted, { timeout }] = inOrder<AcquireAllOptions>(locks);
  checkOrder(wanted);
  const deadline = performance.now() + timeoutToMs(timeout);
  const taken: Acquirable[] = [];
  try {
    for (const lock of wanted) {
      if (!lock.acquire(true, secondsUntil(deadline))) throw late(lock);
      taken.push(lock);
    }
  } catch (error) {
    releaseAll(taken);
    throw error;
  }
  held.push(...taken);
  return disposable(() => {
    for (const lock of taken) held.splice(held.indexOf(lock), 1);
    releaseAll(taken);
  });
}

/**
 * The async twin of `acquireAll`. Between its calls the order is not checked: the async tasks of one worker
 * cannot be told apart, so name in one call all that a task is going to hold.
 * @param locks behind them perhaps `{ timeout, signal }`
 * @returns `await using held = await acquireAllAsync(a, b)`
 */
export async function acquireAllAsync(
  ...locks: readonly Acquirable[] | readonly [...Acquirable[], AcquireAllAsyncOptions]
): Promise<Disposable & AsyncDisposable> {
  const [wanted, { timeout, signal }] = inOrder<AcquireAllAsyncOptions>(locks);
  const deadline = performance.now() + timeoutToMs(timeout);
  const taken: Acquirable[] = [];
  try {
    signal?.throwIfAborted();
    for (const lock of wanted) {
      if (!(await lock.acquireAsync(secondsUntil(deadline), { signal }))) throw late(lock);
      taken.push(lock);
    }
  } catch (error) {
    releaseAll(taken);
    throw error;
  }
  const releasing = disposable(() => releaseAll(taken));
  return Object.assign(releasing, { [Symbol.asyncDispose]: async () => releasing[Symbol.dispose]() });
}

/** Once is enough, also if it is disposed of twice. */
function disposable(release: () => void): Disposable {
  let done = false;
  return {
    [Symbol.dispose]() {
      if (done) return;
      done = true;
      release();
    },
  };
}
