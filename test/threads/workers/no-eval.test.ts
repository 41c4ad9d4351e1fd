/** Where no code may be made of strings, objects are built another way. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '../../support/programs.ts';

const dist = new URL('../../../dist/index.js', import.meta.url).href;

const program = `
  import { Dict, main, Pool, Queue, Thread } from ${JSON.stringify(dist)};
  export function send(queue) {
    for (let i = 0; i < 100; i++) queue.put({ id: i, inner: { name: 'name ' + i, '__proto__x': [i] }, 7: null });
    queue.putMany(Array.from({ length: 100 }, (_, i) => ({ id: i, text: 'more than a few letters ' + i })));
  }
  export const half = ({ x, y }) => ({ x: x / 2, y });
  main(import.meta, () => {
    let compiled = true;
    try { new Function(''); } catch { compiled = false; }
    const queue = new Queue();
    const thread = new Thread({ target: send, args: [queue] });
    thread.start();
    thread.join();
    const got = [];
    while (!queue.empty()) got.push(...queue.getMany());
    const shape = (each) => JSON.stringify(each).replace(/\\d+/g, '#');
    const pool = new Pool(1);
    const halves = pool.map(half, Array.from({ length: 50 }, (_, i) => ({ x: i, y: 'y' })));
    pool.terminate();
    const dict = new Dict();
    for (let i = 0; i < 20; i++) dict.set(i, { of: i });
    console.log(JSON.stringify([compiled, got.length, [...new Set(got.map(shape))], halves.every(({ x, y }, i) => x === i / 2 && y === 'y'), dict.get(19).of]));
  });
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nogil-'));
  await writeFile(join(folder, 'program.mjs'), program);
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  [[], true],
  [['--disallow-code-generation-from-strings'], false],
])('node %j: objects arrive whole', async (flags, compiled) => {
  const { code, lines, errors } = await launch(join(folder, 'program.mjs'), flags).ending;
  expect([code, errors]).toEqual([0, '']);
  expect(JSON.parse(lines[0] ?? '')).toEqual([
    compiled,
    200,
    ['{"#":null,"id":#,"inner":{"name":"name #","__proto__x":[#]}}', '{"id":#,"text":"more than a few letters #"}'],
    true,
    19,
  ]);
});
