/**
 * Random programs of several async tasks in one worker that wait, give up in every way, and give back;
 * afterwards nothing is missing.
 */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Barrier, Condition, Event, heap, Lock, Queue, RLock, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';

/**
 * How a call gives up: not at all, when its time is up, or when it is aborted: before it begins, or after so
 * many steps of the program.
 */
type Ending = { kind: 'never' } | { kind: 'timeout'; seconds: number } | { kind: 'abort'; after: number };

const ending: fc.Arbitrary<Ending> = fc.oneof(
  fc.constant<Ending>({ kind: 'never' }),
  fc.constantFrom(0, 0.001, 0.003).map((seconds): Ending => ({ kind: 'timeout', seconds })),
  fc.nat(6).map((after): Ending => ({ kind: 'abort', after })),
);

type Step = { do: 'wait'; ending: Ending } | { do: 'give'; amount: number } | { do: 'turn' };

const program = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ending }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('give' as const), amount: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'turn' }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 40 },
);

const ABORTED = Symbol('aborted');

interface Options {
  signal: AbortSignal;
}
/** A call that may wait. What it got it notes itself. */
type Call = (timeout: number | undefined, options: Options) => Promise<void>;

/** Calls that wait, and when they are to be aborted. */
class Calls {
  readonly pending = new Set<Promise<void>>();
  readonly #aborts: { controller: AbortController; at: number }[] = [];
  #step = 0;
  readonly #all: AbortController[] = [];

  start(call: Call, how: Ending): void {
    const controller = new AbortController();
    this.#all.push(controller);
    if (how.kind === 'abort') {
      if (how.after === 0) controller.abort(ABORTED);
      else this.#aborts.push({ controller, at: this.#step + how.after });
    }
    const result = call(how.kind === 'timeout' ? how.seconds : undefined, controller).catch((reason) => {
      if (reason !== ABORTED) throw reason;
    });
    this.pending.add(result);
    result.finally(() => this.pending.delete(result)).catch(() => {});
  }

