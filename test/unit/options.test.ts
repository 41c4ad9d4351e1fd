import {
  acquireAll,
  configure,
  Event,
  Lock,
  Manager,
  Pool,
  Process,
  Queue,
  RLock,
  RuntimeError,
  Array as SharedArray,
  scheduler,
  sleepAsync,
  Thread,
  Value,
} from 'nogil';
import { afterAll, describe, expect, test } from 'vitest';

const pool = new Pool(1);
afterAll(() => pool.terminate());
const id = (x: unknown) => x;
// biome-ignore lint/suspicious/noExplicitAny: what the types forbid is what is tried.
const wrong = (options: object): any => options;

describe('an option that there is none of', () => {
  test.each<[string, string, () => unknown]>([
    ['args', 'arg', () => new Thread(wrong({ target: id, arg: [1] }))],
    ['daemon', 'deamon', () => new Process(wrong({ target: id, deamon: true }))],
    ['onOwnerDeath', 'onOwnerdeath', () => new Lock(wrong({ onOwnerdeath: 'release' }))],
    ['onOwnerDeath', 'ownerDeath', () => new RLock(wrong({ ownerDeath: 'release' }))],
    ['lock', 'lokc', () => new Value('i', 0, wrong({ lokc: false }))],
    ['lock', 'locks', () => new SharedArray('i', 1, wrong({ locks: false }))],
    ['timeout', 'timeuot', () => acquireAll(new Lock(), wrong({ timeuot: 1 }))],
    ['initializer', 'initialiser', () => new Pool(1, wrong({ initialiser: id }))],
    ['maxtasksperchild', 'maxTasksPerChild', () => new Pool(1, wrong({ maxTasksPerChild: 1 }))],
    ['errorCallback', 'error_callback', () => pool.applyAsync(id, [1], wrong({ error_callback: id }))],
    ['chunksize', 'chunkSize', () => pool.map(id, [1], wrong({ chunkSize: 1 }))],
    ['chunksize', 'chunkSize', () => pool.imap(id, [1], wrong({ chunkSize: 1 }))],
    ['exposed', 'expose', () => Manager().register('Kind', class {}, wrong({ expose: [] }))],
    ['maximumBytes', 'maxBytes', () => configure(wrong({ maxBytes: 2 ** 22 }))],
  ])('is a TypeError that names the nearest, %s', (meant, written, call) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`no option '${written}': did you mean '${meant}'?`);
  });

  test('is one of the async calls, too', async () => {
    const options = wrong({ singal: AbortSignal.abort() });
    using queue = new Queue();
    using event = new Event();
    for (const call of [queue.getAsync(1, options), event.waitAsync(1, options), sleepAsync(0, options)])
      await expect(call).rejects.toThrow("no option 'singal': did you mean 'signal'?");
  });
});

describe('arguments that are no array', () => {
  test('are refused wherever a function is called with some, and nothing is taken out of them', () => {
    using queue = new Queue<number>();
    queue.put(1);
    for (const args of [queue, 'abc', new Set([1]), 5, null]) {
      for (const call of [
        () => pool.applyAsync(id, wrong(args as object)),
        () => pool.apply(id, wrong(args as object)),
        () => pool.starmap(id, wrong([[1], args])),
        () => pool.starmapAsync(id, wrong([args])),
        () => new Thread({ target: id, args: wrong(args as object) }),
        () => new Process({ target: id, args: wrong(args as object) }),
        () => new Pool(1, { initializer: id, initargs: wrong(args as object) }),
        () => scheduler().enter(0, 0, id, wrong(args as object)),
      ]) {
        expect(call).toThrow(TypeError);
        expect(call).toThrow(/must be an array, got .*; for one argument write \[x\]/);
      }
    }
    expect(queue.qsize()).toBe(1);
    expect(pool.apply(id, [1])).toBe(1);
  });
});

test('configure is too late once the heap is there', () => {
  expect(() => configure({ maximumBytes: 2 ** 22 })).toThrow(RuntimeError);
});
