import { Event, heap, sleep, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { LONG, resultsOf, startAll, startProcess } from '../sync/support.ts';
import { isWhole, nameOf, readNames, rename, renameForEver } from './names.workers.ts';

describe('the name of a worker', () => {
  test('is read whole while others change it: 200 000 times', { timeout: 120_000 }, () => {
    using thread = new Thread({ name: nameOf(1) });
    using over = new Event();
    const writers = startAll(rename, [thread, over, 0], [thread, over, 7]);
    const readers = startAll(readNames, [thread, 100_000], [thread, 100_000]);
    expect(resultsOf(readers)).toEqual([[], []]);
    over.set();
    for (const renamed of resultsOf(writers)) expect(renamed).toBeGreaterThan(100);
  });

  test('can be read and changed after somebody was killed in the midst of it, and costs one block', { timeout: 120_000 }, () => {
    using thread = new Thread({ name: nameOf(1) });
    const round = (i: number) => {
      using ready = new Event();
      const process = startProcess(renameForEver, thread, ready);
      expect(ready.wait(LONG)).toBe(true);
      sleep(0.001 * i);
      process.kill();
      expect(process.join(LONG)).toBe(true);
      process.close();
      expect(isWhole(thread.name)).toBe(true);
      thread.name = nameOf(i);
      expect(thread.name).toBe(nameOf(i));
    };
    round(0);
    const { bytesInUse } = heap.stats();
    const rounds = 12;
    for (let i = 1; i <= rounds; i++) round(i);
    thread.name = nameOf(0);
    // Who dies between taking a block and naming it loses that one.
    expect(heap.stats().bytesInUse).toBeLessThanOrEqual(bytesInUse + (rounds + 1) * 512);
  });
});
