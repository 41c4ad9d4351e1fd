/**
 * Waiting for several futures.
 */
import { TimeoutError, ValueError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { type AsyncOptions, leftUntil, type Timeout, timeoutToMs } from '../heap/time.ts';
import type { Replies } from '../pool/replies.ts';
import { untilReady } from '../pool/waiting.ts';
import { CALL, type Future, HAS_FAILED, IS_DONE, LISTEN } from './future.ts';

/** `wait` returns as soon as one future is done. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED';
/** `wait` returns as soon as one future has failed, or when all are done. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';
/** `wait` returns when all futures are done. */
export const ALL_COMPLETED = 'ALL_COMPLETED';
/** When `wait` returns. */
export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED;

// biome-ignore lint/suspicious/noExplicitAny: futures of different types, each as it was given.
type AnyFuture = Future<any>;

/** Two sets: `{ done, notDone }`, or `[done, notDone]`. */
export interface DoneAndNotDone<F extends AnyFuture> extends Iterable<Set<F>> {
  /** Those that have a result, have failed or were cancelled. */
  done: Set<F>;
  /** The others. */
  notDone: Set<F>;
}

interface WaitOptions {
  /** Seconds. Default: for ever. */
  timeout?: Timeout;
  /** Default ALL_COMPLETED. FIRST_EXCEPTION: the first that was not cancelled and has failed; or all. */
  returnWhen?: ReturnWhen;
}

function checked(returnWhen: ReturnWhen = ALL_COMPLETED): ReturnWhen {
  if (returnWhen !== FIRST_COMPLETED && returnWhen !== FIRST_EXCEPTION && returnWhen !== ALL_COMPLETED)
    throw new ValueError(`Invalid return condition: '${String(returnWhen)}'`);
  return returnWhen;
}

function isOver(futures: readonly AnyFuture[], when: ReturnWhen): boolean {
  if (futures.every((each) => each[IS_DONE])) return true;
  if (when === FIRST_COMPLETED) return futures.some((each) => each[IS_DONE]);
  return when === FIRST_EXCEPTION && futures.some((each) => each[HAS_FAILED]);
}

function sorted<F extends AnyFuture>(futures: readonly F[]): DoneAndNotDone<F> {
  const done = new Set(futures.filter((each) => each[IS_DONE]));
  const notDone = new Set(futures.filter((each) => !done.has(each)));
  return { done, notDone, [Symbol.iterator]: () => [done, notDone].values() };
}

/** Where the outcomes of those come in that are not done. */
function repliesOf(futures: readonly AnyFuture[]): Set<Replies> {
  const all = new Set<Replies>();
  for (const each of futures) {
    const replies = each[IS_DONE] ? undefined : each[CALL]?.[Member.REPLIES];
    if (replies) all.add(replies);
  }
  return all;
}

/** Takes in what has come. */
function look(futures: readonly AnyFuture[]): void {
  for (const each of repliesOf(futures)) each.look();
}

/**
 * Milliseconds between two looks at the futures of several executors: a thread sleeps on the replies of one
 * pool.
 */
const SLICE = 4;

/** Blocks until `isReady`, which replies to any of the futures may make true. */
function block(futures: readonly AnyFuture[], ms: number, method: string, isReady: () => boolean): boolean {
  if (isReady()) return true;
  const all = repliesOf(futures);
  const [first] = all;
  if (first === undefined) return isReady();
  if (all.size === 1) return first.waitUntil(method, isReady, ms);
  const deadline = performance.now() + ms;
  for (;;) {
    for (const each of all) each.look();
    const left = leftUntil(deadline);
    if (isReady()) return true;
    if (left === 0) return false;
    first.waitUntil(method, isReady, Math.min(left, SLICE));
  }
}

function listenTo(futures: readonly AnyFuture[]) {
  return (listener: () => void) => {
    const stops = futures.map((each) => each[LISTEN](listener));
    return () => {
      for (const stop of stops) stop();
    };
  };
}

/**
 * Waits until the futures are done, or the first of them is. One that is given twice counts once.
 * @throws ValueError there is no such `returnWhen`
 */
export function wait<F extends AnyFuture>(fs: Iterable<F>, { timeout, returnWhen }: WaitOptions = {}): DoneAndNotDone<F> {
  const when = checked(returnWhen);
  const futures = [...new Set(fs)];
  block(futures, timeoutToMs(timeout), 'wait', () => isOver(futures, when));
  return sorted(futures);
}

/** The async twin of `wait`. */
export async function waitAsync<F extends AnyFuture>(
  fs: Iterable<F>,
  { timeout, returnWhen, ...options }: WaitOptions & AsyncOptions = {},
): Promise<DoneAndNotDone<F>> {
  const when = checked(returnWhen);
  const futures = [...new Set(fs)];
  look(futures);
  await untilReady(() => isOver(futures, when), listenTo(futures), timeout, options);
  return sorted(futures);
}

/**
 * The futures as they are done: both a sync and an async iterable. One that is given twice comes once.
 * @param timeout seconds from this call on
 * @throws TimeoutError in the iteration: some were not done in time
 */
export function asCompleted<F extends AnyFuture>(
  fs: Iterable<F>,
  timeout?: Timeout,
): IterableIterator<F> & { [Symbol.asyncIterator](): AsyncIterableIterator<F> } {
  const deadline = performance.now() + timeoutToMs(timeout);
  const left = new Set(fs);
  const total = left.size;
  const late = () => new TimeoutError(`${left.size} (of ${total}) futures unfinished`);
  const take = (): IteratorResult<F> => {
    for (const each of left) {
      if (!each[IS_DONE]) continue;
      left.delete(each);
      return { value: each, done: false };
    }
    return { value: undefined, done: true };
  };
  const isReady = () => [...left].some((each) => each[IS_DONE]);
  const iterator: IterableIterator<F> & { [Symbol.asyncIterator](): AsyncIterableIterator<F> } = {
    next() {
      if (left.size > 0 && !block([...left], Math.max(0, deadline - performance.now()), 'asCompleted', isReady)) throw late();
      return take();
    },
    [Symbol.iterator]: () => iterator,
    [Symbol.asyncIterator]() {
      const later: AsyncIterableIterator<F> = {
        async next() {
          if (left.size > 0) {
            look([...left]);
            const ms = deadline - performance.now();
            const seconds = ms === Number.POSITIVE_INFINITY ? undefined : Math.max(0, ms) / 1000;
            if (!(await untilReady(isReady, listenTo([...left]), seconds))) throw late();
          }
          return take();
        },
        [Symbol.asyncIterator]: () => later,
      };
      return later;
    },
  };
  return iterator;
}
