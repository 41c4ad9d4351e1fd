import { AssertionError, AttributeError, Event, heap, Manager, MaybeEncodingError, Process, ValueError, WorkerDied } from 'nogil';
import { afterAll, describe, expect, test } from 'vitest';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG, until } from '../../support/until.ts';
import { Counter, incrementBy, makeThere, Resource } from './manager.workers.ts';

const manager = Manager();
const makeCounter = manager.register('Counter', Counter);
afterAll(() => manager.shutdown());

describe('an object of a registered class', () => {
  test('is made by its name, and its methods are called through a handle', () => {
    const counter = makeCounter(10);
    const same = manager.Counter(20);
    expect([counter.increment(), counter.increment(5), same.increment(), counter.slowly(1)]).toEqual([11, 16, 21, 17]);
    expect(counter.echo({ deep: [1, new Date(5)] })).toEqual({ deep: [1, new Date(5)] });
    counter.close();
    same.close();
  });

  test('has an async twin of each method, and of its making', async () => {
    const counter = await makeCounter.async(1);
    expect(await Promise.all([counter.incrementAsync(), counter.slowlyAsync(10), counter.incrementAsync(100)])).toEqual([
      2, 12, 112,
    ]);
    expect(await Promise.resolve(counter)).toBe(counter);
    counter.close();
  });

  test('answers one call after the other: every method is atomic, also an async one', () => {
    const counter = makeCounter(0);
    const workers = [1, 2].map(() => new Process({ target: incrementBy, args: [counter, 30] }));
    for (const worker of workers) worker.start();
    for (const worker of workers) expect(worker.result(LONG)).toBeGreaterThanOrEqual(30);
    expect(counter.increment(0)).toBe(60);
    counter.close();
    for (const worker of workers) worker.close();
  });

  test('can be made where only the manager is known', () => {
    const worker = new Process({ target: makeThere, args: [manager] });
    worker.start();
    expect(worker.result(LONG)).toBe(7);
    worker.close();
  });

  test('throws errors of their class, with where they came from', async () => {
    const counter = makeCounter(0);
    const value = thrownBy(() => counter.fail('value')) as Error;
    expect([value instanceof ValueError, value.message, (value.cause as Error).message]).toEqual([
      true,
      'a value',
      'in Counter.fail()',
    ]);
    expect((value.cause as Error).stack).toContain('manager.workers');
    await expect(counter.failAsync('type')).rejects.toThrow(TypeError);
    expect(thrownBy(() => counter.fail('type'))).toMatchObject({ message: 'a type', code: 7 });
    expect(thrownBy(() => counter.give())).toBeInstanceOf(MaybeEncodingError);
    expect(thrownBy(() => counter.echo(() => 1))).toBeInstanceOf(TypeError);
    expect(counter.increment()).toBe(1);
    counter.close();
  });

  test('throws what its constructor throws', async () => {
    expect(thrownBy(() => makeCounter(-1))).toMatchObject({ name: 'ValueError', message: 'must not be negative: -1' });
    await expect(makeCounter.async(-2)).rejects.toThrow(ValueError);
  });

  test('shows only its methods, those without an underscore', () => {
    const counter = makeCounter(0);
    const loose = counter as unknown as Record<string, unknown>;
    expect(() => loose._hidden).toThrow(new AttributeError("'Counter' object has no method '_hidden'"));
    expect(() => loose.value).toThrow(AttributeError);
    expect(() => {
      loose.value = 1;
    }).toThrow(AttributeError);
    expect(['increment' in counter, 'incrementAsync' in counter, '_hidden' in counter]).toEqual([true, true, false]);
    counter.close();
  });

  test('can be told which methods it shows', () => {
    const make = manager.register('Half', Counter, { exposed: ['_hidden'] });
    const half = make(0) as unknown as Record<string, () => unknown>;
    expect((half._hidden as () => unknown)()).toBe('kept');
    expect(() => half.increment).toThrow(AttributeError);
    (half.close as () => void)();
  });

  test('may be sent as source, if it needs nothing from outside', () => {
    const make = manager.register(
      'Adder',
      class Adder {
        add(a: number, b: number) {
          return a + b;
        }
      },
    );
    const adder = make();
    expect(adder.add(1, 2)).toBe(3);
    adder.close();
  });

  test('that dies answers everybody with WorkerDied', async () => {
    const counter = makeCounter(0);
    expect(thrownBy(() => counter.die())).toBeInstanceOf(WorkerDied);
    expect(thrownBy(() => counter.increment())).toBeInstanceOf(WorkerDied);
    await expect(counter.incrementAsync()).rejects.toThrow(WorkerDied);
    const other = makeCounter(0);
    await expect(other.dieAsync()).rejects.toThrow('Counter.die() was not answered');
    for (const each of [counter, other]) each.close();
  });

  test('is disposed of soon after its last handle was closed', async () => {
    const own = Manager();
    const disposed = new Event();
    const resource = own.register('Resource', Resource)(disposed);
    expect(resource.use()).toBe('used');
    resource.close();
    expect(await disposed.waitAsync(LONG)).toBe(true);
    expect(() => resource.use()).toThrow(ValueError);
    disposed.close();
    own[Symbol.dispose]();
  });
});

