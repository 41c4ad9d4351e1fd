/**
 * Random programs of several async tasks in each of several workers: whoever gives up, in whatever way, the
 * sums agree afterwards.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Lock, Queue, RawValue, Semaphore } from 'nogil';
import { expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { type Plan, type Shared, type Step, serve, type Tally } from './cancellation.workers.ts';
import { end, LONG, sleepersIn, startAll, until } from './support.ts';

const WORKERS = 3;
const PERMITS = 2;

/** A call without an end of its own is aborted: the program may hold nothing that it waits for. */
const step: fc.Arbitrary<Step> = fc
  .record({
    what: fc.constantFrom('lock', 'permit', 'put', 'get') as fc.Arbitrary<Step['what']>,
    blocking: fc.boolean(),
    seconds: fc.option(fc.constantFrom(0, 0.0005, 0.002)),
    abort: fc.option(fc.constantFrom(0, 1, 3)),
    hold: fc.constantFrom(0, 0, 0, 1),
  })
  .map((each) => (each.seconds === null && each.abort === null ? { ...each, abort: 5 } : each));

const tasks = fc.array(fc.array(step, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 5 });

test('tasks of several workers that wait, time out and are aborted leave locks free, permits and items complete, and nobody in line', () => {
  using plans = new Queue<Plan | null>();
  using tallies = new Queue<Tally>();
  const workers = startAll(serve, ...Array.from({ length: WORKERS }, () => [plans, tallies] as Parameters<typeof serve>));
  // All are there, with the memory that they need for themselves.
  for (const _ of workers) tallies.get(true, LONG);
  const before = held();
  fc.assert(
    fc.property(fc.array(tasks, { minLength: WORKERS, maxLength: WORKERS }), (programs) => {
      const shared: Shared = {
        lock: new Lock(),
        semaphore: new Semaphore(PERMITS),
        queue: new Queue<number>(3),
        counter: new RawValue('i'),
        inside: new RawValue('i'),
        guard: new Lock(),
        permits: PERMITS,
      };
      for (const [worker, program] of programs.entries()) plans.put({ ...shared, worker, tasks: program });
      const told = programs.map(() => tallies.get(true, LONG));
      const sum = (of: (tally: Tally) => number) => told.reduce((total, tally) => total + of(tally), 0);
      const { lock, semaphore, queue, counter, inside, guard } = shared;
      expect(counter.value).toBe(sum(({ counted }) => counted));
      expect(sum(({ tooMany }) => tooMany)).toBe(0);
      expect([lock.locked(), guard.locked(), semaphore.getValue(), inside.value]).toEqual([false, false, PERMITS, 0]);
      const left: number[] = [];
      while (!queue.empty()) left.push(queue.getNowait());
      const inOrder = (a: number, b: number) => a - b;
      expect([...told.flatMap(({ got }) => got), ...left].sort(inOrder)).toEqual(told.flatMap(({ put }) => put).sort(inOrder));
      for (const each of [lock, semaphore, queue]) expect(sleepersIn(each)).toEqual([]);
      for (const each of [lock, semaphore, queue, counter, inside, guard]) each.close();
      // A handle that is closed goes only when its worker's event loop has left the gates of the object.
      until(
        () => isDeepStrictEqual(held(), before),
        () => `${JSON.stringify(held())} is ${JSON.stringify(before)}`,
      );
    }),
    { numRuns: 60 },
  );
  for (const _ of workers) plans.put(null);
  end(...workers);
});
