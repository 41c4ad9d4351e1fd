import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { embeddedModule } from '../../../src/heap/embedded.ts';

const script = new URL('../../../scripts/embed.mjs', import.meta.url).href;
const { embed } = (await import(script)) as { embed(bytes: Uint8Array): string };
const core = readFileSync(new URL('../../../build/core.wasm', import.meta.url));

test('the embedded text is the core, byte for byte', () => {
  expect(Buffer.from(embeddedModule()).equals(core)).toBe(true);
});

test('the text holds any byte, and nothing that a string or a template would change', () => {
  const every = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) & 255);
  const [, text = ''] = /export const TEXT = '([^\n]*)';/.exec(embed(every)) ?? [];
  expect(text).toMatch(/^[!-~]+$/);
  expect(text).not.toMatch(/[\\'"`$]/);
  expect(text.length).toBeGreaterThan(every.length);
});
