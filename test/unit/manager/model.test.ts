/**
 * Random sequences of calls on a managed dict and a Map, on a managed list and an array.
 */
import fc from 'fast-check';
import { Manager } from 'nogil';
import { expect, test } from 'vitest';
import { held } from '../../support/held.ts';

const { dict, list } = Manager();
type Dict = ReturnType<typeof dict>;
type List = ReturnType<typeof list>;

/** What a call answers, or which error it throws. */
function answerOf(call: () => unknown): unknown {
  try {
    return { value: call() };
  } catch (error) {
    return { error: (error as Error).name };
  }
}

const size = fc.oneof({ weight: 5, arbitrary: fc.nat(40) }, fc.nat(3000), fc.constantFrom(2040, 2048, 2056));
const value = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(undefined, null, true, false),
  fc.tuple(size, fc.string()).map(([length, text]) => text.padEnd(length, 'é')),
  size.map((length) => new Uint8Array(length).fill(length)),
  fc.jsonValue(),
  fc.bigInt(),
);
/** Few, so that they meet again; and of all kinds. */
const key = fc.oneof(
  { weight: 4, arbitrary: fc.nat(30) },
  { weight: 4, arbitrary: fc.nat(30).map((n) => `k${n}`) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, -1.5, 'a longer key, of more than eight bytes') },
);

const named = (name: string) => () => {
  const error = new Error();
  error.name = name;
  throw error;
};

type Step<Real, Model> = { name: string; real(on: Real): unknown; model(on: Model): unknown };
type DictStep = Step<Dict, Map<unknown, unknown>>;

const dictSteps: fc.Arbitrary<DictStep>[] = [
  fc.tuple(key, value).map(([k, v]) => ({ name: `set ${k}`, real: (d) => void d.set(k, v), model: (m) => void m.set(k, v) })),
  fc.tuple(key, value).map(([k, v]) => ({ name: `set ${k}`, real: (d) => void d.set(k, v), model: (m) => void m.set(k, v) })),
  key.map((k) => ({ name: `delete ${k}`, real: (d) => d.delete(k), model: (m) => m.delete(k) })),
  key.map((k) => ({
    name: `get ${k}`,
    real: (d) => [d.get(k, 'none'), d.has(k)],
    model: (m) => [m.has(k) ? m.get(k) : 'none', m.has(k)],
  })),
  key.map((k) => ({
    name: `pop ${k}`,
    real: (d) => d.pop(k),
    model: (m) => {
      if (!m.has(k)) named('KeyError')();
      const popped = m.get(k);
      m.delete(k);
      return popped;
    },
  })),
  fc.constant<DictStep>({
    name: 'popitem',
    real: (d) => d.popitem(),
    model: (m) => {
      const last = [...m].at(-1) ?? named('KeyError')();
      m.delete(last?.[0]);
      return last;
    },
  }),
  fc.tuple(key, value).map(([k, v]) => ({
    name: `setdefault ${k}`,
    real: (d) => d.setdefault(k, v),
    model: (m) => (m.has(k) ? m.get(k) : m.set(k, v).get(k)),
  })),
  fc.array(fc.tuple(key, value), { maxLength: 20 }).map((pairs) => ({
    name: `update with ${pairs.length}`,
    real: (d) => d.update(pairs),
    model: (m) => pairs.forEach(([k, v]) => void m.set(k, v)),
  })),
  key.map((k) => ({
    name: `update ${k}`,
    real: (d) => d.update(k, (before: unknown) => [before]),
    model: (m) => m.set(k, [m.get(k)]).get(k),
  })),
  fc.constant<DictStep>({ name: 'clear', real: (d) => d.clear(), model: (m) => m.clear() }),
];

type ListStep = Step<List, unknown[]>;
const index = fc.integer({ min: -12, max: 12 });
const outside = (array: unknown[], i: number) => i >= array.length || i < -array.length;

const listSteps: fc.Arbitrary<ListStep>[] = [
  value.map((v) => ({ name: 'append', real: (l) => l.append(v), model: (a) => void a.push(v) })),
  value.map((v) => ({ name: 'append', real: (l) => l.append(v), model: (a) => void a.push(v) })),
  fc.array(value, { maxLength: 20 }).map((values) => ({
    name: `extend by ${values.length}`,
    real: (l) => l.extend(values),
    model: (a) => void a.push(...values),
  })),
  fc
    .tuple(index, value)
    .map(([i, v]) => ({ name: `insert at ${i}`, real: (l) => l.insert(i, v), model: (a) => void a.splice(i, 0, v) })),
  index.map((i) => ({
    name: `pop ${i}`,
    real: (l) => l.pop(i),
    model: (a) => (outside(a, i) ? named('IndexError')() : a.splice(i, 1)[0]),
  })),
  fc.tuple(index, value).map(([i, v]) => ({
    name: `set ${i}`,
    real: (l) => l.set(i, v),
    model: (a) => (outside(a, i) ? named('IndexError')() : void a.splice(i, 1, v)),
  })),
  index.map((i) => ({ name: `at ${i}`, real: (l) => l.at(i), model: (a) => (outside(a, i) ? named('IndexError')() : a.at(i)) })),
  fc.tuple(index, index).map(([i, j]) => ({ name: `slice ${i}:${j}`, real: (l) => l.slice(i, j), model: (a) => a.slice(i, j) })),
  fc.constant<ListStep>({ name: 'reverse', real: (l) => l.reverse(), model: (a) => void a.reverse() }),
  fc.constant<ListStep>({
    name: 'sort by length of text',
    real: (l) => l.sort({ key: (item) => String(item).length }),
    // An array's own sort puts undefined last, whatever it is told.
    model: (a) => {
      const ranked = a.map((item) => ({ item, rank: String(item).length })).sort((x, y) => x.rank - y.rank);
      a.splice(0, a.length, ...ranked.map(({ item }) => item));
    },
  }),
  fc.constant<ListStep>({ name: 'clear', real: (l) => l.clear(), model: (a) => void a.splice(0) }),
];

test('a managed dict does what a Map does, and gives everything back', () => {
  const before = held();
  fc.assert(
    fc.property(fc.array(fc.oneof(...dictSteps), { maxLength: 120 }), (steps) => {
      const d = dict();
      const model = new Map<unknown, unknown>();
      for (const { name, real, model: expected } of steps) {
        expect([name, answerOf(() => real(d))]).toEqual([name, answerOf(() => expected(model))]);
        expect(d.size).toBe(model.size);
      }
      expect(d.items()).toEqual([...model]);
      expect([d.keys(), d.values()]).toEqual([[...model.keys()], [...model.values()]]);
      d.close();
    }),
    { numRuns: 150 },
  );
  expect(held()).toEqual(before);
});

test('a managed list does what an array does, and gives everything back', () => {
  const before = held();
  fc.assert(
    fc.property(fc.array(fc.oneof(...listSteps), { maxLength: 120 }), (steps) => {
      const l = list();
      const model: unknown[] = [];
      for (const { name, real, model: expected } of steps) {
        expect([name, answerOf(() => real(l))]).toEqual([name, answerOf(() => expected(model))]);
        expect(l.length).toBe(model.length);
      }
      expect(l.copy()).toEqual(model);
      l.close();
    }),
    { numRuns: 150 },
  );
  expect(held()).toEqual(before);
});
