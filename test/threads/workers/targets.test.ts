import {
  AssertionError,
  Lock,
  MaybeEncodingError,
  Process,
  Queue,
  type RunnableOptions,
  RuntimeError,
  Thread,
  TimeoutError,
  task,
  ValueError,
} from 'nogil';
import { describe, expect, test } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { programsOf } from '../../support/programs.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG } from '../../support/until.ts';
import { add, change, failing, later, look, nameless, unsendable, withOptions } from './targets.workers.ts';

const { run } = programsOf('threads/workers');

const module = compiled('threads/workers/targets');

describe.each([
  ['Thread', Thread],
  ['Process', Process as unknown as typeof Thread],
])('the target of a %s', (_, Kind) => {
  // biome-ignore lint/suspicious/noExplicitAny: as for the package, any function is a target.
  const resultOf = <F extends (...args: any[]) => unknown>(options: RunnableOptions<F>) => {
    const worker = new Kind<F>(options);
    worker.start();
    return worker.result(LONG);
  };

  test('may be a function marked with task, with a name of its own or given', () => {
    expect(resultOf({ target: add, args: [2, 3] })).toBe(5);
    expect(resultOf({ target: nameless, args: ['hey'] })).toBe('hey!');
  });

  test('may be a URL: of a default export, or with the name of an export or of a mark', () => {
    expect(resultOf({ target: module, args: ['you'] })).toBe('hello you of the default export');
    expect(resultOf({ target: new URL('#plainExport', module), args: ['you'] })).toBe('hello you of plainExport');
    expect(resultOf({ target: new URL('#called%20otherwise', module), args: ['hey'] })).toBe('hey!');
  });

  test('may be any function that uses only what it is given, sent by its source', () => {
    expect(resultOf({ target: (x: number) => x * x, args: [7] })).toBe(49);
    expect(resultOf({ target: async (x: number) => x + 1, args: [1] })).toBe(2);
    const object = {
      method(this: unknown, x: number) {
        return [x, this === undefined];
      },
    };
    expect(resultOf({ target: object.method, args: [4] })).toEqual([4, true]);
    expect(
      resultOf({
        target: function recursive(n: number): number {
          return n < 2 ? 1 : n * recursive(n - 1);
        },
        args: [5],
      }),
    ).toBe(120);
  });

  test('may be async: the worker ends when its promise does', () => {
    expect(resultOf({ target: later, args: ['done'] })).toBe('done later');
  });

  test('may be missing: then nothing is done', () => {
    expect(resultOf({})).toBeUndefined();
  });

  test('gets keyword arguments as its last one', () => {
    expect(resultOf({ target: withOptions, args: ['a', { times: 2 }] })).toBe('a,a');
    expect(resultOf({ target: withOptions as never, args: ['b'] as never, kwargs: { times: 3, sep: '-' } })).toBe('b-b-b');
    expect(resultOf({ target: look, kwargs: { only: 1 } })).toEqual(['Object {"only":1}']);
  });

  test('gets copies of its arguments, and live handles', () => {
    const list = [1, 2];
    using queue = new Queue<number>();
    using lock = new Lock();
    resultOf({ target: change, args: [list, queue, lock] });
    expect(list).toEqual([1, 2]);
    expect(queue.getNowait()).toBe(3);
    const values = [null, undefined, 5n, new Date(0), new Map([[1, 2]]), [1, [2]], 'text'];
    expect(resultOf({ target: look, args: values })).toEqual(
      values.map((arg) =>
        typeof arg === 'object' && arg !== null ? `${arg.constructor.name} ${JSON.stringify(arg)}` : String(arg),
      ),
    );
  });

  test('gets its arguments as they are when it starts', () => {
    const list = [1];
    const worker = new Kind({ target: look, args: [list] });
    list.push(2);
    worker.start();
    list.push(3);
    expect(worker.result(LONG)).toEqual(['Array [1,2]']);
  });

  test('cannot get what cannot be sent: start says so, and may be called again', () => {
    const args: unknown[] = [{ job: () => 1 }];
    const worker = new Kind({ target: look, args });
    const error = thrownBy(() => worker.start());
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/cannot send a function \(at .*job\)/);
    expect(worker.isAlive()).toBe(false);
    expect(worker.ident).toBeUndefined();
    args[0] = 1;
    worker.start();
    expect(worker.result(LONG)).toEqual(['1']);
  });

  test('must be a function with a source, or a URL', () => {
    for (const target of [5, 'add', {}, null]) expect(() => new Kind({ target: target as never })).toThrow(TypeError);
    expect(() => new Kind({ target: add.bind(null, 1) as never })).toThrow(/bound or built-in/);
    expect(() => new Kind({ target: Math.max })).toThrow(/bound or built-in/);
    expect(() => new Kind({ target: add, args: 5 as never })).toThrow('args must be an array');
    expect(() => new Kind({ target: add, kwargs: 5 as never })).toThrow('kwargs must be an object');
    expect(() => new Kind(add as never)).toThrow(TypeError);
  });

  test('that is not found says what was tried', () => {
    const missing = new Kind({ target: new URL('#missing', module) });
    missing.start();
    missing.join(LONG);
    expect(missing.exception).toBeInstanceOf(RuntimeError);
    expect(String(missing.exception)).toContain(module.href);
    expect(String(missing.exception)).toMatch(
      /neither marks 'missing' with task\(import\.meta, \.\.\.\).* nor exports a function of that name/,
    );
    expect(() => resultOf({ target: new URL('#notAFunction', module) })).toThrow("neither marks 'notAFunction'");
    expect(() => resultOf({ target: new URL('./no-such-module.js', module) })).toThrow(/no-such-module/);
  });

  test('that was sent by its source and uses an outer name says how to do it', () => {
    const outer = 5;
    const worker = new Kind({ target: () => outer + 1 });
    worker.start();
    worker.join(LONG);
    expect(worker.exception).toBeInstanceOf(RuntimeError);
    const { message, cause } = worker.exception as Error;
    expect(message).toContain('outer is not defined');
    for (const advice of [
      'sent as source',
      'not marked with task(import.meta',
      'not exported by a main module',
      'not a URL',
      'as arguments',
    ])
      expect(message).toContain(advice);
    expect(cause).toBeInstanceOf(ReferenceError);
  });

  test('that returns what cannot be sent ends in MaybeEncodingError', () => {
    const error = thrownBy(() => resultOf({ target: unsendable }));
    expect(error).toBeInstanceOf(MaybeEncodingError);
    expect((error as Error).message).toMatch(/the result cannot be sent: cannot send a function \(at \.callback\)/);
  });

  test('that throws has its error rethrown by result, with class, fields and where it happened', async () => {
    const errorOf = async (kind: string) => {
      const worker = new Kind({ target: failing, args: [kind] });
      worker.start();
      const error = await worker.resultAsync(LONG).catch((error: unknown) => error);
      expect(thrownBy(() => worker.result())).toEqual(error);
      expect(worker.exception).toEqual(error);
      return error as Error & { code: number };
    };
    const ofPackage = await errorOf('package');
    expect(ofPackage).toBeInstanceOf(AssertionError);
    expect(ofPackage.message).toBe('of the package');
    expect(ofPackage.stack).toContain('targets.workers.js');
    expect((ofPackage.cause as Error).name).toBe('RemoteTraceback');
    expect((ofPackage.cause as Error).stack).toContain('AssertionError: of the package');
    expect((ofPackage.cause as Error).stack).toContain('targets.workers.js');
    expect(await errorOf('builtin')).toBeInstanceOf(RangeError);
    expect(await errorOf('custom')).toMatchObject({ message: 'with fields', code: 42, details: { list: [1, 2] } });
    const caused = await errorOf('cause');
    expect(caused).toBeInstanceOf(TypeError);
    expect(caused.cause).toBeInstanceOf(RangeError);
    expect((caused.cause as Error).message).toBe('inner');
    expect(await errorOf('later')).toMatchObject({ message: 'outside of the target' });
    expect(await errorOf('rejection')).toMatchObject({ message: 'nobody caught it' });
    const unsent = await errorOf('unsendable');
    expect(unsent).toBeInstanceOf(MaybeEncodingError);
    expect(unsent.message).toContain('with a function');
  });

  test('may throw what is no error', () => {
    expect(thrownBy(() => resultOf({ target: failing, args: ['value'] }))).toEqual({ a: 'plain object' });
    const worker = new Kind({ target: failing, args: ['nothing'] });
    worker.start();
    expect(worker.join(LONG)).toBe(true);
    expect(thrownBy(() => worker.result())).toBeUndefined();
  });

  test('has no result before it has ended, and none ever if there is none in time', async () => {
    using queue = new Queue<number>();
    const worker = new Kind({ target: (queue: Queue<number>) => queue.get(), args: [queue] });
    worker.start();
    expect(worker.exception).toBeUndefined();
    expect(() => worker.result(0.01)).toThrow(TimeoutError);
    await expect(worker.resultAsync(0.01)).rejects.toThrow(TimeoutError);
    await expect(worker.resultAsync(5, { signal: AbortSignal.abort('why') })).rejects.toBe('why');
    queue.put(3);
    expect(worker.result(LONG)).toBe(3);
    expect(worker.result()).toBe(3);
    expect(await worker.resultAsync()).toBe(3);
    expect(worker.exception).toBeUndefined();
  });
});

