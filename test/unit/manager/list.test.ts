import { inspect } from 'node:util';
import { IndexError, List, Lock, Manager, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';

const { dict, list } = Manager();

describe('a managed list', () => {
  test('is made of nothing or of items', () => {
    expect([list().copy(), list([1, 'a', null]).copy(), list(new Set([1, 2])).copy(), new List('ab').copy()]).toEqual([
      [],
      [1, 'a', null],
      [1, 2],
      ['a', 'b'],
    ]);
    expect(list(list([1, 2])).copy()).toEqual([1, 2]);
    expect(() => list([Symbol('no')])).toThrow(TypeError);
  });

  test('has a length, and items by index, from the end too', () => {
    const l = list(['a', 'b', 'c']);
    expect([l.length, l[0], l[2], l[-1], l[-3], l.at(1), l.at(-1)]).toEqual([3, 'a', 'c', 'c', 'a', 'b', 'c']);
    for (const call of [() => l[3], () => l[-4], () => l.at(3), () => l.at(2 ** 40), () => list()[0]])
      expect(call).toThrow(IndexError);
    expect(() => l.at(0.5)).toThrow(TypeError);
  });

  test('takes items in the place of others', () => {
    const l = list([1, 2, 3]);
    l[0] = 'x';
    l[-1] = { big: 'y'.repeat(5000) };
    l.set(1, null);
    expect(l.copy()).toEqual(['x', null, { big: 'y'.repeat(5000) }]);
    expect(() => {
      l[3] = 1;
    }).toThrow(new IndexError('list assignment index out of range'));
    expect(() => {
      l[0] = Symbol('no');
    }).toThrow(TypeError);
    expect(l[0]).toBe('x');
  });

  test('grows at the end', () => {
    const l = list();
    const items: unknown[] = [];
    for (let i = 0; i < 500; i++) {
      const item = i % 3 === 0 ? i : i % 3 === 1 ? `text ${i}` : { i, more: 'm'.repeat(i * 10) };
      l.append(item);
      items.push(item);
    }
    l.extend([1, 'z'.repeat(9000), [2]]);
    l.extend([]);
    expect(l.copy()).toEqual([...items, 1, 'z'.repeat(9000), [2]]);
  });

  test('inserts anywhere, beyond the ends at the end that is near', () => {
    const l = list(['b']);
    l.insert(0, 'a');
    l.insert(99, 'd');
    l.insert(-1, 'c');
    l.insert(-99, 'start');
    expect(l.copy()).toEqual(['start', 'a', 'b', 'c', 'd']);
  });

  test('pops the last item or any other', () => {
    const l = list(['a', 'b', 'c', 'd']);
    expect([l.pop(), l.pop(0), l.pop(-1), l.copy()]).toEqual(['d', 'a', 'c', ['b']]);
    expect(() => l.pop(1)).toThrow(new IndexError('pop index out of range'));
    l.pop();
    expect(() => l.pop()).toThrow(new IndexError('pop from empty list'));
    l.append('again');
    expect(l.copy()).toEqual(['again']);
  });

  test('finds, counts and removes by what is in the items', () => {
    const lock = new Lock();
    const l = list([
      1,
      'x',
      { a: [1], b: 2 },
      1,
      new Date(5),
      [1, 2],
      new Uint8Array([1]),
      lock,
      Number.NaN,
      new Map([['k', [1]]]),
    ]);
    expect([
      l.index(1),
      l.index(1, 1),
      l.index('x', -9),
      l.index({ b: 2, a: [1] }),
      l.index(new Date(5)),
      l.index([1, 2]),
    ]).toEqual([0, 3, 1, 2, 4, 5]);
    expect([l.index(new Uint8Array([1])), l.index(lock), l.index(Number.NaN), l.index(new Map([['k', [1]]]))]).toEqual([
      6, 7, 8, 9,
    ]);
    expect([l.count(1), l.count(2), l.includes([1, 2]), l.includes([1, 2, 3]), l.includes(new Lock())]).toEqual([
      2,
      0,
      true,
      false,
      false,
    ]);
    expect(() => l.index(1, 1, 3)).toThrow(ValueError);
    expect(() => l.index('missing')).toThrow(ValueError);
    l.remove({ a: [1], b: 2 });
    l.remove(1);
    expect(l.slice(0, 3)).toEqual(['x', 1, new Date(5)]);
    expect(() => l.remove('missing')).toThrow(ValueError);
  });

  test('is sorted as in Python, stably', () => {
    const sorted = (items: unknown[], how?: Parameters<List['sort']>[0]) => {
      const l = list(items);
      l.sort(how);
      return l.copy();
    };
    expect(sorted([10, 9, -1, 2.5, 100n])).toEqual([-1, 2.5, 9, 10, 100n]);
    expect(sorted(['b', 'a', 'B', ''])).toEqual(['', 'B', 'a', 'b']);
    expect(sorted([[2, 'a'], [1, 'z'], [1], [1, 'b']])).toEqual([[1], [1, 'b'], [1, 'z'], [2, 'a']]);
    expect(sorted([3, 1, 2], (a, b) => b - a)).toEqual([3, 2, 1]);
    expect(sorted(['bb', 'a', 'cc', 'd'], { key: (text) => text.length, reverse: true })).toEqual(['bb', 'cc', 'a', 'd']);
    expect(sorted([])).toEqual([]);
  });

  test('stays as it was when sorting fails', () => {
    const l = list([2, 'a', 1]);
    expect(() => l.sort()).toThrow(new TypeError("'<' not supported between string and number"));
    expect(() =>
      l.sort(() => {
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(() => list([{}, {}]).sort()).toThrow(TypeError);
    expect(l.copy()).toEqual([2, 'a', 1]);
  });

  test('is reversed, cleared, sliced', () => {
    const l = list([1, 2, 'x'.repeat(4000)]);
    l.reverse();
    expect([l.slice(1), l.slice(-1), l.slice(0, -2), l.slice(5), l.slice(2, 1)]).toEqual([
      [2, 1],
      [1],
      ['x'.repeat(4000)],
      [],
      [],
    ]);
    l.clear();
    l.reverse();
    expect([l.length, l.copy()]).toEqual([0, []]);
  });

  test('is a snapshot while it is iterated', () => {
    const l = list([1, 2, 3]);
    const seen: number[] = [];
    for (const item of l) {
      seen.push(item);
      if (l.length > 0) l.pop();
    }
    expect([seen, [...l], Array.from(l)]).toEqual([[1, 2, 3], [], []]);
  });

  test('has indices as properties, and no others', () => {
    const l = list(['a', 'b', 'c']);
    expect([0 in l, 3 in l, (-1) in l, Object.keys(l)]).toEqual([true, false, true, ['0', '1', '2']]);
    delete l[1];
    expect(l.copy()).toEqual(['a', 'c']);
    expect(() => {
      delete l[2];
    }).toThrow(IndexError);
    expect(() => {
      (l as unknown as { name: string }).name = 'x';
    }).toThrow(TypeError);
    expect(() => {
      (l as { length: number }).length = 0;
    }).toThrow(TypeError);
    expect((l as unknown as { name: unknown }).name).toBeUndefined();
    expect(l).toBeInstanceOf(List);
  });

  test('updates an item in one step', () => {
    const l = list([1, 2]);
    expect([l.update(0, (n) => n + 10), l.update(-1, (n) => l.length + n)]).toEqual([11, 4]);
    expect(() =>
      l.update(0, () => {
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(() => l.update(2, () => 0)).toThrow(IndexError);
    expect(l.copy()).toEqual([11, 4]);
  });

  test('keeps managed objects inside live, and plain values as copies', () => {
    const l = list([dict({ n: 1 }), [1]]);
    l[0].n = 2;
    l[1].push(2);
    expect([l[0].n, l[1]]).toEqual([2, [1]]);
  });

  test('shows what is in it', () => {
    expect(inspect(list([1, [2]]))).toBe('List [ 1, [ 2 ] ]');
    expect(JSON.stringify({ l: list([1, 'a']) })).toBe('{"l":[1,"a"]}');
  });

  test('throws ValueError once it is closed', () => {
    const l = list([1]);
    l.close();
    for (const call of [() => l[0], () => l.append(1), () => l.length, () => l.sort(), () => [...l]])
      expect(call).toThrow(ValueError);
  });
});
