/**
 * All of `assembly/` reaches the shared memory through `assembly/atomics.ts`: what does not, the models of
 * test/model/ do not see.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../../assembly/', import.meta.url);
const SEAM = 'atomics.ts';
const PAST =
  /\b(?:[iuf](?:8|16|32|64)|v128)\.(?:load|store|atomic)\w*|\b(?:load|store)\s*<|\bmemory\.\w+|\batomic\.\w+|\bchangetype\s*</g;

/** The accesses past the seam in a source: `line: what`. */
function accessesIn(source: string): string[] {
  // Comments go, their lines stay.
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));
  return [...code.matchAll(PAST)].map(({ 0: what, index }) => `${code.slice(0, index).split('\n').length}: ${what}`);
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && name !== SEAM);

test.each(files)('%s reaches the memory through the seam only', (file) => {
  expect(accessesIn(readFileSync(new URL(file, root), 'utf8'))).toEqual([]);
});

test('the seam has every kind of access, and this test finds each', () => {
  const found = accessesIn(readFileSync(new URL(SEAM, root), 'utf8')).map((access) => access.replace(/^\d+: /, ''));
  const kinds = ['i32.load', 'i32.store', 'i64.load', 'i64.store', 'f64.load', 'f64.store', 'i32.load8_u'];
  expect(found).toEqual(
    expect.arrayContaining([...kinds, 'memory.copy', 'memory.fill', 'memory.grow', 'atomic.load', 'atomic.wait']),
  );
  const text =
    '/* i32.load(p) */ x = load<i32>(p); // memory.fill\nstore<u8>(p, f64.load(p)); v128.store(p, changetype<usize>(x));';
  expect(accessesIn(text)).toEqual(['1: load<', '2: store<', '2: f64.load', '2: v128.store', '2: changetype<']);
  expect(accessesIn("load(p); object.loader(p); offsetof<Ref>('index'); loadPlain64(p)")).toEqual([]);
});
