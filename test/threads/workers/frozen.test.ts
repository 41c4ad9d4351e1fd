/**
 * Programs whose intrinsics are frozen: by Node's flag, and by what SES's lockdown() does.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch } from '../../support/programs.ts';

const dist = new URL('../../../dist/index.js', import.meta.url).href;

const program = `
  import { Condition, Dict, Empty, main, Manager, Pipe, Pool, PriorityQueue, Process, Queue, Thread, Value, Lock, heap } from ${JSON.stringify(dist)};
  export class Counter { n = 0; add(k) { this.n += k; return this.n; } }
  export class Own extends Thread { run() { return 'own'; } }
  export function work(queue, lock, value) {
    lock.with(() => value.add(1));
    queue.put({ map: new Map([[1, 2]]), error: new TypeError('sent', { cause: new RangeError('why') }) });
  }
  export function fail() { throw new Empty('thrown'); }
  const say = (...each) => console.log(JSON.stringify(each));
  await main(import.meta, async () => {
    const [queue, lock, value] = [new Queue(), new Lock(), new Value('i', 0)];
    for (const Class of [Thread, Process]) {
      const worker = new Class({ target: work, args: [queue, lock, value] });
      worker.start();
      worker.join();
    }
    const { map, error } = await queue.getAsync();
    say(map.get(1), error instanceof TypeError, error.message, error.cause.message, value.value);
    const pool = new Pool(1);
    say(pool.map((x) => x * 2, [1, 2, 3]), await pool.applyAsync((x) => x, [7]));
    try { pool.apply(fail); } catch (caught) { say(caught instanceof Empty, caught.name, caught.message); }
    pool.terminate();
    const own = new Own();
    own.start();
    say(own.result());
    const manager = Manager();
    manager.register('Counter', Counter);
    const [dict, counter] = [manager.dict({ a: 1 }), manager.Counter()];
    dict.b = [1, 'x', null];
    say(dict, counter.add(2), counter.add(3));
    manager.shutdown();
    const [left, right] = Pipe();
    left.send({ nested: [new Date(0)] });
    say(right.recv());
    const sorted = new PriorityQueue();
    sorted.putMany([[2, 'b'], [1, 'a']]);
    say(sorted.getMany());
    try { queue.get(false); queue.get(false); } catch (caught) { say(caught.name); }
    const condition = new Condition();
    say(await condition.withAsync(() => condition.waitForAsync(() => true)));
    heap.tidy(() => new Lock());
    for (let i = 0; i < 10100; i++) new Lock();
  });
`;

const expected = [
  [2, true, 'sent', 'why', 2],
  [[2, 4, 6], 7],
  [true, 'Empty', 'thrown'],
  ['own'],
  [{ a: 1, b: [1, 'x', null] }, 2, 5],
  [{ nested: ['1970-01-01T00:00:00.000Z'] }],
  [
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  ['Empty'],
  [true],
];

/** Freezes all that is reachable from the language's own globals. */
const lockdown = `
  const names = Reflect.ownKeys(globalThis).filter((name) => /^(Object|Function|Array|String|Number|Boolean|Symbol|BigInt|Math|JSON|Reflect|Proxy|Promise|Map|Set|WeakMap|WeakSet|WeakRef|FinalizationRegistry|Date|RegExp|.*Error|ArrayBuffer|SharedArrayBuffer|DataView|Atomics|.*Array|Iterator|WebAssembly)$/.test(String(name)));
  const seen = new Set();
  const freeze = (value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      const found = Object.getOwnPropertyDescriptor(value, key);
      for (const part of [found.value, found.get, found.set]) freeze(part);
    }
    freeze(Object.getPrototypeOf(value));
    if (!ArrayBuffer.isView(value)) Object.freeze(value);
  };
  for (const name of names) freeze(globalThis[name]);
  for (const each of [function* () {}, async function () {}, async function* () {}]) freeze(Object.getPrototypeOf(each));
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nogil-'));
  await writeFile(join(folder, 'program.mjs'), program);
  await writeFile(join(folder, 'lockdown.mjs'), lockdown);
});
afterAll(() => rm(folder, { recursive: true }));

describe('with frozen intrinsics', () => {
  test.each([
    ['node --frozen-intrinsics', () => '--frozen-intrinsics'],
    ['a lockdown() as that of SES, in workers too', () => `--import=${pathToFileURL(join(folder, 'lockdown.mjs'))}`],
  ])('%s, a whole program runs', async (_, flag) => {
    const { code, lines, errors } = await launch(join(folder, 'program.mjs'), [flag()]).ending;
    expect([code, errors.replace(/.*(Experimental|--trace-warnings|nogil: this worker has|^ {4}at ).*\n/gm, '')]).toEqual([
      0,
      '',
    ]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
  });
});
