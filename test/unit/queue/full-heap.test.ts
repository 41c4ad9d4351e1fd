import { describe, expect, test } from 'vitest';
import { toldBy } from '../../support/programs.ts';

/** What the program saw, in a heap of its own: what small items have taken of it stays theirs. */
const report = (scene: string) => toldBy('unit/queue/full-heap', scene);

describe('when the heap is full', () => {
  test.each(['large', 'small', 'handles', 'stack', 'numbersOnAStack', 'priorities', 'longPriorities'])(
    'of %s items put throws MemoryError, nothing is lost, and everything works after',
    async (kind) => {
      const seen = Object.entries((await report(kind)) as object);
      expect(seen.length).toBeGreaterThan(5);
      expect(seen.filter(([, right]) => right !== true)).toEqual([]);
    },
  );

  test('of locks and queues, no more objects can be made, and those that are there work', async () => {
    const after = { lock: true, queue: true };
    expect(await report('objects')).toEqual({ manyLocks: true, locksWork: true, queuesWork: true, after });
  });

  test('of locks, and they are gone, it is there in one piece, with the memory of the table that named them', async () => {
    expect(await report('onePiece')).toEqual({ before: true, manyLocks: true, tooFull: true, after: true });
  });

  test('a producer that is woken for room and finds no memory passes the wake-up on', async () => {
    const seen = await toldBy('unit/queue/full-heap-woken');
    expect(seen).toEqual({ first: 'first', second: 7, large: 3, small: 2 });
  });
});
