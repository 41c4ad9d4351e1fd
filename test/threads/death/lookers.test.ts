/**
 * Workers that are killed while they look at what lives keep none of it alive.
 */
import { Condition, heap, Lock, Process, Semaphore, Thread } from 'nogil';
import { expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { range } from '../../support/range.ts';
import { inspect, lookAtProcesses, lookAtThreads, lookForDeadlocks } from './lookers.workers.ts';
import { killSometime, LONG, until } from './queue-support.ts';

const KILLS = tries(30);
const THINGS = 40;

test.each([
  ['activeChildren() and currentProcess()', lookAtProcesses],
  ['enumerate()', lookAtThreads],
  ['heap.inspect()', inspect],
  ['heap.deadlocks()', lookForDeadlocks],
])('killed in %s: nothing is kept', (_call, target) => {
  const objects = () => JSON.stringify(heap.stats().objects);
  const before = objects();
  const turns = new Semaphore(0);
  const seen = range(THINGS).flatMap(() => [new Lock(), new Condition(), new Process(), new Thread()]);
  for (let i = 0; i < KILLS; i++) {
    const victim = new Process({ target, args: [turns] });
    victim.start();
    for (let turn = 0; turn < 3; turn++) expect(turns.acquire(true, LONG)).toBe(true);
    killSometime(victim as Process<never>);
    victim.close();
  }
  for (const each of [turns, ...seen]) each.close();
  until(
    () => objects() === before,
    () => `what lives is what lived before, ${before}, and is ${objects()}`,
  );
});
