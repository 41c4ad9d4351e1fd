import { LifoQueue, PriorityQueue, Process, type Queue, RawValue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { drain, heldWithoutWorkers, killSometime, LONG, until, untilGivenBack } from '../death/queue-support.ts';
import { churn, firstOf, isWhole, type Token, token } from './disciplines.workers.ts';

/**
 * Bytes that a death may cost at most for each item in its hands: the item, its key, a piece of the array.
 */
const SCRAP = 40_960;

const classes: [string, new () => Queue<Token>][] = [
  ['LifoQueue', LifoQueue],
  ['PriorityQueue', PriorityQueue],
];

describe.each(classes)('killing a worker inside of put or get of a %s', { timeout: 120_000 }, (name, Queue) => {
  test.each([
    [1, 2000, 8],
    [1, 3, 8],
    [4, 300, 8],
  ])('loses at most the %i in its hands, of %i items, doubles none, and the others go on', (batch, count, most) => {
    const rounds = tries(most);
    const before = heldWithoutWorkers().bytesInUse;
    const queue = new Queue();
    const mine = new RawValue('i', 0);
    const other = new RawValue('i', 0);
    const start = (turn: RawValue<'i'>) => {
      turn.value = 0;
      const worker = new Process({ target: churn, args: [queue, turn, batch] });
      worker.start();
      return worker as unknown as Process<never>;
    };
    for (let round = 0; round < rounds; round++) {
      for (let number = 0; queue.qsize() < count; number++) queue.put(token(round, number, 1000));
      const [victim, bystander] = [start(mine), start(other)];
      until(() => mine.value > (round * 13) % 30 && other.value > 0, 'both take and put');
      killSometime(victim);
      const seen = other.value;
      until(() => other.value > seen + 5, 'the bystander goes on');
      killSometime(bystander);
      for (const worker of [victim, bystander]) worker.close();
      expect(queue.qsize()).toBeGreaterThanOrEqual(count - 2 * batch);
      expect(queue.qsize()).toBeLessThanOrEqual(count);
    }
    const left = drain(queue);
    expect(left.every(isWhole)).toBe(true);
    expect(new Set(left.map(({ from, number }) => `${from}:${number}`)).size).toBe(left.length);
    if (name === 'PriorityQueue') {
      const firsts = left.map(firstOf);
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    }
    queue.put(token(99, 1));
    expect(isWhole(queue.get(true, LONG))).toBe(true);
    queue.close();
    for (const turn of [mine, other]) turn.close();
    untilGivenBack(before, rounds * 2 * batch * SCRAP);
  });
});
