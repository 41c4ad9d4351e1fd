import { type Condition, type Queue, type RawValue, type Semaphore, task } from 'nogil';

/** Waits once, and says when it was notified, or not. */
export const await1 = task(
  import.meta,
  function await1(index: number, condition: Condition, back: Queue<[number, boolean]>, timeout?: number): void {
    condition.acquire();
    const notified = condition.wait(timeout);
    back.put([index, notified]);
    condition.release();
  },
);

/** The same in its event loop; `waiting` says when it does. */
export const await1Async = task(
  import.meta,
  async function await1Async(
    index: number,
    condition: Condition,
    waiting: Semaphore,
    back: Queue<[number, boolean]>,
  ): Promise<void> {
    await condition.acquireAsync();
    const answer = condition.waitAsync();
    waiting.release();
    const notified = await answer;
    back.put([index, notified]);
    condition.release();
  },
);

/**
 * Waits again and again, each time when it is allowed to, until it is over. Answers how often it was
 * notified.
 */
export const rounds = task(
  import.meta,
  function rounds(_index: number, condition: Condition, woken: RawValue<'i'>, again: Semaphore, over: RawValue<'i'>): number {
    let notified = 0;
    for (;;) {
      again.acquire();
      condition.acquire();
      if (over.value) {
        condition.release();
        return notified;
      }
      if (!condition.wait()) throw new Error('woken for nothing');
      notified++;
      woken.value += 1;
      condition.release();
    }
  },
);

/** One end of a buffer of one place: Python's textbook example of two conditions over one lock. */
export const produce = task(
  import.meta,
  function produce(_index: number, empty: Condition, full: Condition, place: RawValue<'i'>, items: number): number {
    let sum = 0;
    for (let i = 1; i <= items; i++) {
      empty.with(() => {
        empty.waitFor(() => place.value === 0);
        place.value = i;
        full.notify();
      });
      sum += i;
    }
    return sum;
  },
);

export const consume = task(
  import.meta,
  function consume(_index: number, empty: Condition, full: Condition, place: RawValue<'i'>, items: number): number {
    let sum = 0;
    for (let i = 0; i < items; i++) {
      full.with(() => {
        full.waitFor(() => place.value !== 0);
        sum += place.value;
        place.value = 0;
        empty.notify();
      });
    }
    return sum;
  },
);

/**
 * Waits with timeouts so short that they often win against the notify, and keeps count of waits that are not
 * over and of those that succeeded.
 */
export const impatient = task(
  import.meta,
  function impatient(
    _index: number,
    condition: Condition,
    waits: RawValue<'i'>,
    served: RawValue<'i'>,
    over: RawValue<'i'>,
  ): void {
    while (!over.value) {
      condition.acquire();
      waits.value += 1;
      if (condition.wait(Math.random() * 0.001)) served.value += 1;
      waits.value -= 1;
      condition.release();
    }
  },
);

/** Takes the lock as often as it is deep, waits, and answers how deep it is afterwards. */
export const depthAfterWait = task(import.meta, function depthAfterWait(condition: Condition, depth: number): number {
  for (let i = 0; i < depth; i++) condition.acquire();
  condition.wait();
  let levels = 0;
  for (; condition.locked(); levels++) {
    try {
      condition.release();
    } catch {
      break;
    }
  }
  return levels;
});
