/**
 * P14 of document 004: many locks in one order.
 */
import { Lock, Thread, Value } from 'nogil';
import { expect, test } from 'vitest';
import { rounds, violate } from './004-order.workers.ts';
import { runAll } from './crew.ts';

test('004-P14: two threads that name two locks in opposite order go on, one at a time', () => {
  const [x, y] = [new Lock(), new Lock()];
  const inside = new Value('i', 0);
  const threads = [
    new Thread({ target: rounds, args: [x, y, inside, 2000] }),
    new Thread({ target: rounds, args: [y, x, inside, 2000] }),
  ];
  expect(runAll(threads)).toEqual([1, 1]);
  expect([x.locked(), y.locked(), inside.value]).toEqual([false, false, 0]);
});

test('004-P14: to take a smaller lock inside is a violation, and the outer one is given back', () => {
  const locks = [new Lock(), new Lock()];
  expect(runAll([new Thread({ target: violate, args: [locks] })])).toEqual(['RuntimeError: Lock Order Violation']);
  expect(locks.map((lock) => lock.locked())).toEqual([false, false]);
});
