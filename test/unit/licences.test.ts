/** Whoever copies dist/, or the part of it that pages are served, has the licences of what is in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The packages that src/ imports, and theirs. */
function packages(): Set<string> {
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    Object.keys(dependencies).forEach(add);
  };
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.includes('generated')) continue;
    const source = readFileSync(join(root, 'src', file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    for (const [, name] of source.matchAll(/^import (?!type )[^;]*? from '((?!node:|nogil)[@a-z][\w@/-]*)'/gm))
      add(name as string);
  }
  return found;
}

describe.each(['dist', 'dist/browser'])('%s', (folder) => {
  const text = readFileSync(join(root, folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8');

  test('has the licence of every package whose code is in it', () => {
    const all = [...packages(), 'assemblyscript'];
    expect(all).toEqual(expect.arrayContaining(['@assemblyscript/loader', 'cli-progress', 'string-width']));
    expect(all.filter((name) => !new RegExp(`^${name}$`, 'm').test(text))).toEqual([]);
  });

  test('has their texts, not only their names', () => {
    expect(text).toContain('Apache License');
    expect(text.match(/Permission is hereby granted, free of charge/g)?.length).toBeGreaterThan(3);
  });
});
