import {
  FileExistsError,
  FileNotFoundError,
  heap,
  MemoryError,
  OSError,
  Queue,
  RawArray,
  SharedMemory,
  SharedMemoryManager,
  ValueError,
} from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';

/** A block of its own for a test, gone at its end. */
function withMemory(size: number, fn: (memory: SharedMemory) => void, name?: string): void {
  using memory = new SharedMemory(name, true, size);
  try {
    fn(memory);
  } finally {
    unlinkIfNamed(memory);
  }
}

function unlinkIfNamed(memory: SharedMemory): void {
  try {
    memory.unlink();
  } catch (error) {
    if (!(error instanceof FileNotFoundError)) throw error;
  }
}

describe('SharedMemory', () => {
  test('is made of zeros, of exactly the size that was asked for, and with a name that nobody has', () => {
    withMemory(13, (memory) => {
      expect(memory.size).toBe(13);
      expect([...(memory.buf as Uint8Array)]).toEqual(new Array(13).fill(0));
      expect(memory.name).toMatch(/^psm_[0-9a-f]{8}$/);
      withMemory(13, (other) => expect(other.name).not.toBe(memory.name));
    });
  });

  test('is found by its name, and is the same bytes', () => {
    withMemory(
      100,
      (memory) => {
        using again = new SharedMemory('found by its name');
        (memory.buf as Uint8Array)[99] = 7;
        expect(again.buf?.[99]).toBe(7);
        (again.buf as Uint8Array).fill(3);
        expect([...(memory.buf as Uint8Array)]).toEqual(new Array(100).fill(3));
        expect([again.name, again.size, again.id]).toEqual([memory.name, 100, memory.id]);
      },
      'found by its name',
    );
  });

  test.each(['a/b', '/slash', 'schön €', '\u{1f35e}', 'lone \ud800', '__proto__', 'x'.repeat(3000)])(
    'may be called %j',
    (name) => {
      withMemory(
        3,
        (memory) => {
          using again = new SharedMemory(name);
          expect([memory.name, again.name, again.id]).toEqual([name, name, memory.id]);
        },
        name,
      );
    },
  );

  test('ignores the size when it attaches', () => {
    withMemory(10, (memory) => {
      using again = new SharedMemory(memory.name, false, 5000);
      expect(again.size).toBe(10);
    });
  });

  test('refuses sizes that are none', () => {
    expect(() => new SharedMemory('x', true, -1)).toThrow(ValueError);
    expect(() => new SharedMemory('x', false, -1)).toThrow(ValueError);
    expect(() => new SharedMemory('x', true, 0)).toThrow(ValueError);
    expect(() => new SharedMemory('x', true)).toThrow(ValueError);
    expect(() => new SharedMemory('x', true, 1.5)).toThrow(TypeError);
    expect(() => new SharedMemory('x', true, '9' as never)).toThrow(TypeError);
    expect(() => new SharedMemory('x')).toThrow(FileNotFoundError);
  });

  test('refuses names that are none', () => {
    for (const name of [undefined, null]) expect(() => new SharedMemory(name)).toThrow(ValueError);
    for (const create of [true, false]) {
      expect(() => new SharedMemory('a\0b', create, 1)).toThrow(ValueError);
      expect(() => new SharedMemory('', create, 1)).toThrow(ValueError);
      expect(() => new SharedMemory(5 as never, create, 1)).toThrow(TypeError);
      expect(() => new SharedMemory('x'.repeat(100_000), create, 1)).toThrow(ValueError);
    }
  });

  test('cannot be made under a name that is taken, and takes nothing for it', () => {
    withMemory(
      10,
      () => {
        const before = held();
        expect(() => new SharedMemory('taken', true, 20)).toThrow(FileExistsError);
        expect(() => new SharedMemory('taken', true, 20)).toThrow("there is shared memory called 'taken' already");
        expect(held()).toEqual(before);
      },
      'taken',
    );
  });

  test('cannot be found under a name that is nobody’s', () => {
    expect(() => new SharedMemory('nobody')).toThrow(FileNotFoundError);
    expect(() => new SharedMemory('nobody')).toThrow("no shared memory is called 'nobody'");
    expect(() => new SharedMemory('nobody')).toThrow(OSError);
    expect(() => new SharedMemory('nobody', false)).toThrow(multiprocessing.FileNotFoundError);
  });

  test('is a MemoryError when the heap cannot hold it, and leaves the name free', () => {
    expect(() => new SharedMemory('too large', true, 2 ** 31 - 1)).toThrow(MemoryError);
    withMemory(1, () => {}, 'too large');
  });

  test('has no buf after close, which may be called twice; its name and size stay', () => {
    withMemory(8, (memory) => {
      const again = new SharedMemory(memory.name);
      again.close();
      again.close();
      expect([again.buf, again.name, again.size]).toEqual([null, memory.name, 8]);
      expect(memory.buf).toBeInstanceOf(Uint8Array);
      expect(again.toString()).toBe(`<SharedMemory '${memory.name}', closed>`);
      expect(memory.toString()).toBe(`<SharedMemory '${memory.name}', 8 bytes>`);
    });
  });

  test('loses its name by unlink, the second of which is an error, while open handles stay good', () => {
    const memory = new SharedMemory('unlinked', true, 4);
    using again = new SharedMemory('unlinked');
    memory.unlink();
    expect(() => memory.unlink()).toThrow(FileNotFoundError);
    expect(() => again.unlink()).toThrow(FileNotFoundError);
    expect(() => new SharedMemory('unlinked')).toThrow(FileNotFoundError);
    (memory.buf as Uint8Array)[0] = 5;
    expect(again.buf?.[0]).toBe(5);
    memory.close();
    expect(again.buf?.[0]).toBe(5);
  });

  test('stays under its name when all handles are closed, and can be unlinked by a closed one', () => {
    const memory = new SharedMemory('stays', true, 4);
    (memory.buf as Uint8Array)[2] = 9;
    memory.close();
    const again = new SharedMemory('stays');
    expect(again.buf?.[2]).toBe(9);
    again.close();
    memory.unlink();
    expect(() => new SharedMemory('stays')).toThrow(FileNotFoundError);
  });

  test('takes its name from itself only: not from what was given it since', () => {
    const first = new SharedMemory('given again', true, 4);
    first.unlink();
    withMemory(
      4,
      (second) => {
        expect(() => first.unlink()).toThrow(FileNotFoundError);
        using found = new SharedMemory('given again');
        expect(found.id).toBe(second.id);
        first.close();
        expect(() => first.unlink()).toThrow(FileNotFoundError);
      },
      'given again',
    );
  });

  test('begins at a multiple of 16, so that all typed arrays may lie on it', () => {
    for (const size of [1, 7, 64, 1000, 70_000])
      withMemory(size, (memory) => expect((memory.buf as Uint8Array).byteOffset % 16).toBe(0));
    withMemory(80, ({ buf }) => {
      const doubles = new Float64Array((buf as Uint8Array).buffer, (buf as Uint8Array).byteOffset, 10);
      doubles.fill(1.5);
      expect([...(buf as Uint8Array).subarray(72)]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x3f]);
    });
  });

  test('stays good while the heap grows', () => {
    withMemory(1000, (memory) => {
      const { buf } = memory;
      const { bytesReserved } = heap.stats();
      using _large = new RawArray('B', bytesReserved);
      expect(heap.stats().bytesReserved).toBeGreaterThan(bytesReserved);
      using again = new SharedMemory(memory.name);
      (again.buf as Uint8Array)[999] = 4;
      (buf as Uint8Array)[0] = 5;
      expect([buf?.[999], memory.buf?.[999], again.buf?.[0]]).toEqual([4, 4, 5]);
    });
  });

  test('arrives attached where it is sent, also without a name', () => {
    withMemory(5, (memory) => {
      using queue = new Queue<SharedMemory>();
      memory.unlink();
      queue.put(memory);
      using got = queue.get();
      expect(got).toBeInstanceOf(SharedMemory);
      expect([got.name, got.size, got.id]).toEqual([memory.name, 5, memory.id]);
      using from = SharedMemory.from(memory.handle());
      (from.buf as Uint8Array)[4] = 1;
      expect(got.buf?.[4]).toBe(1);
    });
  });

  test('gives its memory back after unlink and close, in either order', () => {
    withMemory(1, () => {});
    const before = held();
    for (let i = 0; i < 50; i++) {
      const memory = new SharedMemory(`given back ${i % 3}`, true, 1 + i * 997);
      const again = new SharedMemory(memory.name);
      if (i % 2) memory.unlink();
      memory.close();
      again.close();
      if (i % 2 === 0) memory.unlink();
    }
    expect(held()).toEqual(before);
  });
});

describe('SharedMemoryManager', () => {
  test('unlinks at its end what it has made, and open handles stay good', () => {
    const manager = new SharedMemoryManager();
    const memory = manager.SharedMemory(10);
    const list = manager.ShareableList([1, 'two']);
    const gone = manager.SharedMemory(10);
    gone.unlink();
    using again = new SharedMemory(memory.name);
    list.close();
    manager.shutdown();
    manager.shutdown();
    for (const { name } of [memory, list, gone]) expect(() => new SharedMemory(name)).toThrow(FileNotFoundError);
    (memory.buf as Uint8Array)[1] = 1;
    expect(again.buf?.[1]).toBe(1);
    for (const each of [memory, gone]) each.close();
  });

  test('makes nothing more then, and ends with its block', () => {
    let name: string;
    let ended: SharedMemoryManager;
    {
      using manager = new SharedMemoryManager();
      ended = manager;
      using memory = manager.SharedMemory(3);
      name = memory.name;
    }
    expect(() => new SharedMemory(name)).toThrow(FileNotFoundError);
    expect(() => ended.SharedMemory(1)).toThrow(multiprocessing.AssertionError);
    expect(() => ended.ShareableList([])).toThrow(multiprocessing.AssertionError);
  });
});