  /** One step is over. */
  async tick(yields: boolean): Promise<void> {
    this.#step++;
    for (const { controller, at } of this.#aborts) if (at === this.#step) controller.abort(ABORTED);
    if (yields) await turn();
  }

  /** Aborts what still waits. */
  async end(): Promise<void> {
    for (const each of this.#all) each.abort(ABORTED);
    await Promise.all(this.pending);
  }
}

interface Play {
  wait: Call;
  give(amount: number, calls: Calls): Promise<void> | void;
  /** What holds after every step. */
  always?(): void;
}

/** Takes the steps of a program. Its calls may still wait then. */
async function play(steps: Step[], { wait, give, always }: Play): Promise<Calls> {
  const calls = new Calls();
  for (const step of steps) {
    if (step.do === 'wait') calls.start(wait, step.ending);
    else if (step.do === 'give') {
      const given = give(step.amount, calls);
      // Where nothing is to be waited for, what was given and an abort reach a call in the same turn.
      if (given) await given;
    }
    await calls.tick(step.do === 'turn');
    always?.();
  }
  return calls;
}

async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn();
}

/** Runs random programs; after each, the heap is what it was. */
async function check(run: (steps: Step[]) => Promise<void>): Promise<void> {
  await run([{ do: 'wait', ending: { kind: 'abort', after: 1 } }, { do: 'turn' }]);
  await settled();
  const before = heap.stats();
  await fc.assert(
    fc.asyncProperty(program, async (steps) => {
      await run(steps);
      await settled();
      expect(heap.stats()).toEqual(before);
    }),
    { numRuns: 150 },
  );
}

describe('cancellation loses and doubles nothing:', () => {
  test('a Lock is held by one call at a time, and free in the end', () =>
    check(async (steps) => {
      using lock = new Lock();
      let holders = 0;
      const calls = await play(steps, {
        async wait(timeout, options) {
          if (await lock.acquireAsync(timeout, options)) expect(++holders).toBe(1);
        },
        give() {
          if (holders === 0) return;
          holders--;
          lock.release();
        },
        always() {
          if (holders > 0) expect(lock.locked()).toBe(true);
        },
      });
      await calls.end();
      if (holders > 0) lock.release();
      expect([lock.locked(), lock.acquire(false)]).toEqual([false, true]);
    }));

  test('an RLock is as deep as the calls that got it', () =>
    check(async (steps) => {
      using lock = new RLock();
      let depth = 0;
      const calls = await play(steps, {
        async wait(timeout, options) {
          if (await lock.acquireAsync(timeout, options)) depth++;
        },
        give() {
          if (depth === 0) return;
          depth--;
          lock.release();
        },
      });
      await calls.end();
      for (; depth > 0; depth--) lock.release();
      expect(lock.locked()).toBe(false);
      expect(() => lock.release()).toThrow();
    }));

  test('a Semaphore has as many permits as were not taken', () =>
    check(async (steps) => {
      const START = 2;
      using semaphore = new Semaphore(START);
      let taken = 0;
      let given = 0;
      const calls = await play(steps, {
        async wait(timeout, options) {
          if (await semaphore.acquireAsync(timeout, options)) taken++;
        },
        give(amount) {
          semaphore.release(amount);
          given += amount;
        },
        always: () => expect(taken).toBeLessThanOrEqual(START + given),
      });
      await calls.end();
      expect(semaphore.getValue()).toBe(START + given - taken);
    }));

  test('a Queue gives each item that went in to one getter, in order, and none that did not', () =>
    check(async (steps) => {
      using queue = new Queue<number>(2);
      const entered = new Set<number>();
      const atOnce = new Set<number>();
      const got: number[] = [];
      /** How many had been got when the getter of an item began. */
      const before = new Map<number, number>();
      let next = 0;
      const calls = await play(steps, {
        wait(timeout, options) {
          const item = next++;
          if (timeout === 0) atOnce.add(item);
          return queue.putAsync(item, timeout, options).then(() => void entered.add(item), unless('Full'));
        },
        give(amount, calls) {
          const get: Call = async (timeout, options) => {
            const began = got.length;
            const item = await queue.getAsync(timeout, options).catch(unless('Empty'));
            if (item === undefined) return;
            before.set(item, began);
            got.push(item);
          };
          calls.start(get, { kind: 'abort', after: amount });
        },
      });
      await calls.end();
      for (const began = got.length; !queue.empty(); ) {
        const item = queue.getNowait();
        before.set(item, began);
        got.push(item);
      }
      const inOrder = (items: Iterable<number>) => [...items].sort((a, b) => a - b);
      expect(inOrder(got)).toEqual(inOrder(entered));
      // One that would not wait may overtake those who do; they keep their order. Of two getters that wait at
      // the same time either may be told first.
      const patient = got.filter((item) => !atOnce.has(item));
      const overtaken = patient.filter((item) =>
        patient.some((other) => other > item && got.indexOf(other) < (before.get(item) as number)),
      );
      expect(overtaken).toEqual([]);
    }));

  test('a Condition wakes no more than were notified, and its lock is free in the end', () =>
    check(async (steps) => {
      using lock = new Lock();
      using condition = new Condition(lock);
      let notified = 0;
      let woken = 0;
      const calls = await play(steps, {
        async wait(timeout, { signal }) {
          if (await condition.withAsync(() => condition.waitAsync(timeout, { signal }))) woken++;
        },
        give: (amount) =>
          condition.withAsync(() => {
            condition.notify(amount);
            notified += amount;
          }),
        always: () => expect(woken).toBeLessThanOrEqual(notified),
      });
      await calls.end();
      expect(condition.locked()).toBe(false);
      // Nobody is in its line any more, who could take a notify from one who comes now.
      await condition.acquireAsync();
      const last = condition.waitAsync(20);
      await condition.withAsync(() => condition.notify());
      expect(await last).toBe(true);
      condition.release();
    }));

  test('an Event lets all go who wait when it is set', () =>
    check(async (steps) => {
      using event = new Event();
      const calls = await play(steps, {
        async wait(timeout, options) {
          const wasSet = event.isSet();
          const set = await event.waitAsync(timeout, options);
          if (wasSet) expect(set).toBe(true);
        },
        give(amount) {
          event.set();
          if (amount > 1) event.clear();
        },
      });
      await settled();
      event.clear();
      event.set();
      await Promise.all(calls.pending);
      await calls.end();
      expect(event.isSet()).toBe(true);
    }));

  test('a Barrier lets full rounds go, each index once, and counts nobody who has left', () =>
    check(async (steps) => {
      const PARTIES = 3;
      using barrier = new Barrier(PARTIES);
      const indices = [0, 0, 0];
      const calls = await play(steps, {
        async wait(timeout, options) {
          const index = await barrier.waitAsync(timeout, options).catch(unless('BrokenBarrierError'));
          if (index !== undefined) (indices[index] as number)++;
        },
        give() {
          if (barrier.broken) barrier.reset();
        },
      });
      await calls.end();
      expect(indices).toEqual([indices[0], indices[0], indices[0]]);
      expect(barrier.nWaiting).toBe(0);
      if (barrier.broken) barrier.reset();
      const last = Array.from({ length: PARTIES }, () => barrier.waitAsync(20));
      expect((await Promise.all(last)).sort()).toEqual([0, 1, 2]);
    }));
});

/** Answers undefined for the error of that name, which is how this call says that it gave up. */
function unless(name: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error) || error.name !== name) throw error;
  };
}
