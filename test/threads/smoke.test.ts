import { Process, Queue } from 'nogil';
import { expect, test } from 'vitest';
import { produce } from './smoke.workers.ts';

test('a process puts, we get', () => {
  const queue = new Queue<number>(4);
  const process = new Process({ target: produce, args: [queue, 100] });
  process.start();
  expect(Array.from({ length: 100 }, () => queue.get())).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(process.result()).toBe(100);
});
