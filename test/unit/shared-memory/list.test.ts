import { inspect } from 'node:util';
import { FileExistsError, FileNotFoundError, IndexError, Queue, ShareableList, SharedMemory, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';

/** A list of its own for a test, gone at its end. */
function withList(values: Iterable<never>, fn: (list: ShareableList) => void, name?: string): void {
  const list = new ShareableList(values, { name });
  list.shm.unlink();
  using _ = list;
  fn(list);
}

const values = [
  ...[0, -0, 1.5, -7, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 5e-324],
  ...[0n, 2n ** 63n - 1n, -(2n ** 63n), true, false, null, '', 'text', 'schön €\u{1f35e}', '\ufeffmark', 'x'.repeat(5000)],
  ...[new Uint8Array(0), Uint8Array.of(1, 2, 255), new Uint8Array(3000).fill(9)],
];

describe('ShareableList', () => {
  test('holds numbers, bigints, booleans, strings, bytes and null, as they are', () => {
    withList(values as never, (list) => {
      expect(list.length).toBe(values.length);
      expect([...list]).toEqual(values);
      expect(values.map((_, i) => list.get(i))).toEqual(values);
      expect(values.map((_, i) => list[i])).toEqual(values);
      expect(values.map((_, i) => list.at(i - values.length))).toEqual(values);
    });
  });

  test('takes a Buffer for its bytes, and gives a Uint8Array of this worker’s own', () => {
    withList([Buffer.from('abc')] as never, (list) => {
      const got = list.get(0) as Uint8Array;
      expect(got).toEqual(Uint8Array.of(97, 98, 99));
      expect(got.constructor).toBe(Uint8Array);
      got[0] = 0;
      expect(list.get(0)).toEqual(Uint8Array.of(97, 98, 99));
    });
  });

  test('is set by index, from the end, too; another type may take the place', () => {
    withList([1, 'abc', null] as never, (list) => {
      list[0] = 2;
      list[-1] = true;
      list.set(1, 7n);
      expect([...list]).toEqual([2, 7n, true]);
      list[0] = '8 bytes!';
      list[1] = null;
      list[2] = Uint8Array.of(0, 1);
      expect([...list]).toEqual(['8 bytes!', null, Uint8Array.of(0, 1)]);
      list[2] = 0.5;
      expect(list[2]).toBe(0.5);
    });
  });

  test('refuses indices that are none', () => {
    withList([1, 2] as never, (list) => {
      for (const index of [2, -3, 100]) {
        expect(() => list[index]).toThrow(IndexError);
        expect(() => list.set(index, 1)).toThrow(IndexError);
        expect(() => {
          list[index] = 1;
        }).toThrow(IndexError);
      }
      expect(() => list.get(0.5)).toThrow(TypeError);
      expect(() => list.set('0' as never, 1)).toThrow(TypeError);
      expect([...list]).toEqual([1, 2]);
    });
  });

  test.each([
    ['', 8],
    ['1234567', 8],
    ['12345678', 16],
    ['x'.repeat(17), 24],
    ['€€€', 16],
  ])('gives %j a slot of %i bytes, in which all fits whose UTF-8 does', (text, room) => {
    withList([text, 1] as never, (list) => {
      expect(list.format).toBe(`${room}sd`);
      list[0] = 'y'.repeat(room);
      expect(list[0]).toBe('y'.repeat(room));
      const all = [...list];
      for (const long of ['y'.repeat(room + 1), 'é'.repeat(room / 2 + 1), new Uint8Array(room + 1)]) {
        expect(() => list.set(0, long)).toThrow(ValueError);
        expect(() => list.set(0, long)).toThrow(`do not fit into the ${room}`);
      }
      expect([...list]).toEqual(all);
    });
  });

  test('keeps NULs at the end, which Python loses', () => {
    withList(['a\0\0', Uint8Array.of(1, 0, 0), '\0'] as never, (list) => {
      expect([...list]).toEqual(['a\0\0', Uint8Array.of(1, 0, 0), '\0']);
      list[0] = '\0b\0';
      expect(list[0]).toBe('\0b\0');
    });
  });

  test('refuses what cannot be an element, and nothing has changed then', () => {
    withList([1n, 'text'] as never, (list) => {
      const before = held();
      for (const value of [{}, [1], undefined, () => 1, Symbol('s'), new Map()]) {
        expect(() => list.set(0, value as never)).toThrow(TypeError);
        expect(() => new ShareableList([1, value as never])).toThrow(TypeError);
      }
      for (const value of [2n ** 63n, -(2n ** 63n) - 1n, 'lone \ud800']) {
        expect(() => list.set(0, value)).toThrow(ValueError);
        expect(() => new ShareableList([1, value])).toThrow(ValueError);
      }
      expect(() => new ShareableList(5 as never)).toThrow(TypeError);
      expect([...list]).toEqual([1n, 'text']);
      expect(held()).toEqual(before);
    });
  });

  test('has no append: its length is fixed', () => {
    withList([1] as never, (list) => expect('append' in list).toBe(false));
  });

  test('finds and counts values by what is in them', () => {
    withList([1, 'a', 1, Uint8Array.of(1), null, true, 1n, Number.NaN] as never, (list) => {
      expect([list.count(1), list.count('a'), list.count(5), list.count(Uint8Array.of(1))]).toEqual([2, 1, 0, 1]);
      expect([list.index(1), list.index(Buffer.of(1)), list.index(null), list.index(true), list.index(1n)]).toEqual([
        0, 3, 4, 5, 6,
      ]);
      expect(() => list.index('b')).toThrow(ValueError);
      expect(() => list.index(false)).toThrow(ValueError);
    });
  });

  test('says in its format what is in it, as Python does', () => {
    withList([1.5, 2n, true, null, 'text', new Uint8Array(8)] as never, (list) => {
      expect(list.format).toBe('dqxxxxxxx?xxxxxx?x8s16s');
      list[0] = 'text';
      expect(list.format).toBe('8sqxxxxxxx?xxxxxx?x8s16s');
    });
    withList([], (list) => expect([list.format, list.length, [...list]]).toEqual(['', 0, []]));
  });

  test('is found by its name', () => {
    using list = new ShareableList<string | number>([1, 'two'], { name: 'a list' });
    using again = new ShareableList<string | number>(null, { name: 'a list' });
    again[0] = 5;
    list[1] = '2';
    expect([[...again], [...list]]).toEqual([
      [5, '2'],
      [5, '2'],
    ]);
    expect(() => new ShareableList([1], { name: 'a list' })).toThrow(FileExistsError);
    list.shm.unlink();
    expect(() => new ShareableList(undefined, { name: 'a list' })).toThrow(FileNotFoundError);
    expect([...again]).toEqual([5, '2']);
  });

  test('is a shared memory: its name, its bytes, closed by closing that', () => {
    using list = new ShareableList([1]);
    using memory = new SharedMemory(list.shm.name);
    expect([memory.size, memory.id]).toEqual([list.shm.size, list.id]);
    expect(list.shm).toBeInstanceOf(SharedMemory);
    list.shm.close();
    list.shm.unlink();
    expect(list.shm.buf).toBe(null);
    for (const call of [() => list[0], () => list.set(0, 1), () => [...list], () => list.format, () => list.count(1)])
      expect(call).toThrow(ValueError);
    expect(() => new SharedMemory(memory.name)).toThrow(FileNotFoundError);
  });

  test('cannot be made of memory that holds no list', () => {
    for (const size of [1, 8, 4000]) {
      using memory = new SharedMemory('no list', true, size);
      const before = held();
      expect(() => new ShareableList(undefined, { name: 'no list' })).toThrow(ValueError);
      expect(held()).toEqual(before);
      memory.unlink();
    }
  });

  test('arrives as a live list where it is sent', () => {
    withList([1, 'two'] as never, (list) => {
      using queue = new Queue<{ list: ShareableList }>();
      queue.put({ list });
      using got = queue.get().list;
      expect(got).toBeInstanceOf(ShareableList);
      got[1] = 'new';
      expect([...list]).toEqual([1, 'new']);
      using from = ShareableList.from(list.handle());
      expect([...from]).toEqual([1, 'new']);
    });
  });

  test('shows what is in it', () => {
    withList([1, 'two'] as never, (list) => {
      expect(JSON.stringify(list)).toBe('[1,"two"]');
      expect(inspect(list)).toBe(`ShareableList '${list.name}' [ 1, 'two' ]`);
      list.close();
      expect(inspect(list)).toBe(`<ShareableList '${list.name}', closed>`);
    });
  });

  test('ends a write that a dead worker had decided, before anything else', () => {
    withList(['old', 'other'] as never, (list) => {
      const { buffer, byteOffset, length } = list.buf as Uint8Array;
      const words = new Int32Array(buffer, byteOffset, length >> 2);
      const [pending, spare] = [2, (words[3] as number) >> 2];
      list[1] = 'newer';
      // The spare slot has what was written last. So much a death leaves behind between the decision and the
      // copy.
      expect(words[spare + 1]).toBe(5);
      words[pending] = 1;
      expect(list[0]).toBe('newer');
      expect([...list]).toEqual(['newer', 'newer']);
      expect(words[pending]).toBe(0);
    });
  });

  test('gives its memory back', () => {
    withList([], () => {});
    const before = held();
    for (let i = 0; i < 30; i++) withList(values as never, (list) => list.set(0, i));
    expect(held()).toEqual(before);
  });
});
