import { expect, test } from 'vitest';
import { toldBy } from '../../support/programs.ts';

test('whatever wants memory gets it or a MemoryError, whichever of its blocks it is that there is none for', async () => {
  const told = (await toldBy('unit/heap/last-bytes')) as { wrong: string[]; served: number; refused: number };
  expect(told.wrong).toEqual([]);
  // Of some 2700: the heap is full, and not too full.
  expect(Math.min(told.served, told.refused)).toBeGreaterThan(100);
});
