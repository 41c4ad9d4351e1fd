/**
 * Bytes that make no sense: the core and the codec give right results or a HeapCorruptError, and always come
 * to an end. A sample of what `npm run fuzz` does, and all that it ever found.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Case, modes } from './cases.ts';
import { hunt, tryCase } from './hunt.ts';

const corpus = new URL('corpus/', import.meta.url);

describe('words and bytes that were written over', () => {
  test.each(modes)('%s: are refused, and nothing else comes of it', { timeout: 120_000 }, async (mode) => {
    const { cases, refused, findings } = await hunt(mode, 0, 2500);
    expect(findings).toEqual([]);
    // Most are harmless: a wrong number, or a word that nobody reads.
    expect(refused).toBeGreaterThan(cases / 20);
  });
});

describe('what was found once', () => {
  test.each(readdirSync(corpus))('%s', { timeout: 60_000 }, async (name) => {
    const { was: _, ...each } = JSON.parse(readFileSync(new URL(name, corpus), 'utf8')) as Case & { was: string };
    expect(await tryCase(each)).toBeUndefined();
  });
});
