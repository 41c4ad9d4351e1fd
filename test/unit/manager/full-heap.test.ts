import { expect, test } from 'vitest';
import { toldBy } from '../../support/programs.ts';

test('a dict and a list in a full heap throw MemoryError, change nothing, and work again after', async () => {
  const report = (await toldBy('unit/manager/full-heap')) as Record<string, boolean>;
  expect(Object.keys(report).length).toBe(14);
  expect(Object.entries(report).filter(([, right]) => right !== true)).toEqual([]);
});
