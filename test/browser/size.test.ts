/**
 * What a page has to fetch: `node scripts/size.mjs` prints it.
 */
import { expect, test } from 'vitest';

interface Sizes {
  limit: number;
  cases: { names: string[]; bytes: number; unasked: string[] }[];
}

const script = new URL('../../scripts/size.mjs', import.meta.url).href;
const { limit, cases } = (await (await import(/* @vite-ignore */ script)).sizes()) as Sizes;

test('a queue and processes are less than 50.8 KB, minified and gzipped', () => {
  expect(cases[0]?.names).toEqual(['Queue', 'Process']);
  expect(limit).toBeLessThanOrEqual(50_800);
  expect(cases[0]?.bytes).toBeLessThan(limit);
});

test.each(cases)('who imports $names gets nothing that it does not use', ({ bytes, unasked }) => {
  expect(unasked).toEqual([]);
  expect(bytes).toBeLessThan(limit);
});
