/** Instances of users' classes. */
import { Pool, Process, Queue, registerClass, ValueError } from 'nogil';
import { expect, test } from 'vitest';
import { LONG } from '../../support/until.ts';
import { look, Named, Point, Registered, returnPoint, Secret, Tree, take } from './classes.workers.ts';

function passed<T>(value: T): T {
  using queue = new Queue<T>();
  queue.put(value);
  return queue.get();
}

test('arrive as what they are, and no constructor runs', () => {
  const point = passed(new Point(3, 4));
  expect(point).toBeInstanceOf(Point);
  expect([point.length, Object.keys(point)]).toEqual([5, ['x', 'y']]);
  expect(passed({ deep: [new Map([['p', new Point(1, 0)]])] }).deep[0]?.get('p')?.length).toBe(1);
  expect(passed([new Point(1, 2), { x: 1, y: 2 }]).map((each) => each instanceof Point)).toEqual([true, false]);
});

test('of a subclass are of the nearest class that is registered', () => {
  expect(passed(new Registered(3, 4))).toBeInstanceOf(Registered);
  const named = passed(new Named(3, 4));
  expect([named instanceof Point, named instanceof Named, { ...named }]).toEqual([true, false, { x: 3, y: 4, name: 'nobody' }]);
});

test('may be made by the class itself', () => {
  const secret = passed(new Secret(7));
  expect([secret instanceof Secret, secret.value]).toEqual([true, 7]);
  const one = new Secret(1);
  const [a, b, c] = passed([one, { one }, new Set([one])] as const);
  expect([a.value, b.one === a, c.has(a)]).toEqual([1, true, true]);
});

test('keep cycles and what is shared', () => {
  const point = Object.assign(new Point(1, 1), { self: undefined as unknown, list: [] as unknown[] });
  point.self = point;
  point.list.push(point);
  const copy = passed(point);
  expect([copy.self === copy, copy.list[0] === copy, copy instanceof Point]).toEqual([true, true, true]);
  const root = new Tree();
  for (let i = 0; i < 3; i++) root.children.push(Object.assign(new Tree(), { parent: root }));
  const tree = passed(root);
  expect(tree.children.map((child) => [child instanceof Tree, child.parent === tree])).toEqual([0, 1, 2].map(() => [true, true]));
});

test('that are a part of themselves cannot be made anew', () => {
  class Ring {
    next: Ring | undefined;
  }
  registerClass(Ring, { encode: ({ next }) => ({ next }), decode: (state: object) => Object.assign(new Ring(), state) });
  const ring = new Ring();
  expect(passed(Object.assign(new Ring(), { next: ring })).next).toBeInstanceOf(Ring);
  ring.next = ring;
  expect(() => passed(ring)).toThrow(/is a part of itself/);
});

test('are plain objects without it, before and after', () => {
  class Later {
    a = 1;
  }
  expect(passed(new Later())).not.toBeInstanceOf(Later);
  registerClass(Later);
  for (let i = 0; i < 100; i++) expect(passed(new Later())).toBeInstanceOf(Later);
  expect(passed({ a: 1 })).not.toBeInstanceOf(Later);
});

test('of classes that the receiver does not know are an error that says what to do', () => {
  class Unknown {
    a = 1;
  }
  registerClass(Unknown, {}, 'Unknown here');
  using pool = new Pool(1);
  expect(() => pool.apply(look, [new Unknown()])).toThrow(/class 'Unknown here' came, which is not registered here: import/);
  pool.terminate();
  expect(pool.join(LONG)).toBe(true);
});

test('reach workers, which import their module, and come back', () => {
  const worker = new Process({ target: look, args: [new Point(3, 4)] });
  worker.start();
  expect(worker.result(LONG)).toEqual(['Point', 5, { x: 3, y: 4 }]);
  // A function without a module of its own: it is told of the class all the same.
  const from = new Queue<unknown>();
  const to = new Queue<unknown>();
  const taker = new Process({ target: take, args: [from, to] });
  taker.start();
  from.put(new Secret(5));
  expect(to.get(true, LONG)).toEqual(['Secret', 5]);
  expect(taker.join(LONG)).toBe(true);
  using pool = new Pool(2);
  expect(pool.map(look, [new Point(6, 8), new Registered(3, 4)])).toEqual([
    ['Point', 10, { x: 6, y: 8 }],
    ['Registered', 1, 5],
  ]);
  expect(pool.apply(returnPoint, [3, 4])).toBeInstanceOf(Point);
  expect(pool.apply((point: { length: number }) => point.length, [new Point(3, 4)])).toBe(5);
  pool.terminate();
  expect(pool.join(LONG)).toBe(true);
});

test('what cannot be registered is refused', () => {
  expect(() => registerClass(3 as never)).toThrow(TypeError);
  expect(() => registerClass(Point, { encoder: () => 1 } as never)).toThrow(/did you mean 'encode'/);
  expect(() => registerClass(class {})).toThrow(/needs one/);
  class Mine {}
  expect(() => registerClass(Mine, {}, 'Point')).toThrow(ValueError);
  expect(passed(new Point(1, 1))).toBeInstanceOf(Point);
});
