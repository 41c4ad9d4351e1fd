import { type Queue, type RawValue, task } from 'nogil';

/** An item that says where it comes from and whether it is whole. */
export interface Token {
  priority: number | string | [number | string, ...unknown[]];
  from: number;
  number: number;
  payload: Uint8Array;
}

/** Now and then one that has a block of its own, and a key that is longer than the first 8 bytes. */
export function token(from: number, number: number, spread = 100): Token {
  const first = (number * 7919 + from) % spread;
  const priority: Token['priority'] = number % 3 === 0 ? [first, `behind ${number}`] : first;
  return { priority, from, number, payload: new Uint8Array(number % 40 === 0 ? 20_000 : number % 50).fill(number) };
}

export function isWhole({ from, number, payload }: Token): boolean {
  const wanted = token(from, number).payload;
  return payload.length === wanted.length && payload.every((byte) => byte === (number & 255));
}

/** How the package says it compares. */
export function firstOf({ priority }: Token): number {
  return (Array.isArray(priority) ? priority[0] : priority) as number;
}

export type Way = 'one' | 'many' | 'async' | 'manyAsync';

export const fill = task(import.meta, async function fill(queue: Queue<Token>, from: number, count: number, way: Way) {
  for (let number = 0; number < count; number += 10) {
    const tokens = Array.from({ length: 10 }, (_, i) => token(from, number + i));
    if (way === 'many') queue.putMany(tokens);
    else if (way === 'manyAsync') await queue.putManyAsync(tokens);
    else if (way === 'one') for (const each of tokens) queue.put(each);
    else for (const each of tokens) await queue.putAsync(each);
  }
});

/**
 * Takes items until the queue is shut down; [from, number, first of the priority] of each, in the order in
 * which they came.
 */
export const harvest = task(import.meta, async function harvest(queue: Queue<Token>, way: Way) {
  const seen: [from: number, number: number, first: number][] = [];
  const look = (each: Token) => {
    if (!isWhole(each)) throw new Error(`item ${each.number} of ${each.from} is not whole`);
    seen.push([each.from, each.number, firstOf(each)]);
    queue.taskDone();
  };
  try {
    if (way === 'one') for (;;) look(queue.get());
    else if (way === 'many') for (;;) queue.getMany(7).forEach(look);
    else if (way === 'async') for await (const each of queue) look(each);
    else for (;;) (await queue.getManyAsync(7)).forEach(look);
  } catch (error) {
    if ((error as Error).name !== 'ShutDown') throw error;
  }
  return seen;
});

/** Takes and puts back, for ever, and counts its rounds. */
export const churn = task(import.meta, function churn(queue: Queue<Token>, rounds: RawValue<'i'>, batch: number) {
  for (;;) {
    if (batch === 1) queue.put(queue.get());
    else queue.putMany(queue.getMany(batch));
    rounds.value++;
  }
});

/** Sorts by means of the queue. */
export const sort = task(import.meta, function sort(queue: Queue<unknown>, items: unknown[]) {
  for (const item of items) queue.put(item);
  return items.map(() => queue.get());
});
