import { Event, Lock, Queue, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { fill } from './turns.workers.ts';

/** How often the loop has turned, until `stop`. */
function countTurns() {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  return () => {
    clearInterval(timer);
    return turns;
  };
}

describe('the event loop has its turns', () => {
  test.each([10_000, 4])('while an async iteration goes over a queue of %i that two workers keep full', async (maxsize) => {
    const queue = new Queue<number>(maxsize);
    const stop = new Event();
    const fillers = [1, 2].map(() => new Thread({ target: fill, args: [queue, stop] as never }));
    for (const each of fillers) each.start();
    const turns = countTurns();
    const end = performance.now() + 600;
    let got = 0;
    for await (const item of queue) {
      got += item;
      if (performance.now() > end) break;
    }
    const counted = turns();
    stop.set();
    for (const each of fillers) await each.joinAsync(20);
    expect(got).toBeGreaterThan(0);
    // Every 8 ms would be 75; how fast this machine is does not matter much.
    expect(counted).toBeGreaterThan(5);
  });

  test('while nobody has to wait at all', async () => {
    const turns = countTurns();
    const [lock, event, queue] = [new Lock(), new Event(), new Queue<number>()];
    event.set();
    for (const end = performance.now() + 300; performance.now() < end; ) {
      await lock.acquireAsync();
      await event.waitAsync();
      await queue.putAsync(1);
      await queue.getAsync();
      lock.release();
    }
    expect(turns()).toBeGreaterThan(3);
  });

  test('and results come in order all the same', async () => {
    const queue = new Queue<number>();
    const got: number[] = [];
    const all = Array.from({ length: 3000 }, (_, i) => i);
    queue.putMany(all);
    const gets = all.map(() => queue.getAsync().then((item) => got.push(item)));
    for (const end = performance.now() + 30; performance.now() < end; );
    await Promise.all(gets);
    expect(got).toEqual(all);
  });
});
