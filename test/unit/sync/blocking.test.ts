import { type Blocking, Condition, Lock, PriorityQueue, Queue, RLock, Semaphore, scheduler, Value } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../support/thrown-by.ts';

describe('0 and 1 are as good as false and true for whether to wait', () => {
  test.each([Lock, RLock, Semaphore, Condition, mp.Lock, mp.Semaphore])('in acquire', (Class) => {
    const lock = new Class() as Lock;
    expect([lock.acquire(1), lock.acquire(1, 0.01) || lock.acquire(0)]).toEqual([
      true,
      lock instanceof RLock || lock instanceof Condition,
    ]);
    expect(new Value('i').acquire(0)).toBe(true);
  });

  test.each([Queue, PriorityQueue])('in put and get', (Class) => {
    const queue = new Class<number>(1);
    queue.put(1, 0);
    expect((thrownBy(() => queue.put(2, 0)) as Error).name).toBe('Full');
    expect((thrownBy(() => queue.put(2, 1, 0.01)) as Error).name).toBe('Full');
    expect(queue.get(0)).toBe(1);
    expect((thrownBy(() => queue.get(0)) as Error).name).toBe('Empty');
    queue.put(3, 1);
    expect(queue.get(1)).toBe(3);
  });

  test('and in a scheduler', () => {
    const plan = scheduler();
    plan.enter(100, 1, () => {});
    expect(plan.run(0 as never)).toBeGreaterThan(90);
  });

  test('anything else is refused, with a word about timeouts', () => {
    for (const wrong of [2, -1, 0.5, 'yes', null, 1n]) {
      for (const call of [() => new Lock().acquire(wrong as Blocking), () => new Queue().get(wrong as Blocking)])
        expect(String(thrownBy(call)), String(wrong)).toMatch(
          /^TypeError: block(ing)? must be a boolean, or 0 or 1, got .*; a timeout is the argument behind it$/,
        );
    }
  });
});
