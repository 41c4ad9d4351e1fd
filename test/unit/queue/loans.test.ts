/** Bytes in place: slots, leases, and items that are copied into a buffer of the caller's. */
import {
  BufferTooShort,
  Empty,
  Full,
  heap,
  Lease,
  LifoQueue,
  PriorityQueue,
  Queue,
  ShutDown,
  SimpleQueue,
  Slot,
  ValueError,
} from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { rejectionsOf, thrownBy } from '../../support/thrown-by.ts';
import { classes, turn } from './flavours.ts';

/** Below, at and above where an item gets a block of its own; the last in runs of pages. */
const LENGTHS = [0, 1, 7, 8, 15, 16, 17, 64, 1000, 2047, 2048, 2049, 5000, 8192, 65536, 3_000_000];

/** Bytes that say which they are. */
function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 7 + (i >> 8)) & 255;
  return bytes;
}

const isEqual = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

function send(queue: Queue<unknown>, bytes: Uint8Array): void {
  const slot = queue.reserve(bytes.length);
  slot.bytes.set(bytes);
  slot.commit();
}

/** What a lease lends, copied. */
function receive(queue: Queue<unknown>): Uint8Array {
  using lease = queue.lease();
  return new Uint8Array(lease.bytes);
}

const every = [...classes, ['LifoQueue', LifoQueue], ['SimpleQueue', SimpleQueue], ['its like', multiprocessing.SimpleQueue]] as [
  string,
  typeof Queue,
][];