describe('a manager', () => {
  test('takes each name once', () => {
    for (const name of ['Counter', 'dict', 'Lock', 'shutdown']) expect(() => manager.register(name, Counter)).toThrow(ValueError);
    expect(() => manager.register('', Counter)).toThrow(TypeError);
    expect(() => manager.register('F', 5 as never)).toThrow(TypeError);
    expect(() => {
      manager.Counter = 1;
    }).toThrow(TypeError);
    expect(manager.Nothing).toBeUndefined();
  });

  test('ends its objects at shutdown, which may be called twice, and makes no more', async () => {
    const own = Manager();
    const disposed = new Event();
    const resource = own.register('Resource', Resource)(disposed);
    const stuck = own.register('Counter', Counter)(0);
    const inside = new Event();
    const blocked = stuck.blockAsync(inside);
    const answer = expect(blocked).rejects.toThrow(WorkerDied);
    expect(await inside.waitAsync(LONG)).toBe(true);
    const d = own.dict({ n: 1 });
    await own.shutdownAsync();
    await answer;
    expect(disposed.isSet()).toBe(true);
    own.shutdown();
    expect(thrownBy(() => resource.use())).toBeInstanceOf(WorkerDied);
    for (const call of [
      () => own.dict(),
      () => own.list(),
      () => own.Namespace(),
      () => own.Lock(),
      () => own.Resource(disposed),
    ])
      expect(call).toThrow(AssertionError);
    expect(d.update('n', (n) => n + 1)).toBe(2);
    for (const each of [resource, stuck, disposed, inside, d, own]) each.close();
  });

  test('is shut down at the end of its `using` block', () => {
    const disposed = new Event();
    let resource: { use(): string; close(): void };
    {
      using own = Manager();
      resource = own.register('Resource', Resource)(disposed);
      expect(resource.use()).toBe('used');
    }
    expect(disposed.isSet()).toBe(true);
    expect(thrownBy(() => resource.use())).toBeInstanceOf(WorkerDied);
    for (const each of [resource, disposed]) each.close();
  });

  test('leaves nothing behind', async () => {
    const held = () => heap.stats().objects;
    const own = Manager();
    const make = own.register('Counter', Counter);
    const objects = held();
    for (let i = 0; i < 3; i++) {
      const counter = make(i);
      counter.increment();
      counter.close();
    }
    own.shutdown();
    await until(() => {
      const now = held();
      return (now.Queue ?? 0) <= (objects.Queue ?? 0) && (now.Dict ?? 0) <= (objects.Dict ?? 0);
    }, 'queues and tables are given back');
    own.close();
  });
});
