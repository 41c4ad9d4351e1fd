import { Lock, Manager, Queue } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';

const { dict, list } = Manager();

/** Values of every size, some with handles. */
function mixed(i: number, lock: Lock): unknown {
  return [i, `text ${i}`, { i, lock }, 'x'.repeat(i * 37), new Uint8Array(i * 100), null, [lock, 'y'.repeat(3000)]][i % 7];
}

describe('the memory of managed objects', () => {
  test('is given back when a dict is closed with everything in it', () => {
    const before = held();
    const lock = new Lock();
    for (let round = 0; round < 3; round++) {
      const d = dict();
      for (let i = 0; i < 300; i++) d.set(i % 2 ? i : `a key that has ${i} in it`, mixed(i, lock));
      for (let i = 0; i < 300; i += 3) d.delete(i % 2 ? i : `a key that has ${i} in it`);
      for (let i = 0; i < 300; i += 5) d.set(i, mixed(i + 1, lock));
      d.close();
    }
    lock.close();
    expect(held()).toEqual(before);
  });

  test('is given back item by item: deleted, popped, replaced, cleared', () => {
    const lock = new Lock();
    const d = dict({ first: 0 });
    const l = list([0]);
    // The bodies grow to their size first.
    for (let i = 0; i < 100; i++) {
      d.set(i, i);
      l.append(i);
    }
    for (let i = 99; i >= 0; i--) {
      d.delete(i);
      l.pop();
    }
    const before = held();
    for (let i = 0; i < 70; i++) {
      d.set(`key of more than a word ${i}`, mixed(i, lock));
      l.append(mixed(i, lock));
    }
    closeAll(d.values());
    closeAll(l.copy());
    for (let i = 0; i < 70; i++) {
      if (i % 3 === 0) closeAll([d.pop(`key of more than a word ${i}`)]);
      else d.set(`key of more than a word ${i}`, 0);
      l[1] = 5;
      closeAll([l.pop(1)]);
    }
    for (let i = 0; i < 70; i++) d.delete(`key of more than a word ${i}`);
    expect(held().objects).toEqual(before.objects);
    // Both may have taken a larger body, or a smaller one.
    expect(Math.abs(held().bytesInUse - before.bytesInUse)).toBeLessThan(8192);
    d.clear();
    l.clear();
    expect(held().bytesInUse).toBeLessThan(before.bytesInUse);
    for (const each of [d, l, lock]) each.close();
  });

  test('of an object inside lives as long as the dict has it', () => {
    const before = held();
    const d = dict();
    const queue = new Queue<string>();
    d.set('queue', queue);
    d.set('both', [queue, { again: queue }]);
    queue.put('kept');
    queue.close();
    const got = d.get('both');
    expect([got[0].get(), held().objects.Queue]).toEqual(['kept', (before.objects.Queue ?? 0) + 1]);
    closeAll([got[0]]);
    d.delete('queue');
    expect(held().objects.Queue).toBe((before.objects.Queue ?? 0) + 1);
    d.delete('both');
    expect(held().objects.Queue).toBe(before.objects.Queue);
    d.close();
    expect(held()).toEqual(before);
  });

  test('is given back with nested dicts, when the outermost goes', () => {
    const before = held();
    const outer = dict();
    let at = outer;
    for (let depth = 0; depth < 50; depth++) {
      const inner = dict({ depth });
      at.set('inner', inner);
      if (at !== outer) at.close();
      at = inner;
    }
    at.close();
    expect(held().objects.Dict).toBe((before.objects.Dict ?? 0) + 51);
    outer.close();
    expect(held()).toEqual(before);
  });

  test('is not used up by calls that fail', () => {
    const d = dict({ a: 1 });
    const l = list([1]);
    const lock = new Lock();
    const before = held();
    for (const bad of [Symbol('no'), { lock, bad: () => 1 }, ['x'.repeat(5000), Symbol('no')]]) {
      expect(() => d.set('a', bad)).toThrow(TypeError);
      expect(() => d.update({ a: ['y'.repeat(4000), lock], b: bad })).toThrow(TypeError);
      expect(() => l.append(bad)).toThrow(TypeError);
      expect(() => l.extend([lock, bad])).toThrow(TypeError);
      expect(() =>
        l.sort(() => {
          throw new TypeError();
        }),
      ).not.toThrow();
    }
    expect(() => l.set(5, ['z'.repeat(5000), lock])).toThrow();
    expect(held()).toEqual(before);
    for (const each of [d, l, lock]) each.close();
  });
});

/** Closes every handle inside of values that were received. */
function closeAll(values: unknown[]): void {
  for (const value of values) {
    if (value instanceof Lock || value instanceof Queue) value.close();
    else if (Array.isArray(value)) closeAll(value);
    else if (typeof value === 'object' && value !== null && 'lock' in value) closeAll([value.lock]);
  }
}
