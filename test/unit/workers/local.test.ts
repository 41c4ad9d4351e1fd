import { AttributeError, Local, local, Queue, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';

class Counter extends Local {
  declare count: number;
  declare step: number;
  #secret = 1;
  constructor(start: number, step: number) {
    super();
    this.count = start;
    this.step = step;
  }
  next(): number {
    this.#secret++;
    this.count += this.step;
    return this.count;
  }
  get secret(): number {
    return this.#secret;
  }
}

describe('a Local', () => {
  test('is an empty object whose missing attributes are AttributeErrors', () => {
    for (const data of [local(), new Local()]) {
      expect(data).toBeInstanceOf(Local);
      expect(() => data.x).toThrow(new AttributeError("'Local' object has no attribute 'x'"));
      expect(() => delete data.x).toThrow(AttributeError);
      expect(() => {
        (data as { x: number }).x += 1;
      }).toThrow(AttributeError);
      expect([Object.keys(data), 'x' in data]).toEqual([[], false]);
    }
  });

  test('keeps what is set, undefined too, and forgets what is deleted', () => {
    const data = local();
    data.x = 1;
    data.nothing = undefined;
    expect([data.x, data.nothing, 'x' in data, Object.keys(data)]).toEqual([1, undefined, true, ['x', 'nothing']]);
    delete data.x;
    expect(() => data.x).toThrow(AttributeError);
  });

  test('has what every object has, so that it can be printed, awaited and written as JSON', async () => {
    const data = local();
    data.x = 1;
    expect(JSON.stringify(data)).toBe('{"x":1}');
    expect(await data).toBe(data);
    expect(`${data}`).toBe('[object Object]');
    expect(data.hasOwnProperty).toBeTypeOf('function');
  });

  test('of a subclass is made by its constructor, and has its methods', () => {
    const counter = new Counter(10, 5);
    expect([counter.next(), counter.next(), counter.secret]).toEqual([15, 20, 3]);
    expect(() => (counter as Local).other).toThrow(new AttributeError("'Counter' object has no attribute 'other'"));
  });

  test('takes no arguments, nor does a subclass without a constructor of its own', () => {
    class Bare extends Local {}
    expect(() => new (Local as new (x: number) => Local)(1)).toThrow(TypeError);
    expect(() => new (Bare as new (x: number) => Local)(1)).toThrow('Initialization arguments are not supported');
    expect(new Bare()).toBeInstanceOf(Local);
  });

  test('cannot be sent, and says what to do instead', () => {
    using queue = new Queue<unknown>();
    const data = local();
    expect(() => queue.put({ deep: [data] })).toThrow(/^cannot send a Local: .*top level of a module/);
    expect(() => new Thread({ target: (each) => each, args: [new Counter(1, 2)] }).start()).toThrow(TypeError);
    expect(queue.qsize()).toBe(0);
  });
});
