/**
 * Every packed field at its limit, and one above: what does not fit is refused before anything has changed.
 */
import {
  Barrier,
  BoundedSemaphore,
  Dict,
  Event,
  heap,
  List,
  Lock,
  Pipe,
  Pool,
  PriorityQueue,
  Queue,
  Semaphore,
  Array as SharedArray,
  Thread,
  Value,
} from 'nogil';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { thrownBy } from '../../support/thrown-by.ts';

const MOST = 32_767;

describe('handles in one value', () => {
  let events: Event[];
  beforeAll(() => {
    events = Array.from({ length: MOST + 1 }, () => heap.keep(new Event()));
  });
  afterAll(() => {
    for (const each of events) each.close();
  });
  const many = () => events.slice(0, MOST);

  test('are carried up to 32 767', () => {
    const queue = new Queue<Event[]>();
    queue.put(many());
    const got = queue.get();
    expect([got.length, queue.qsize(), got[MOST - 1]?.id]).toEqual([MOST, 0, events[MOST - 1]?.id]);
    for (const each of got) each.close();
  });

  test('one more is refused everywhere, and nothing has changed', () => {
    const queue = new Queue<Event[]>();
    const priority = new PriorityQueue<unknown>();
    const [left, right] = Pipe();
    const dict = new Dict<string, unknown>({ key: 1 });
    const list = new List<unknown>([1]);
    const thread = new Thread({ target: (each: unknown) => each, args: [events] as never });
    using pool = new Pool(1);
    const same = (each: unknown) => each;
    // Its worker has a slot and a scratch of 64 KiB, and it has read the function.
    expect(pool.apply(same, [1])).toBe(1);
    const before = heap.stats();
    const puts: (() => unknown)[] = [
      () => queue.put(events),
      () => queue.putMany([[], events]),
      () => priority.put([1, events]),
      () => left.send(events),
      () => dict.set('key', events),
      () => dict.setdefault('other', events),
      () => list.append(events),
      () => list.extend([1, events]),
      () => thread.start(),
      () => pool.apply(same, [events]),
    ];
    for (const put of puts) {
      const error = thrownBy(put) as Error;
      expect([error.name, error.message], String(put)).toEqual([
        'ValueError',
        expect.stringContaining('32768 handles in one value: it may hold 32767'),
      ]);
    }
    expect([queue.qsize(), priority.qsize(), right.poll(), dict.get('key'), dict.size, [...list]]).toEqual([
      0,
      0,
      false,
      1,
      1,
      [1],
    ]);
    const after = heap.stats();
    expect([after.objects, after.bytesInUse]).toEqual([before.objects, before.bytesInUse]);
  });

  test('are found again without looking through all of them: two mentions are one', () => {
    const queue = new Queue<Event[]>();
    const twice = [...events.slice(0, 8000), ...events.slice(0, 8000)];
    queue.put(twice);
    const got = queue.get();
    expect([got.length, new Set(got).size, got[0] === got[8000]]).toEqual([16000, 8000, true]);
  });
});

describe('numbers', () => {
  const errorOf = (make: () => unknown) => (thrownBy(make) as Error).name;

  test('maxsize', () => {
    expect(new Queue(0x7fffffff).maxsize).toBe(0x7fffffff);
    expect(errorOf(() => new Queue(0x80000000))).toBe('ValueError');
    expect(errorOf(() => Pipe(true, { maxsize: 0x80000000 }))).toBe('ValueError');
    const one = new Queue(1);
    one.put(1);
    expect(errorOf(() => one.putNowait(2))).toBe('Full');
  });

  test('parties of a barrier', () => {
    expect(new Barrier(65535).parties).toBe(65535);
    expect(errorOf(() => new Barrier(65536))).toBe('ValueError');
  });

  test('permits of a semaphore', () => {
    const semaphore = new Semaphore(0x7fffffff);
    expect(errorOf(() => semaphore.release())).toBe('ValueError');
    expect([semaphore.getValue(), semaphore.acquire()]).toEqual([0x7fffffff, true]);
    semaphore.release();
    expect(errorOf(() => semaphore.release(0x7fffffff))).toBe('ValueError');
    expect(semaphore.getValue()).toBe(0x7fffffff);
    expect(errorOf(() => new Semaphore(0x80000000))).toBe('ValueError');
    expect(errorOf(() => new BoundedSemaphore(0x7fffffff).release())).toBe('ValueError');
  });

  test('timeouts as long as numbers go', () => {
    const event = new Event();
    event.set();
    for (const seconds of [2 ** 31, 2 ** 53, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) expect(event.wait(seconds)).toBe(true);
    expect(errorOf(() => event.wait(Number.NaN))).toBe('ValueError');
    expect(new Lock().acquire(true, Number.MAX_VALUE)).toBe(true);
  });

  test('workers of a pool', () => {
    expect(errorOf(() => new Pool(1025))).toBe('ValueError');
    expect(errorOf(() => new Pool(2 ** 31))).toBe('ValueError');
  });

  test('elements of an array', () => {
    const before = heap.stats().bytesInUse;
    for (const size of [2 ** 31 - 1, 2 ** 28]) expect(errorOf(() => new Array8(size))).toBe('MemoryError');
    expect(errorOf(() => new Array8(2 ** 31))).toBe('ValueError');
    expect(heap.stats().bytesInUse).toBe(before);
    expect(new Value('Q', 2n ** 64n - 1n).value).toBe(2n ** 64n - 1n);
  });
});

class Array8 extends SharedArray<'d'> {
  constructor(size: number) {
    super('d', size);
  }
}

describe('bytes', () => {
  test.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 8, 2 ** 32])(
    'a Uint8Array of %i bytes is a MemoryError that names its size',
    (length) => {
      // Never touched: it costs address space only.
      const bytes = new Uint8Array(length);
      const queue = new Queue<unknown>();
      const dict = new Dict<string, unknown>();
      const [left] = Pipe();
      const before = heap.stats().bytesInUse;
      for (const put of [
        () => queue.put(bytes),
        () => dict.set('a', bytes),
        () => left.sendBytes(bytes),
        () => queue.put({ bytes }),
      ]) {
        const error = thrownBy(put) as Error;
        expect([error.name, Number(/\((\d+) bytes wanted/.exec(error.message)?.[1]) >= length], String(put)).toEqual([
          'MemoryError',
          true,
        ]);
      }
      expect([queue.qsize(), dict.size]).toEqual([0, 0]);
      // What the tests before have dropped may be collected meanwhile.
      expect(heap.stats().bytesInUse).toBeLessThanOrEqual(before);
    },
  );

  test('a view out of the bounds of its resizable buffer is refused wherever it stands', () => {
    const Resizable = ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer & { resize(n: number): void };
    const buffer = new Resizable(16, { maxByteLength: 16 });
    const views = [new Uint8Array(buffer, 8, 8), new Int32Array(buffer, 8, 2), new DataView(buffer, 8, 8)];
    const empty = new Uint8Array(buffer, 4, 0);
    buffer.resize(4);
    const queue = new Queue<unknown>();
    const [left, right] = Pipe();
    for (const view of views) {
      const name = view.constructor.name;
      for (const item of [view, { deep: [view] }]) {
        const error = thrownBy(() => queue.put(item)) as Error;
        expect([error.name, error.message]).toEqual(['TypeError', expect.stringContaining(`${name} that is out of the bounds`)]);
      }
      expect(() => left.sendBytes(view)).toThrow('out of the bounds');
    }
    queue.put({ empty });
    expect([queue.qsize(), (queue.get() as { empty: Uint8Array }).empty.length, right.poll()]).toEqual([1, 0, false]);
  });
});
