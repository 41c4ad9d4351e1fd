import { AsyncLocalStorage } from 'node:async_hooks';
import { Pool } from 'nogil';
import { describe, expect, test } from 'vitest';

const double = (x: number) => x * 2;
const fail = () => {
  throw new Error('no');
};

describe('AsyncLocalStorage', () => {
  test('is that of whoever gave a handler of a result, before it came or after', async () => {
    using pool = new Pool(1);
    const storage = new AsyncLocalStorage<string>();
    const result = pool.applyAsync(double, [1]);
    const failing = pool.applyAsync(fail);
    const seen: unknown[] = [];
    const look = () => seen.push(storage.getStore());
    const going = [
      storage.run('a', () => result.then(look)),
      storage.run('b', () => failing.catch(look)),
      storage.run('c', () => result.finally(look)),
      result.then(look),
    ];
    await Promise.all(going);
    await storage.run('d', () => result.then(look));
    expect(seen.sort()).toEqual(['a', 'b', 'c', 'd', undefined]);
  });

  test('is that of the call in its callbacks, whoever takes the result in', async () => {
    using pool = new Pool(1);
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = () => void seen.push(storage.getStore());
    const results = [
      storage.run('a', () => pool.applyAsync(double, [1], { callback: look })),
      storage.run('b', () => pool.applyAsync(fail, [], { errorCallback: look })),
      storage.run('c', () => pool.mapAsync(double, [1], 1, { progress: look, callback: look })),
    ];
    for (const result of results) storage.run('other', () => result.wait());
    storage.run('other', () => results.map((result) => result.ready()));
    expect(seen.sort()).toEqual(['a', 'b', 'c', 'c']);
  });

  test('a callback that is no function is refused', () => {
    using pool = new Pool(1);
    expect(() => pool.applyAsync(double, [1], { callback: 3 as never })).toThrow('callback must be a function, got number');
  });
});
