/**
 * P3 of document 004: timers.
 */
import { Timer } from 'nogil';
import { Queue } from 'nogil/queue';
import { expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { hello, helloAgain } from './004-timers.workers.ts';
import { SECOND } from './clock.workers.ts';
import { drain, runAll } from './crew.ts';

test('004-P3: a timer says hello once, after its eight seconds', () => {
  const print = new Queue<string>();
  const started = performance.now();
  runAll([new Timer(8 * SECOND, hello, [print])]);
  expect((performance.now() - started) / 1000).toBeGreaterThanOrEqual(8 * SECOND - 0.001);
  expect(drain(print)).toEqual(['Hello Word']);
});

test('004-P3: the next timer, which is cancelled before it is started, calls nothing: one call in all', () => {
  const print = new Queue<string>();
  runAll([new Timer(1 * SECOND, helloAgain, [print, 1, true])]);
  expect(drain(print)).toEqual(['hello1 1']);
});

test('004-P3: without the cancel, which the tutorial did not mean, each call starts the next: ten calls', () => {
  const print = new Queue<string>();
  const started = performance.now();
  runAll([new Timer(1 * SECOND, helloAgain, [print, 1, false])]);
  expect((performance.now() - started) / 1000).toBeGreaterThanOrEqual(10 * (SECOND - 0.001));
  expect(drain(print)).toEqual(range(10).map((i) => `hello1 ${i + 1}`));
});
