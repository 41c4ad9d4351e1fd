/**
 * What the package `multithreading` takes. Reads lines of words, answers each with a line of JSON:
 * nanoseconds.
 *
 *   channel number|object N         N items from one task to another
 *   channels PRODUCERS CONSUMERS N  N numbers from some tasks to others
 *   mutex N                         N times lock and dispose, in one thread
 *   fight WORKERS N                 N times lock, counter++, dispose, by so many tasks together
 *   spawn N                         N calls of a trivial function by a pool of two, all at once
 */
import { createInterface } from 'node:readline';
import { load } from './load.ts';

interface Ends {
  blockingSend(value: unknown): { ok: boolean; error?: Error };
  blockingRecv(): { ok: boolean; value: unknown; error?: Error };
  clone(): this;
}

interface Guard {
  value: Int32Array;
  dispose(): void;
}

interface Mutex {
  blockingLock(): Guard;
}

type Outcome = { ok: true; value: unknown } | { ok: false; error: Error };

interface Module {
  initRuntime(options: { maxWorkers: number }): void;
  channel(capacity: number): [Ends, Ends];
  // Functions go to workers as text, whatever they take.
  spawn(args: unknown, fn: (...args: never[]) => unknown): { join(): Promise<Outcome> };
  move(...args: unknown[]): unknown;
  Mutex: new (value: Int32Array) => Mutex;
  shutdown(): void;
}

const CAPACITY = 1024;
const { initRuntime, channel, spawn, move, Mutex, shutdown } = await load<Module>('multithreading');

const now = () => Number(process.hrtime.bigint());

async function all(tasks: { join(): Promise<Outcome> }[]): Promise<unknown[]> {
  const outcomes = await Promise.all(tasks.map((task) => task.join()));
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  });
}

function check(sum: unknown, expected: number): void {
  if (sum !== expected) throw new Error(`the sum is ${sum}, not ${expected}`);
}

/** These are sent as text: they must be whole in themselves. */
const sendNumbers = (to: Ends, count: number) => {
  for (let i = 0; i < count; i++) to.blockingSend(i);
};
const sendObjects = (to: Ends, count: number) => {
  for (let i = 0; i < count; i++) to.blockingSend({ id: i, name: 'name', text: '0123456789 and so many more lett' });
};
const takeNumbers = (from: Ends, count: number) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += from.blockingRecv().value as number;
  return sum;
};
const takeObjects = (from: Ends, count: number) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (from.blockingRecv().value as { id: number }).id;
  return sum;
};
const fight = (mutex: Mutex, count: number) => {
  for (let i = 0; i < count; i++) {
    const guard = mutex.blockingLock();
    guard.value[0] = (guard.value[0] as number) + 1;
    guard.dispose();
  }
};
const increment = (x: number) => x + 1;

let workers = 0;
/** The runtime's size is set before first use; another one is another program. */
function prepare(count: number): void {
  if (workers === 0) initRuntime({ maxWorkers: count });
  else if (workers !== count) throw new Error(`it has ${workers} workers, not ${count}`);
  workers = count;
}

async function channels(producers: number, consumers: number, objects: boolean, count: number): Promise<number> {
  prepare(producers + consumers);
  const each = Math.ceil(count / (producers * consumers)) * consumers;
  const total = each * producers;
  const [to, from] = channel(CAPACITY);
  const begin = now();
  const tasks = [
    ...Array.from({ length: producers }, () => spawn(move(to.clone(), each), (objects ? sendObjects : sendNumbers) as never)),
    ...Array.from({ length: consumers }, () =>
      spawn(move(from.clone(), total / consumers), (objects ? takeObjects : takeNumbers) as never),
    ),
  ];
  const sums = (await all(tasks)).slice(producers) as number[];
  const ns = now() - begin;
  check(
    sums.reduce((a, b) => a + b),
    (producers * each * (each - 1)) / 2,
  );
  return (ns * count) / total;
}

const jobs: Record<string, (...words: string[]) => number | Promise<number>> = {
  channel: (kind, count) => channels(1, 1, kind === 'object', Number(count)),
  channels: (producers, consumers, count) => channels(Number(producers), Number(consumers), false, Number(count)),
  mutex(count) {
    const mutex = new Mutex(new Int32Array(new SharedArrayBuffer(4)));
    const begin = now();
    fight(mutex, Number(count));
    const ns = now() - begin;
    const guard = mutex.blockingLock();
    check(guard.value[0], Number(count));
    guard.dispose();
    return ns;
  },
  async fight(fighters, count) {
    prepare(Number(fighters));
    const each = Math.ceil(Number(count) / Number(fighters));
    const words = new Int32Array(new SharedArrayBuffer(4));
    const mutex = new Mutex(words);
    const begin = now();
    await all(Array.from({ length: Number(fighters) }, () => spawn(move(mutex, each), fight as never)));
    const ns = now() - begin;
    check(words[0], each * Number(fighters));
    return (ns * Number(count)) / (each * Number(fighters));
  },
  async spawn(count) {
    prepare(2);
    const begin = now();
    const results = (await all(Array.from({ length: Number(count) }, (_, i) => spawn(move(i), increment as never)))) as number[];
    const ns = now() - begin;
    check(
      results.reduce((a, b) => a + b, 0),
      (Number(count) * (Number(count) + 1)) / 2,
    );
    return ns;
  },
};

for await (const line of createInterface(process.stdin)) {
  const [what, ...words] = line.split(' ') as [string, ...string[]];
  let answer: unknown;
  try {
    answer = await jobs[what]?.(...words);
  } catch (error) {
    answer = { failed: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
shutdown();
process.exit(0);