test('marks are checked: a name that is given is taken once in a module, and one needs none', () => {
  const here = import.meta;
  const nameless = [() => 1, () => 2].map((fn) => task(here, fn));
  expect(nameless.map((fn) => fn())).toEqual([1, 2]);
  const marked = task(here, 'one', () => 1);
  expect(marked()).toBe(1);
  expect(() => task(here, 'one', () => 2)).toThrow(ValueError);
  for (const meta of [undefined, null, 3, 'file:///program.mjs'])
    expect(() => task(meta as never, 'two', () => 2)).toThrow(/must be import\.meta/);
  expect(() => task(here, 'three', 3 as never)).toThrow(TypeError);
});

test("Node's calls tell where a mark is for which a bundler to CommonJS has left no import.meta", () => {
  expect(task({} as ImportMeta, 'two', () => 2)()).toBe(2);
});

test('a function that the main module exports is a target by its name, as function, default, arrow, async and class', async () => {
  const { code, lines, errors } = await run('exported');
  expect(errors).toContain('Exception in thread Thread-1 (hidden):\nRuntimeError: secret is not defined');
  expect(errors).toContain('is not what the main module');
  expect(code).toBe(0);
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    declared: ['declared', 'secret of the module', false],
    arrow: ['arrow', 'secret of the module'],
    asynchronous: ['asynchronous', 'secret of the module'],
    byDefault: ['byDefault', 'secret of the module'],
    thread: { ran: 'Greeter', greeting: 'hello Bob', sameClass: true },
    process: { ran: 'Greeter', greeting: 'hello Eve', sameClass: true },
    hidden: 'RuntimeError: secret is not defined: hidden was sent as source',
  });
  expect(lines.filter((line) => line === 'main runs')).toHaveLength(1);
});