describe.each(every)('%s', (_, Kind) => {
  test.each(LENGTHS)('takes and gives %i bytes in place, whoever is on the other side', (length) => {
    using queue = new Kind<unknown>();
    const bytes = pattern(length);
    const into = new Uint8Array(length + 3).fill(99);
    const shared = new Uint8Array(new SharedArrayBuffer(length + 3)).fill(99);

    send(queue, bytes);
    expect(isEqual(queue.get() as Uint8Array, bytes)).toBe(true);
    send(queue, bytes);
    expect(isEqual(receive(queue), bytes)).toBe(true);
    queue.put(bytes);
    expect(isEqual(receive(queue), bytes)).toBe(true);
    for (const target of [into, shared]) {
      for (const put of [() => send(queue, bytes), () => queue.put(bytes)]) {
        put();
        expect(queue.getInto(target)).toBe(length);
        expect(isEqual(target.subarray(0, length), bytes)).toBe(true);
        expect([...target.subarray(length)]).toEqual([99, 99, 99]);
        target.fill(99);
      }
    }
    expect(queue.empty()).toBe(true);
  });

  test('puts fewer bytes than were reserved, if told so', () => {
    using queue = new Kind<unknown>();
    for (const [reserved, used] of [
      [10, 3],
      [10, 0],
      [2048, 2047],
      [5000, 2500],
      [5000, 2048],
      [5000, 1],
      [100_000, 99_999],
    ] as const) {
      const slot = queue.reserve(reserved);
      expect(slot.bytes.length).toBe(reserved);
      slot.bytes.set(pattern(reserved));
      slot.commit(used);
      expect(isEqual(queue.get() as Uint8Array, pattern(reserved).subarray(0, used))).toBe(true);
    }
  });

  test('has many slots and leases at a time, which end in any order', () => {
    using queue = new Kind<unknown>();
    const lengths = [5, 3000, 2048, 100, 70_000, 1, 9, 2049, 300, 20];
    const slots = lengths.map((length) => queue.reserve(length));
    for (const [i, slot] of slots.entries()) slot.bytes.set(pattern(lengths[i] as number, i));
    expect(queue.qsize()).toBe(0);
    const order = [3, 0, 9, 4, 8, 1, 7, 2, 6, 5];
    for (const i of order) (slots[i] as Slot).commit();
    expect(queue.qsize()).toBe(lengths.length);
    const leases = lengths.map(() => queue.lease());
    const came = leases.map(({ bytes }) => lengths.indexOf(bytes.length));
    expect(came).toEqual(queue instanceof LifoQueue ? [...order].reverse() : order);
    for (const [i, lease] of leases.entries()) expect(isEqual(lease.bytes, pattern(lease.bytes.length, came[i]))).toBe(true);
    for (const i of [2, 9, 0, 1, 8, 5, 3, 4, 7, 6]) (leases[i] as Lease).release();
  });

  test('leaves a value where it is that is not bytes, and says so', () => {
    using queue = new Kind<unknown>();
    for (const value of [
      5,
      'text',
      { a: 1 },
      undefined,
      null,
      true,
      Uint16Array.of(1, 2),
      [new Uint8Array(3)],
      'x'.repeat(5000),
    ]) {
      queue.put(value);
      expect(() => queue.lease()).toThrow(TypeError);
      expect(() => queue.lease(1)).toThrow(/lease\(\) cannot take it/);
      expect(() => queue.getInto(new Uint8Array(10_000))).toThrow(TypeError);
      expect(() => queue.getInto(new Uint8Array(0))).toThrow(/getInto\(\) cannot take it/);
      expect(queue.get()).toEqual(value);
    }
  });

  test('leaves an item where it is that is too long for a buffer, and says how long it is', () => {
    using queue = new Kind<unknown>();
    for (const length of [1, 20, 2048, 2049, 100_000]) {
      queue.put(pattern(length));
      const target = new Uint8Array(length - 1);
      const error = thrownBy(() => queue.getInto(target)) as BufferTooShort;
      expect(error).toBeInstanceOf(BufferTooShort);
      expect(error.length).toBe(length);
      expect(target.every((byte) => byte === 0)).toBe(true);
      expect(queue.qsize()).toBe(1);
      expect(queue.getInto(new Uint8Array(error.length))).toBe(length);
    }
  });

  test('counts its tasks as of any item', () => {
    using queue = new Kind<unknown>();
    send(queue, pattern(3));
    queue.reserve(3)[Symbol.dispose]();
    expect(queue.unfinishedTasks).toBe(1);
    receive(queue);
    queue.taskDone();
    expect(queue.join(0)).toBe(true);
  });

  test('that is shut down has no slots, gives what is in it, and then says so', () => {
    using queue = new Kind<unknown>();
    const slot = queue.reserve(5);
    send(queue, pattern(4));
    send(queue, pattern(4000));
    queue.shutdown();
    expect(() => queue.reserve(1)).toThrow(ShutDown);
    expect(() => slot.commit()).toThrow(ShutDown);
    slot[Symbol.dispose]();
    expect(receive(queue).length + queue.getInto(new Uint8Array(4000))).toBe(4004);
    expect(() => queue.lease()).toThrow(ShutDown);
    expect(() => queue.getInto(new Uint8Array(1))).toThrow(ShutDown);
  });

  test('says Empty when nothing comes in time', () => {
    using queue = new Kind<unknown>();
    for (const timeout of [0, 0.01]) {
      expect(() => queue.lease(timeout)).toThrow(Empty);
      expect(() => queue.getInto(new Uint8Array(1), timeout)).toThrow(Empty);
    }
  });

  test('that is closed lends nothing, and takes no slot', () => {
    const queue = new Kind<unknown>();
    const slots = [queue.reserve(5), queue.reserve(5000)];
    send(queue, pattern(3000));
    const lease = queue.lease();
    queue.close();
    expect(() => queue.reserve(1)).toThrow(ValueError);
    expect(() => queue.lease()).toThrow(ValueError);
    expect(() => queue.getInto(new Uint8Array(1))).toThrow(ValueError);
    for (const slot of slots) {
      expect(() => slot.commit()).toThrow(ValueError);
      slot.bytes[0] = 1;
      slot[Symbol.dispose]();
    }
    expect(isEqual(lease.bytes, pattern(3000))).toBe(true);
    lease.release();
  });
});

describe.each(every.slice(0, -2))('%s with a maxsize', (_, Kind) => {
  test('is not filled by slots, but by what is committed', () => {
    using queue = new Kind<unknown>(2);
    const [first, second, third] = [queue.reserve(1), queue.reserve(3000), queue.reserve(2)] as [Slot, Slot, Slot];
    second.commit();
    first.commit();
    expect(() => queue.reserve(1, 0)).toThrow(Full);
    expect(() => queue.reserve(1, 0.01)).toThrow(Full);
    expect(() => third.commit(1, 0)).toThrow(Full);
    // It may be tried again.
    third.bytes.set([7, 8]);
    queue.get();
    third.commit();
    expect(queue.qsize()).toBe(2);
    expect(() => third.commit()).toThrow(ValueError);
  });
});

