import { inspect } from 'node:util';
import { AttributeError, Dict, KeyError, Lock, Manager, Namespace as NamespaceClass, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';

const { dict, list } = Manager();

describe('a managed dict', () => {
  test('is made of nothing, an object, pairs, a Map, or another dict', () => {
    expect(dict().items()).toEqual([]);
    expect(dict({ a: 1, b: 'x' }).items()).toEqual([
      ['a', 1],
      ['b', 'x'],
    ]);
    expect(
      dict([
        [1, 'one'],
        ['two', 2],
      ]).items(),
    ).toEqual([
      [1, 'one'],
      ['two', 2],
    ]);
    expect(dict(new Map([[null, true]])).items()).toEqual([[null, true]]);
    expect(dict(dict({ a: [1] })).items()).toEqual([['a', [1]]]);
    expect(new Dict([['n', 1]]).get('n')).toBe(1);
  });

  test('refuses to be made of anything else', () => {
    expect(() => dict([1, 2] as never)).toThrow(new TypeError('expected pairs of key and value: [[key, value], ...]'));
    expect(() => new Dict(5 as never)).toThrow(TypeError);
    expect(() => dict({ f: () => 1 })).toThrow(TypeError);
  });

  test('gives back what was set, and a fallback for what was not', () => {
    const d = dict();
    expect(d.set('a', { deep: [1, null] }).set('b', 2)).toBe(d);
    expect([d.get('a'), d.get('b'), d.get('c'), d.get('c', 7)]).toEqual([{ deep: [1, null] }, 2, undefined, 7]);
    d.set('nothing', undefined);
    expect(d.get('nothing', 7)).toBeUndefined();
    expect([d.has('a'), d.has('c'), d.size]).toEqual([true, false, 3]);
  });

  test('tells whether it deleted', () => {
    const d = dict({ a: 1 });
    expect([d.delete('a'), d.delete('a'), d.size]).toEqual([true, false, 0]);
  });

  test('pops a key, gives the fallback, or throws KeyError', () => {
    const d = dict({ a: 1, u: undefined });
    expect([d.pop('a'), d.pop('u'), d.pop('a', 5), d.pop('a', undefined)]).toEqual([1, undefined, 5, undefined]);
    expect(() => d.pop('a')).toThrow(new KeyError("'a'"));
    expect(() => d.pop(3)).toThrow(new KeyError('3'));
  });

  test('pops its items last in, first out', () => {
    const d = dict([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    d.delete(2);
    d.set(1, 'A');
    expect([d.popitem(), d.popitem()]).toEqual([
      [3, 'c'],
      [1, 'A'],
    ]);
    expect(() => d.popitem()).toThrow(KeyError);
    d.set('after', 1);
    expect(d.popitem()).toEqual(['after', 1]);
  });

  test('keeps the order of arrival, also through growth, replacement and deletion', () => {
    const d = dict();
    for (let i = 0; i < 1000; i++) d.set(`k${i}`, i);
    for (let i = 0; i < 1000; i += 2) d.delete(`k${i}`);
    d.set('k1', 'again');
    d.set('k0', 'back');
    const keys = Array.from({ length: 500 }, (_, i) => `k${2 * i + 1}`);
    expect(d.keys()).toEqual([...keys, 'k0']);
    expect(d.values().slice(0, 2)).toEqual(['again', 3]);
    expect([...d][500]).toEqual(['k0', 'back']);
    expect(d.size).toBe(501);
  });

  test('sets a default once', () => {
    const d = dict();
    expect([d.setdefault('a', [1]), d.setdefault('a', [2]), d.get('a')]).toEqual([[1], [1], [1]]);
    d.set('u', undefined);
    expect(d.setdefault('u', 1)).toBeUndefined();
  });

  test('takes many pairs in at once, or none', () => {
    const d = dict({ a: 1, b: 2 });
    d.update({ b: 'B', c: 3 });
    d.update([
      ['c', 'C'],
      [9, 9],
      [9, 10],
    ]);
    expect(d.items()).toEqual([
      ['a', 1],
      ['b', 'B'],
      ['c', 'C'],
      [9, 10],
    ]);
    expect(() => d.update({ x: 1, y: Symbol('no') })).toThrow(TypeError);
    expect(() => d.update(5 as never)).toThrow(TypeError);
    expect(d.size).toBe(4);
  });

  test('is empty after clear, and can be filled again', () => {
    const d = dict({ a: 1, b: 'x'.repeat(10_000) });
    d.clear();
    expect([d.size, d.keys(), d.get('a')]).toEqual([0, [], undefined]);
    d.clear();
    d.set('b', 2);
    expect(d.items()).toEqual([['b', 2]]);
  });

  test('gives copies that are its own: Map, plain object, JSON', () => {
    const d = dict([
      ['a', { n: 1 }],
      [2, 'two'],
    ]);
    const copy = d.copy();
    d.set('a', 0);
    expect(copy).toEqual(
      new Map<unknown, unknown>([
        ['a', { n: 1 }],
        [2, 'two'],
      ]),
    );
    expect({ ...d }).toEqual({ a: 0 });
    expect(JSON.stringify({ d })).toBe('{"d":{"a":0}}');
  });

  test('shows what is in it', () => {
    expect(inspect(dict({ num: 10 }))).toBe('Dict { num: 10 }');
    expect(inspect(dict([[1, 2]]))).toBe('Dict Map(1) { 1 => 2 }');
    expect(String(dict())).toMatch(/^<Dict \d+: size=0>$/);
  });

  test('is a snapshot while it is iterated', () => {
    const d = dict({ a: 1, b: 2 });
    const seen: unknown[] = [];
    for (const [key] of d) {
      seen.push(key);
      d.delete('b');
      d.set('c', 3);
    }
    d.forEach((value, key, self) => {
      seen.push([key, value, self === d]);
    });
    expect(seen).toEqual(['a', 'b', ['a', 1, true], ['c', 3, true]]);
  });

  test('stores copies: what is changed afterwards, or in what was got, stays outside', () => {
    const value = { list: [1] };
    const d = dict({ a: value });
    value.list.push(2);
    d.get('a').list.push(3);
    expect(d.get('a')).toEqual({ list: [1] });
  });

  test('keeps managed and other shared objects inside live', () => {
    const d = dict({ inner: dict({ n: 1 }), deep: { in: [list([1])] }, lock: new Lock() });
    d.get('inner').n = 2;
    d.inner.set('m', 3);
    d.deep.in[0].append(2);
    d.lock.acquire();
    expect([d.inner.n, d.inner.m, d.deep.in[0].copy(), d.lock.locked()]).toEqual([2, 3, [1, 2], true]);
  });

  test('takes values of every size and kind, and what they replace', () => {
    const d = dict();
    const values = [
      0,
      -0,
      Number.NaN,
      -1e308,
      2 ** 53,
      '',
      'é日'.repeat(2000),
      null,
      undefined,
      true,
      5n,
      new Uint8Array(70_000).fill(7),
      new Map([[1, new Date(0)]]),
    ];
    for (const [i, value] of values.entries()) {
      d.set('v', value);
      d.set(i, value);
      expect(Object.is(d.get('v'), value) || typeof value === 'object').toBe(true);
      expect(d.get('v')).toEqual(value);
    }
    expect(d.values().slice(1)).toEqual(values);
  });

  test('changes nothing when a value cannot be sent', () => {
    const d = dict({ a: 1 });
    for (const call of [
      () => d.set('a', () => 1),
      () => d.setdefault('b', Symbol('no')),
      () => d.update('a', () => Symbol('no')),
    ])
      expect(call).toThrow(TypeError);
    expect(d.items()).toEqual([['a', 1]]);
  });

  test('lets a getter of a value use the dict itself', () => {
    const d = dict({ n: 1 });
    d.set('key of the value', {
      get n() {
        return d.update('n', (n) => n + 1);
      },
      text: 'x'.repeat(100),
    });
    expect(d.get('key of the value').text).toBe('x'.repeat(100));
    expect(d.get('n')).toBeGreaterThan(1);
  });

  test('throws ValueError once it is closed', () => {
    const d = dict({ a: 1 });
    d.close();
    for (const call of [
      () => d.get('a'),
      () => d.set('a', 1),
      () => d.keys(),
      () => d.size,
      () => d.a,
      () => d.update('a', () => 1),
    ])
      expect(call).toThrow(ValueError);
    d.close();
    expect(inspect(d)).toBe('<Dict, closed>');
  });
});

describe('update(key, fn)', () => {
  test('replaces a value by what is made of it, and answers that', () => {
    const d = dict({ n: 1 });
    expect([d.update('n', (n) => n + 1), d.update('new', (n = 10) => n + 1)]).toEqual([2, 11]);
    expect({ ...d }).toEqual({ n: 2, new: 11 });
  });

  test('changes nothing when the function throws, and can be called again', () => {
    const d = dict({ n: 1 });
    expect(() =>
      d.update('n', () => {
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(() => d.update('n', 5 as never)).toThrow(new TypeError('update(key, fn) needs a function, got number'));
    expect(d.update('n', (n) => n + 1)).toBe(2);
  });

  test('lets the function use the dict, also to update', () => {
    const d = dict({ a: 1, b: 10 });
    d.update('a', (a) => {
      d.set('seen', a);
      d.delete('gone');
      return a + d.update('b', (b) => b + 1) + d.get('b');
    });
    expect({ ...d }).toEqual({ a: 23, b: 11, seen: 1 });
  });

  test('may close the dict, which is over then', () => {
    const d = dict({ a: 1 });
    expect(
      d.update('a', (a) => {
        d.close();
        return a + 1;
      }),
    ).toBe(2);
    expect(() => d.get('a')).toThrow(ValueError);
  });
});

describe('properties of a managed dict', () => {
  test('are its string keys', () => {
    const d = dict({ num: 10 });
    d.num -= 1;
    d.other = 'x';
    expect([d.num, d.other, d.missing, 'num' in d, 'missing' in d]).toEqual([9, 'x', undefined, true, false]);
    expect([delete d.num, 'num' in d, delete d.num]).toEqual([true, false, true]);
    expect(Object.keys(d)).toEqual(['other']);
    expect(Object.entries(d)).toEqual([['other', 'x']]);
    expect(Object.hasOwn(d, 'other')).toBe(true);
    const keys: string[] = [];
    for (const key in d) keys.push(key);
    expect(keys).toEqual(['other']);
  });

  test('are not the names of methods, for which there are get and set', () => {
    const d = dict();
    d.set('size', 5);
    expect([d.size, d.get('size'), 'size' in d, 'keys' in d]).toEqual([1, 5, true, false]);
    expect(() => {
      (d as { size: number }).size = 3;
    }).toThrow(new TypeError('cannot set size: it is a property of every Dict'));
    expect(typeof d.keys).toBe('function');
  });

  test('are also names that other objects keep for themselves', () => {
    const d = dict([...Object.entries({ id: 7, heap: 1, ptr: 2, open: 3, constructor: 5 }), ['then', 4]]);
    expect([d.id, d.heap, d.ptr, d.open, d.then]).toEqual([7, 1, 2, 3, 4]);
    expect(d.get('constructor')).toBe(5);
    expect(d).toBeInstanceOf(Dict);
  });

  test('do not stand in the way of await', async () => {
    const d = dict({ a: 1 });
    expect(await Promise.resolve(d)).toBe(d);
  });

  test('cannot be defined, frozen, or made of symbols', () => {
    const d = dict();
    expect(() => Object.defineProperty(d, 'a', { value: 1 })).toThrow(TypeError);
    expect(() => Object.freeze(d)).toThrow(TypeError);
    expect(() => {
      d[Symbol('s') as never] = 1 as never;
    }).toThrow(TypeError);
  });
});

describe('a managed namespace', () => {
  const { Namespace } = Manager();

  test('has the attributes that were set', () => {
    const ns = Namespace({ x: 10, name: 'n' });
    ns.y = [1];
    ns.x += 1;
    expect([ns.x, ns.y, ns.name, 'x' in ns, { ...ns }]).toEqual([11, [1], 'n', true, { x: 11, name: 'n', y: [1] }]);
    delete (ns as { x?: number }).x;
    expect('x' in ns).toBe(false);
    expect(inspect(ns)).toBe("Namespace { name: 'n', y: [ 1 ] }");
  });

  test('throws AttributeError for one that is missing', async () => {
    const ns = Namespace();
    expect(() => ns.z).toThrow(new AttributeError("'Namespace' object has no attribute 'z'"));
    expect(() => {
      delete ns.z;
    }).toThrow(AttributeError);
    expect(await Promise.resolve(ns)).toBe(ns);
  });

  test('has names with an underscore like all others, for everybody', () => {
    const ns = Namespace({ _a: 1 });
    const other = NamespaceClass.from(ns.handle());
    ns._b = 2;
    expect([other._a, other._b, inspect(ns)]).toEqual([1, 2, 'Namespace { _a: 1, _b: 2 }']);
    other.close();
  });

  test('gives copies, and live shared objects', () => {
    const ns = Namespace({ d: dict({ n: 1 }), plain: { n: 1 } });
    ns.d.n = 2;
    ns.plain.n = 2;
    expect([ns.d.n, ns.plain.n]).toEqual([2, 1]);
  });
});
