/**
 * What one has between processes without a library: child_process, with `serialization: 'advanced'`. Reads
 * lines of words, answers each with a line of JSON.
 *
 *   queue SHAPE N       N items from the main thread to a child: nanoseconds
 *   trips N PAUSE_US    N round trips, after a pause each: [ns, ...]
 *   start N             N times fork and 'exit' of an empty module: nanoseconds
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { rest } from '../trips/trip.ts';
import { type ShapeName, shapeOf, sumOf } from '../ways/shapes.ts';

const options: ForkOptions = { serialization: 'advanced', execArgv: [] };

/** The system's monotonic clock, which all processes share. */
const now = () => Number(process.hrtime.bigint());

let child: ChildProcess | undefined;

async function theChild(): Promise<ChildProcess> {
  if (child === undefined) {
    child = fork(new URL('./child-process.child.js', import.meta.url), options);
    await once(child, 'message');
  }
  return child;
}

async function queue(name: ShapeName, count: number): Promise<number> {
  const child = await theChild();
  const shape = shapeOf(name);
  child.send({ shape: name, count });
  await once(child, 'message');
  const taken = once(child, 'message');
  const begin = now();
  for (let i = 0; i < count; i++) child.send(shape.make(i) as object);
  const [{ end, sum }] = (await taken) as [{ end: number; sum: number }];
  const expected = sumOf(shape, count);
  if (sum !== expected) throw new Error(`${count} items add up to ${sum}, not to ${expected}`);
  return end - begin;
}

async function trips(count: number, pause: number): Promise<number[]> {
  const child = await theChild();
  child.send({ echo: count });
  await once(child, 'message');
  const trips: number[] = [];
  return new Promise((resolve, reject) => {
    let begin = 0;
    const leave = () => {
      rest(pause / 1000);
      begin = now();
      child.send(trips.length as never);
    };
    child.on('message', (item) => {
      const ns = now() - begin;
      if (item !== trips.length) reject(new Error(`trip ${trips.length} brought ${item} back`));
      trips.push(ns);
      if (trips.length < count) return leave();
      child.removeAllListeners('message');
      resolve(trips);
    });
    leave();
  });
}

async function start(count: number): Promise<number> {
  const begin = now();
  for (let i = 0; i < count; i++) {
    const [code] = await once(fork(new URL('../rows/empty.workers.js', import.meta.url), options), 'exit');
    if (code !== 0) throw new Error(`exit code ${code}`);
  }
  return now() - begin;
}

const jobs: Record<string, (...words: string[]) => Promise<unknown>> = {
  queue: (name, count) => queue(name as ShapeName, Number(count)),
  trips: (count, pause) => trips(Number(count), Number(pause)),
  start: (count) => start(Number(count)),
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
child?.kill();
process.exit(0);