describe('a slot', () => {
  test('that is committed or disposed of is a ValueError, but for disposing of it again', () => {
    using queue = new Queue<unknown>();
    for (const length of [5, 5000]) {
      for (const end of [(slot: Slot) => slot.commit(), (slot: Slot) => slot[Symbol.dispose]()]) {
        const slot = queue.reserve(length);
        end(slot);
        expect(() => slot.bytes).toThrow(ValueError);
        expect(() => slot.commit()).toThrow(ValueError);
        expect(() => slot.commit(0)).toThrow(ValueError);
        slot[Symbol.dispose]();
        slot[Symbol.dispose]();
      }
    }
    expect(queue.qsize()).toBe(2);
  });

  test('answers the same view each time', () => {
    using queue = new Queue<unknown>();
    using slot = queue.reserve(10);
    expect(slot.bytes).toBe(slot.bytes);
    expect(slot.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(Object.prototype.toString.call(slot.bytes)).toBe('[object Uint8Array]');
  });

  test('has copied into it what is a view or a buffer, if it fits', () => {
    using queue = new Queue<unknown>();
    for (const length of [10, 3000, 50_000]) {
      using slot = queue.reserve(length);
      const bytes = pattern(length);
      slot.write(bytes);
      expect(isEqual(slot.bytes, bytes)).toBe(true);
      slot.write(Uint16Array.of(0x0201, 0x0403), length - 4);
      expect([...slot.bytes.subarray(length - 4)]).toEqual([1, 2, 3, 4]);
      slot.write(Uint8Array.of(9).buffer);
      slot.write(new Uint8Array(0), length);
      expect(slot.bytes[0]).toBe(9);
      expect(isEqual(slot.bytes.subarray(1, length - 4), bytes.subarray(1, length - 4))).toBe(true);
      for (const [source, offset] of [
        [bytes, 1],
        [bytes, -1],
        [new Uint8Array(length + 1), 0],
        [Uint8Array.of(1), length],
      ] as const)
        expect(() => slot.write(source, offset)).toThrow(ValueError);
      for (const wrong of [undefined, 5, 'text', [1]]) expect(() => slot.write(wrong as never)).toThrow(TypeError);
      expect(() => slot.write(bytes, 0.5)).toThrow(TypeError);
      slot.commit();
      expect(() => slot.write(bytes)).toThrow(ValueError);
    }
  });

  test('refuses a length that it has not, and stays as it was', () => {
    using queue = new Queue<unknown>();
    using slot = queue.reserve(10);
    for (const wrong of [11, -1, 2 ** 31]) expect(() => slot.commit(wrong)).toThrow(ValueError);
    for (const wrong of [1.5, Number.NaN, '3', null]) expect(() => slot.commit(wrong as number)).toThrow(TypeError);
    expect(() => slot.commit(1, -1)).toThrow(ValueError);
    slot.commit(10);
    expect((queue.get() as Uint8Array).length).toBe(10);
  });

  test('is of a whole number of bytes, as many as one block may have', () => {
    using queue = new Queue<unknown>();
    for (const wrong of [-1, 2 ** 31]) expect(() => queue.reserve(wrong)).toThrow(ValueError);
    for (const wrong of [1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', undefined])
      expect(() => queue.reserve(wrong as number)).toThrow(TypeError);
    expect(() => queue.reserve(2 ** 31 - 1)).toThrow(expect.objectContaining({ name: 'MemoryError' }));
    expect(() => queue.reserve(1, -1)).toThrow(ValueError);
  });

  test('cannot be made or sent, and shows what it is', () => {
    using queue = new Queue<unknown>();
    expect(() => new (Slot as unknown as new () => Slot)()).toThrow(TypeError);
    expect(() => new (Lease as unknown as new () => Lease)()).toThrow(TypeError);
    const slot = queue.reserve(10);
    expect(slot).toBeInstanceOf(Slot);
    expect(() => queue.put({ slot })).toThrow(TypeError);
    expect(`${slot}`).toBe('<Slot, 10 bytes>');
    slot.commit();
    expect(`${slot}`).toBe('<Slot, gone>');
    const lease = queue.lease();
    expect(lease).toBeInstanceOf(Lease);
    expect(() => queue.put(lease)).toThrow(TypeError);
    expect(`${lease}`).toBe('<Lease, 10 bytes>');
    lease.release();
    expect(queue.qsize()).toBe(0);
  });

  test('may be put into another queue while it is written, as any bytes', () => {
    using queue = new Queue<unknown>();
    using other = new Queue<unknown>();
    for (const length of [1, 8, 100, 2048, 2049, 70_000]) {
      using slot = queue.reserve(length);
      slot.bytes.set(pattern(length));
      other.put(slot.bytes);
      other.put(slot.bytes.subarray(1));
      other.put({ bytes: Buffer.from(slot.bytes) });
      slot.bytes.fill(0);
      expect(isEqual(other.get() as Uint8Array, pattern(length))).toBe(true);
      expect(isEqual(other.get() as Uint8Array, pattern(length).subarray(1))).toBe(true);
      other.get();
    }
  });
});

describe('a lease', () => {
  test('that was given back is a ValueError, but for disposing of it again', () => {
    using queue = new Queue<unknown>();
    for (const length of [5, 5000]) {
      for (const end of [(lease: Lease) => lease.release(), (lease: Lease) => lease[Symbol.dispose]()]) {
        queue.put(pattern(length));
        const lease = queue.lease();
        end(lease);
        expect(() => lease.bytes).toThrow(ValueError);
        expect(() => lease.release()).toThrow(ValueError);
        lease[Symbol.dispose]();
      }
    }
  });

  test('is a buffer to get into, too', () => {
    using queue = new Queue<unknown>();
    for (const length of [10, 2048, 5000]) {
      queue.put(new Uint8Array(length));
      using lease = queue.lease();
      queue.put(pattern(length));
      expect(queue.getInto(lease.bytes)).toBe(length);
      expect(isEqual(lease.bytes, pattern(length))).toBe(true);
      queue.put(pattern(5));
      expect(queue.getInto(lease.bytes.subarray(3, 8))).toBe(5);
      expect(isEqual(lease.bytes.subarray(3, 8), pattern(5))).toBe(true);
      expect(isEqual(lease.bytes.subarray(8), pattern(length).subarray(8))).toBe(true);
    }
  });
});

describe('getInto', () => {
  test('takes views of any kind, and buffers', () => {
    using queue = new Queue<unknown>();
    const bytes = pattern(24);
    const memory = new ArrayBuffer(40);
    const targets = [
      new Uint8Array(memory, 8, 24),
      Buffer.from(memory, 8, 24),
      new Float64Array(memory, 8, 3),
      new Int8Array(memory, 8, 24),
      new Uint8ClampedArray(memory, 8, 24),
      new BigUint64Array(memory, 8, 3),
      new DataView(memory, 8, 24),
    ];
    for (const target of targets) {
      new Uint8Array(memory).fill(0);
      queue.put(bytes);
      expect(queue.getInto(target)).toBe(24);
      expect(isEqual(new Uint8Array(memory, 8, 24), bytes)).toBe(true);
      expect(new Uint8Array(memory)[32]).toBe(0);
    }
    for (const buffer of [memory, new SharedArrayBuffer(40)]) {
      queue.put(bytes);
      expect(queue.getInto(buffer)).toBe(24);
      expect(isEqual(new Uint8Array(buffer, 0, 24), bytes)).toBe(true);
    }
  });

  test('refuses what is neither, and leaves the item', () => {
    using queue = new Queue<unknown>();
    queue.put(pattern(3));
    const detached = new Uint8Array(10);
    structuredClone(detached, { transfer: [detached.buffer] });
    for (const wrong of [undefined, null, 5, 'text', [1, 2], {}, detached])
      expect(() => queue.getInto(wrong as never)).toThrow(TypeError);
    expect(queue.qsize()).toBe(1);
  });
});

describe('a PriorityQueue', () => {
  test('has no slots, and nothing that is bytes', () => {
    using queue = new PriorityQueue<unknown>();
    expect(() => queue.reserve(1)).toThrow(TypeError);
    queue.put([1, pattern(3)]);
    expect(() => queue.lease()).toThrow(TypeError);
    expect(() => queue.getInto(new Uint8Array(9))).toThrow(TypeError);
    expect(queue.get()).toEqual([1, pattern(3)]);
  });
});

describe('the async twins', () => {
  test('do the same, and wait', async () => {
    using queue = new Queue<unknown>(1);
    for (const length of [10, 5000]) {
      const slot = await queue.reserveAsync(length);
      const leased = queue.leaseAsync();
      slot.bytes.set(pattern(length));
      await slot.commitAsync();
      const lease = await leased;
      expect(isEqual(lease.bytes, pattern(length))).toBe(true);
      lease.release();

      const into = new Uint8Array(length);
      const got = queue.getIntoAsync(into);
      send(queue, pattern(length));
      expect(await got).toBe(length);
      expect(isEqual(into, pattern(length))).toBe(true);
    }
  });

  test('wait for room', async () => {
    using queue = new Queue<unknown>(1);
    queue.put('in');
    const reserved = queue.reserveAsync(3);
    await turn();
    expect(queue.get()).toBe('in');
    const slot = await reserved;
    queue.put('before it');
    const committed = slot.commitAsync();
    expect(() => slot.bytes).toThrow(ValueError);
    expect(() => slot.commit()).toThrow(ValueError);
    await turn();
    expect(queue.get()).toBe('before it');
    await committed;
    expect((queue.get() as Uint8Array).length).toBe(3);
  });

  test('reject as the others throw', async () => {
    using queue = new Queue<unknown>(1);
    await expect(queue.leaseAsync(0)).rejects.toThrow(Empty);
    await expect(queue.getIntoAsync(new Uint8Array(1), 0.01)).rejects.toThrow(Empty);
    await expect(queue.getIntoAsync(5 as never)).rejects.toThrow(TypeError);
    await expect(queue.reserveAsync(-1)).rejects.toThrow(ValueError);
    await expect(queue.reserveAsync(1, -1)).rejects.toThrow(ValueError);
    const slot = await queue.reserveAsync(1);
    queue.put('value');
    await expect(queue.reserveAsync(1, 0.01)).rejects.toThrow(Full);
    await expect(queue.leaseAsync()).rejects.toThrow(/lease\(\) cannot take it/);
    await expect(queue.getIntoAsync(new Uint8Array(1))).rejects.toThrow(TypeError);
    await expect(slot.commitAsync(2)).rejects.toThrow(ValueError);
    await expect(slot.commitAsync(1, 0.01)).rejects.toThrow(Full);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const waits = [queue.reserveAsync(1, null, options), slot.commitAsync(1, null, options)];
    controller.abort(new Error('enough'));
    for (const error of await rejectionsOf(waits)) expect(String(error)).toContain('enough');
    await expect(queue.leaseAsync(null, options)).rejects.toThrow('enough');
    queue.get();
    queue.put(new Uint8Array(50));
    await expect(queue.getIntoAsync(new Uint8Array(1))).rejects.toThrow(BufferTooShort);
    queue.get();
    // What failed may be tried again.
    slot.bytes[0] = 7;
    await slot.commitAsync();
    expect(queue.get()).toEqual(Uint8Array.of(7));
    queue.shutdown();
    await expect(queue.leaseAsync()).rejects.toThrow(ShutDown);
    await expect(queue.reserveAsync(1)).rejects.toThrow(ShutDown);
  });

  test('give up a slot that is disposed of while its commit waits, when that fails', async () => {
    using queue = new Queue<unknown>(1);
    const length = 500_000;
    queue.put('in');
    const before = heap.stats().bytesInUse;
    const slot = queue.reserveAsync(length);
    queue.get();
    const reserved = await slot;
    queue.put('in');
    const committed = reserved.commitAsync(length, 0.02);
    reserved[Symbol.dispose]();
    expect(heap.stats().bytesInUse - before).toBeGreaterThan(length);
    await expect(committed).rejects.toThrow(Full);
    expect(heap.stats().bytesInUse - before).toBeLessThan(length);
    expect(() => reserved.bytes).toThrow(ValueError);
  });
});

describe('memory', () => {
  test('goes round: nothing is left of slots and leases, but a few for the next ones', () => {
    using queue = new Queue<unknown>();
    const round = () => {
      for (const length of LENGTHS) {
        send(queue, pattern(length));
        receive(queue);
        queue.reserve(length)[Symbol.dispose]();
        send(queue, pattern(length));
        queue.getInto(new Uint8Array(length));
      }
      const many = range(20).map(() => queue.reserve(100));
      for (const slot of many) slot[Symbol.dispose]();
    };
    round();
    const before = heap.stats().bytesInUse;
    for (let i = 0; i < 3; i++) round();
    expect(heap.stats().bytesInUse).toBe(before);
  });

  test('that a slot or a lease has is this worker’s until it gives it back', () => {
    const queue = new Queue<unknown>();
    const before = heap.stats().bytesInUse;
    const slot = queue.reserve(100_000);
    expect(heap.stats().bytesInUse).toBeGreaterThanOrEqual(before + 100_000);
    slot.commit();
    const lease = queue.lease();
    queue.close();
    expect(heap.stats().bytesInUse).toBeGreaterThanOrEqual(before + 90_000);
    lease.release();
    expect(heap.stats().bytesInUse).toBeLessThanOrEqual(before);
  });

  test('of the heap may grow while a slot is written', () => {
    using queue = new Queue<unknown>();
    const slot = queue.reserve(3000);
    const { bytes } = slot;
    bytes.set(pattern(3000));
    using _large = queue.reserve(50_000_000);
    expect(isEqual(bytes, pattern(3000))).toBe(true);
    bytes[0] = 77;
    slot.commit();
    expect((queue.get() as Uint8Array)[0]).toBe(77);
  });
});
