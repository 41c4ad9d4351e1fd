import { type Queue, type RawValue, task } from 'nogil';

/** Small ones lie in the ring; every third has a block of its own. */
export function load(number: number): { number: number; payload: Uint8Array } {
  return { number, payload: new Uint8Array(number % 3 === 0 ? 20_000 : 40).fill(number) };
}

/** Takes items for ever and says which ones it had. */
export const take = task(import.meta, function take(queue: Queue<{ number: number }>, taken: Queue<number>, batch: number) {
  for (;;) {
    if (batch === 1) taken.put(queue.get().number);
    else for (const { number } of queue.getMany(batch)) taken.put(number);
  }
});

/** The same without blocking. */
export const takeAsync = task(import.meta, async function takeAsync(queue: Queue<{ number: number }>, taken: Queue<number>) {
  for await (const { number } of queue) taken.put(number);
});

/** Puts items for ever, from 0 on, and says in shared memory how far it came. */
export const give = task(
  import.meta,
  async function give(queue: Queue<unknown>, done: RawValue<'i'>, way: 'put' | 'putMany' | 'putAsync', hand: number) {
    for (let number = 0; ; number += way === 'putMany' ? 5 : 1) {
      const items = Array.from({ length: way === 'putMany' ? 5 : 1 }, (_, i) => ({ hand, ...load(number + i) }));
      if (way === 'put') queue.put(items[0]);
      else if (way === 'putMany') queue.putMany(items);
      else await queue.putAsync(items[0]);
      done.value = number + items.length;
    }
  },
);

/** Makes one call that has to wait. */
export const waitToPut = task(
  import.meta,
  function waitToPut(queue: Queue<unknown>, ready: Queue<number>, item: unknown, batch: boolean) {
    ready.put(1);
    if (batch) queue.putMany([item, item]);
    else queue.put(item);
  },
);

export const waitToGet = task(import.meta, async function waitToGet(queue: Queue<unknown>, ready: Queue<number>, async: boolean) {
  if (!async) {
    ready.put(1);
    return queue.get();
  }
  const got = queue.getAsync();
  ready.put(1);
  return got;
});
