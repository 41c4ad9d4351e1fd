import * as nogil from 'nogil';
import * as mp from 'nogil/multiprocessing';
import {
  freezeSupport,
  getAllStartMethods,
  getContext,
  getStartMethod,
  RuntimeError,
  setStartMethod,
  ValueError,
} from 'nogil/multiprocessing';
import { afterEach, describe, expect, test } from 'vitest';
import { spawns } from '../../support/mode.ts';
import { LONG } from '../../threads/sync/support.ts';
import { pid, whoAmI } from './context.workers.ts';

/** Of users, 'worker'. */
const DEFAULT = spawns ? 'spawn' : 'worker';
const anything = (method: unknown) => method as 'worker';
afterEach(() => setStartMethod(null, true));

describe('the start method', () => {
  test('is a default until it is set', () => {
    expect(getAllStartMethods()[0]).toBe('worker');
    expect(getStartMethod(true)).toBeUndefined();
    expect(getStartMethod()).toBe(DEFAULT);
    expect(getStartMethod(true)).toBe(DEFAULT);
  });

  test('can be set once, and again by force', () => {
    setStartMethod('worker');
    expect(getStartMethod(true)).toBe('worker');
    expect(() => setStartMethod('worker')).toThrow(new RuntimeError('context has already been set'));
    setStartMethod('worker', true);
    expect(getStartMethod(true)).toBe('worker');
    setStartMethod(null, true);
    expect(getStartMethod(true)).toBeUndefined();
    setStartMethod('worker');
  });

  test.each([
    ['getStartMethod', () => getStartMethod()],
    ['getContext', () => getContext()],
  ])('is fixed when %s asks for it', (_name, ask) => {
    ask();
    expect(() => setStartMethod('worker')).toThrow(RuntimeError);
  });

  test('is not fixed by a context that is named', () => {
    getContext('worker');
    setStartMethod('worker');
  });

  test.each([
    ['fork', /cannot be copied/],
    ['forkserver', /cannot be copied/],
    ['x', /cannot find context for 'x'; the start methods are worker(, spawn)?$/],
    ['', /cannot find context/],
    ['toString', /cannot find context for 'toString';/],
  ])('%s is a ValueError that says why', (method, why) => {
    for (const call of [() => setStartMethod(anything(method)), () => getContext(anything(method))]) {
      expect(call).toThrow(ValueError);
      expect(call).toThrow(why);
    }
    expect(getStartMethod(true)).toBeUndefined();
  });

  test('is a string', () => {
    for (const method of [5, {}, null, undefined]) expect(() => setStartMethod(anything(method))).toThrow(TypeError);
    expect(() => getContext(anything(5))).toThrow(TypeError);
    expect(getStartMethod(true)).toBeUndefined();
  });

  test('that is wrong is found after one that is set', () => {
    setStartMethod('worker');
    expect(() => setStartMethod(anything('x'))).toThrow(RuntimeError);
    expect(() => setStartMethod(anything('x'), true)).toThrow(ValueError);
  });
});

describe('a context', () => {
  test('is the same for everybody who asks', () => {
    const context = getContext(DEFAULT);
    expect(getContext()).toBe(context);
    expect(context.getContext()).toBe(context);
    expect(context.getContext(DEFAULT)).toBe(context);
    expect(nogil.getContext()).toBe(context);
    expect(() => context.getContext(anything('fork'))).toThrow(ValueError);
  });

  test('has the classes and functions of the module', () => {
    const context = getContext() as unknown as Record<string, unknown>;
    const module = mp as unknown as Record<string, unknown>;
    const isError = (name: string) => (module[name] as { prototype?: unknown }).prototype instanceof Error;
    const made = ['getContext', 'getStartMethod', 'setStartMethod', 'Connection'];
    // What only Pool, Manager and queues make.
    made.push('Lease', 'Slot', 'AsyncResult', 'PoolIterator', 'ManagerObject', 'Dict', 'List', 'Namespace');
    const names = Object.keys(module).filter((name) => !isError(name) && !made.includes(name));
    expect(names.length).toBeGreaterThan(20);
    // Its Pool may be called, too.
    for (const name of names) if (name !== 'Pool') expect([name, context[name]]).toEqual([name, module[name]]);
    expect(context.Pool).not.toBe(mp.Pool);
  });

  test('knows its method, and cannot change it', () => {
    const context = getContext('worker');
    expect(context.getStartMethod()).toBe('worker');
    expect(context.getAllStartMethods()).toEqual(getAllStartMethods());
    expect(() => context.setStartMethod('worker')).toThrow(new ValueError('cannot set start method of concrete context'));
    expect(() => {
      (context as { Process: unknown }).Process = 1;
    }).toThrow(TypeError);
  });

  test('starts processes', () => {
    const context = getContext('worker');
    const queue = new context.Queue<string>();
    const [r, w] = context.Pipe(false);
    const process = new context.Process({ target: whoAmI, args: [queue, w], name: 'in context' });
    process.start();
    w.close();
    expect(queue.get(true, LONG)).toBe('in context');
    expect(r.recv()).toBe(process.pid);
    process.join(LONG);
    expect(process.exitcode).toBe(0);
    queue.close();
    r.close();
  });
});

test('its Pool may be called as in Python, or derived from', () => {
  const { Pool } = getContext('worker');
  class Own extends Pool {}
  for (const make of [() => Pool(1), () => new Pool(1), () => new Own({ max: 1 })]) {
    using pool = make();
    expect(pool).toBeInstanceOf(mp.Pool);
    expect(pool).toBeInstanceOf(Pool);
    expect(pool.apply(pid)).toBeGreaterThan(0);
  }
});

test('freezeSupport does nothing', () => {
  expect(freezeSupport()).toBeUndefined();
  expect(getContext('worker').freezeSupport()).toBeUndefined();
});
