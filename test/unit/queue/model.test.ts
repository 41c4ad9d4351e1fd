/**
 * Random sequences of operations on a queue and on an array that says what the queue must do.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Empty, Full, LifoQueue, PriorityQueue, ShutDown, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { classes } from './flavours.ts';

type Queue = InstanceType<(typeof classes)[number][1]>;
/** `put`: how many of a batch are in. */
type Answer = { put?: number | undefined } & ({ value: unknown } | { error: unknown });

type Discipline = 'fifo' | 'lifo' | 'priority';

/** What Python's queue does, on an array. */
class Model {
  readonly maxsize: number;
  items: unknown[] = [];
  unfinished = 0;
  closed = false;

  readonly discipline: Discipline;

  constructor(maxsize: number, discipline: Discipline) {
    this.maxsize = Math.max(0, maxsize);
    this.discipline = discipline;
  }

  get room(): number {
    return this.maxsize === 0 ? Number.POSITIVE_INFINITY : this.maxsize - this.items.length;
  }

  put(items: unknown[]): Answer {
    if (items.length === 0) return { value: undefined, put: undefined };
    if (this.closed) return { error: ShutDown, put: undefined };
    const entering = items.slice(0, this.room);
    this.items.push(...entering);
    if (this.discipline === 'priority') (this.items as [number][]).sort((a, b) => a[0] - b[0]);
    this.unfinished += entering.length;
    return entering.length < items.length ? { error: Full, put: entering.length } : { value: undefined, put: undefined };
  }

  get(most: number): Answer {
    if (this.items.length === 0) return { error: this.closed ? ShutDown : Empty, put: undefined };
    const taken = this.discipline === 'lifo' ? this.items.splice(-most).reverse() : this.items.splice(0, most);
    return { value: taken, put: undefined };
  }

  taskDone(): Answer {
    if (this.unfinished === 0) return { error: ValueError, put: undefined };
    this.unfinished--;
    return { value: undefined, put: undefined };
  }

  shutdown(immediate: boolean): Answer {
    this.closed = true;
    if (immediate) this.unfinished = Math.max(0, this.unfinished - this.items.splice(0).length);
    return { value: undefined, put: undefined };
  }
}

interface Step {
  name: string;
  onQueue(queue: Queue): unknown;
  /** `got`: what the queue answered. */
  onModel(model: Model, got: Answer): Answer;
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.nat(2500) },
  fc.constantFrom(2040, 2048, 70_000),
);
const item = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(undefined, null, true, false),
  fc.tuple(size, fc.string()).map(([length, text]) => text.padEnd(length, 'é')),
  size.map((length) => new Uint8Array(length).fill(length)),
  fc.jsonValue(),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }).map((date) => new Map([[date, [date]]])),
);

const putOf = (item: fc.Arbitrary<unknown>) =>
  item.map(
    (value): Step => ({
      name: 'put',
      onQueue: (queue) => queue.putNowait(value),
      // A single put says nothing of how many are in.
      onModel: (model) => ({ ...model.put([value]), put: undefined }),
    }),
  );
const putManyOf = (item: fc.Arbitrary<unknown>) =>
  fc.array(item, { maxLength: 12 }).map(
    (values): Step => ({
      name: `putMany of ${values.length}`,
      onQueue: (queue) => queue.putMany(values, 0),
      onModel: (model) => model.put(values),
    }),
  );
const get = fc.constant<Step>({ name: 'get', onQueue: (queue) => [queue.getNowait()], onModel: (model) => model.get(1) });
const getMany = fc.integer({ min: 1, max: 12 }).map(
  (most): Step => ({
    name: `getMany of ${most}`,
    onQueue: (queue) => queue.getMany(most, 0),
    // How many it takes at once, of those it may, is its own affair; but none is too few.
    onModel: (model, got) => model.get('value' in got ? Math.min(most, Math.max(1, (got.value as unknown[]).length)) : most),
  }),
);
const taskDone = fc.constant<Step>({
  name: 'taskDone',
  onQueue: (queue) => queue.taskDone(),
  onModel: (model) => model.taskDone(),
});
const shutdown = fc.boolean().map(
  (immediate): Step => ({
    name: `shutdown(${immediate})`,
    onQueue: (queue) => queue.shutdown(immediate),
    onModel: (model) => model.shutdown(immediate),
  }),
);
const maxsize = fc.constantFrom(-1, 0, 1, 2, 3, 10);
/** Some steps, and perhaps a shutdown and some more. */
function stepsWith(item: fc.Arbitrary<unknown>): fc.Arbitrary<Step[]> {
  const [put, putMany] = [putOf(item), putManyOf(item)];
  const everyday = fc.oneof(put, put, get, get, putMany, getMany, taskDone);
  return fc
    .tuple(fc.array(everyday, { size: '+1' }), fc.array(shutdown, { maxLength: 2 }), fc.array(everyday, { maxLength: 10 }))
    .map((parts) => parts.flat());
}

