/**
 * Workers that bring the shapes of objects to the heap's table at the same time, and are killed while they do:
 * every object that arrives is whole, and what is brought is not counted as in use.
 */
import { Event, Process, Queue } from 'nogil';
import { expect, test } from 'vitest';
import { heldWithoutWorkers, killSometime, untilGivenBack } from './queue-support.ts';
import { type Order, order, sendShapes } from './shapes.workers.ts';

const ROUNDS = 12;
/** Bytes of the heap that a death may cost: a shape that was not in the table yet, and an item. */
const SCRAP = 4096;

function shapeOf(item: Order): number {
  const field = Object.keys(item).find((key) => key.startsWith('field ')) ?? '';
  return Number(field.slice('field '.length));
}

function round(first: number): Set<number> {
  const queue = new Queue<Order>(64);
  const begun = [new Event(), new Event()];
  const workers = begun.map((event, i) => new Process({ target: sendShapes, args: [queue, first + 3 * i, event] }));
  for (const worker of workers) worker.start();
  const seen = new Set<number>();
  const take = (item: Order) => {
    const shape = shapeOf(item);
    seen.add(shape);
    expect(item).toEqual(order(shape, item.id as number));
  };
  for (let i = 0; i < 3000; i++) take(queue.get());
  for (const worker of workers) killSometime(worker);
  while (!queue.empty()) take(queue.get());
  for (const each of [queue, ...begun, ...workers]) each.close();
  return seen;
}

test('shapes are the same for everybody, whoever dies while bringing them', () => {
  const seen = round(0);
  const before = heldWithoutWorkers();
  for (let i = 0; i < ROUNDS; i++) for (const shape of round(i * 25)) seen.add(shape);
  expect(seen.size).toBeGreaterThan(100);
  untilGivenBack(before.bytesInUse, 2 * ROUNDS * SCRAP);
});