/** Whatever is behind null decides nothing. */
const prioritized = fc.tuple(fc.integer({ min: -4, max: 4 }), fc.constant(null), item);
const disciplines: [string, (typeof classes)[number][1], Discipline][] = [
  ...classes.map(([name, ctor]): [string, typeof ctor, Discipline] => [name, ctor, 'fifo']),
  ['LifoQueue', LifoQueue, 'lifo'],
  ['PriorityQueue', PriorityQueue as never, 'priority'],
];

function show(answer: Answer): string {
  return inspect(answer, { depth: 4, maxArrayLength: 12, maxStringLength: 40 });
}

function answer(step: Step, queue: Queue): Answer {
  try {
    return { value: step.onQueue(queue), put: undefined };
  } catch (error) {
    const known = [Full, Empty, ShutDown, ValueError].find((ctor) => error instanceof ctor);
    if (known === undefined) throw error;
    return { error: known, put: (error as Full).put };
  }
}

describe.each(disciplines)('%s', (_, Queue, discipline) => {
  test('answers as an array would, whatever is asked of it in whatever order', () => {
    const before = held();
    fc.assert(
      fc.property(maxsize, stepsWith(discipline === 'priority' ? prioritized : item), (items, sequence) => {
        using queue = new Queue<unknown>(items);
        const model = new Model(items, discipline);
        for (const step of sequence) {
          const got = answer(step, queue);
          const wanted = step.onModel(model, got);
          // Not toEqual: it would explain each difference of 70 000 bytes, at every step of the shrinking.
          if (!isDeepStrictEqual(got, wanted)) throw new Error(`${step.name}: ${show(got)} instead of ${show(wanted)}`);
          expect([queue.qsize(), queue.empty(), queue.full()]).toEqual([
            model.items.length,
            model.items.length === 0,
            model.room <= 0,
          ]);
          expect([queue.unfinishedTasks, queue.join(0), queue.isShutdown]).toEqual([
            model.unfinished,
            model.unfinished === 0,
            model.closed,
          ]);
        }
      }),
      { numRuns: 250 },
    );
    expect(held()).toEqual(before);
  });
});

describe.each(classes)('%s', (_, Queue) => {
  test('gives each item once and in order to those who wait for it, whoever gives up meanwhile', async () => {
    const before = held();
    const moves = fc.array(fc.oneof(fc.constantFrom('get', 'put', 'turn'), fc.nat(5)), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(moves, async (sequence) => {
        using queue = new Queue<string>();
        const waiting: { got: Promise<unknown>; controller: AbortController }[] = [];
        const settled: { got: Promise<unknown>; wanted: unknown }[] = [];
        let next = 0;
        let taken = 0;
        for (const move of sequence) {
          // An item goes to whoever waits in the moment when this worker's event loop comes round.
          if (move === 'turn') await drain();
          else if (move === 'put') queue.put(`item ${next++}`);
          else if (move === 'get') {
            const controller = new AbortController();
            waiting.push({ got: queue.getAsync(10, controller).catch((error) => error), controller });
          } else {
            await drain();
            const [gone] = waiting.splice(move, 1);
            gone?.controller.abort('gone');
            if (gone) settled.push({ got: gone.got, wanted: 'gone' });
          }
        }
        await drain();
        expect(taken + queue.qsize()).toBe(next);
        while (!queue.empty()) expect(queue.get()).toBe(`item ${taken++}`);
        for (const { controller } of waiting) controller.abort('gone');
        for (const { got } of waiting) expect(await got).toBe('gone');
        for (const { got, wanted } of settled) expect(await got).toBe(wanted);

        async function drain(): Promise<void> {
          while (waiting.length > 0 && taken < next) expect(await waiting.shift()?.got).toBe(`item ${taken++}`);
        }
      }),
      { numRuns: 60 },
    );
    // the last waits leave after their queue was closed
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(held()).toEqual(before);
  });
});
