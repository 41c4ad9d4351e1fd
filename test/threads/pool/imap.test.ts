import { heap, Pool, Semaphore, TimeoutError, ValueError } from 'nogil';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { LONG, until } from '../../support/until.ts';
import { double, doubleLater, evenOnly, identity, pass, zeros } from './pool.workers.ts';
import { end } from './support.ts';

let pool: Pool;
beforeAll(() => {
  pool = new Pool(2);
});
afterAll(() => end(pool));

function* naturals() {
  for (let i = 0; ; i++) yield i;
}

const passOn = ([gate, value]: [Semaphore, unknown]) => {
  gate.acquire(true, 20);
  return value;
};

describe('imap', () => {
  test('answers the results in order, also where later ones come first', () => {
    const gate = new Semaphore(0);
    const open = new Semaphore(9);
    const results = pool.imap(passOn, [
      [gate, 'first'],
      [open, 'second'],
      [open, 'third'],
    ] as [Semaphore, unknown][]);
    expect(() => results.next(0.05)).toThrow(TimeoutError);
    gate.release();
    expect([...results]).toEqual(['first', 'second', 'third']);
  });

  test.each([1, 2, 7, 30])('answers all of them with a chunksize of %i', async (chunksize) => {
    for (const length of [1, 2, 100])
      expect([...pool.imap(double, range(length), { chunksize, buffersize: 1 })]).toEqual(range(length).map((x) => 2 * x));
    expect([...pool.imap(double, range(100), chunksize)]).toEqual(range(100).map((x) => 2 * x));
    const seen: number[] = [];
    for await (const x of pool.imap(doubleLater, range(50), { chunksize })) seen.push(x);
    expect(seen).toEqual(range(50).map((x) => 2 * x));
  });

  test.each([1, 3])(
    'next(timeout) throws TimeoutError, and the result is still the next one (chunksize %i)',
    async (chunksize) => {
      const gate = new Semaphore(0);
      const results = pool.imap(passOn, [[gate, 1]] as [Semaphore, unknown][], chunksize);
      expect(() => results.next(0)).toThrow(TimeoutError);
      expect(() => results.next(0.01)).toThrow(TimeoutError);
      await expect(results.nextAsync(0.01)).rejects.toThrow(TimeoutError);
      gate.release();
      expect(results.next(LONG)).toEqual({ value: 1, done: false });
      expect(results.next(0)).toEqual({ value: undefined, done: true });
      expect(results.next()).toEqual({ value: undefined, done: true });
      expect(await results.nextAsync()).toEqual({ value: undefined, done: true });
    },
  );

  test.each([1, 3])('an error is one item, and later items still come (chunksize %i)', (chunksize) => {
    const results = pool.imap(evenOnly, [0, 1, 2, 3, 4], chunksize);
    expect(results.next(LONG).value).toBe(0);
    expect(thrownBy(() => results.next(LONG))).toMatchObject({ message: '1 is odd', number: 1 });
    expect(results.next(LONG).value).toBe(2);
    expect(thrownBy(() => results.next(LONG))).toMatchObject({ message: '3 is odd' });
    expect(results.next(LONG).value).toBe(4);
    expect(results.next(LONG).done).toBe(true);
  });

  test('an item that cannot be sent is an error at its place', () => {
    const results = pool.imap(identity, [1, () => 2, 3] as unknown[]);
    expect(results.next(LONG).value).toBe(1);
    expect(() => results.next(LONG)).toThrow('cannot send a function (at items[0])');
    expect(results.next(LONG).value).toBe(3);
    expect(results.next(LONG).done).toBe(true);
  });

  test('what the iterable throws comes behind the results of what it gave', () => {
    function* breaking() {
      yield 1;
      yield 2;
      throw new RangeError('broken');
    }
    for (const chunksize of [1, 2, 5]) {
      const results = pool.imap(double, breaking(), chunksize);
      expect(results.next(LONG).value).toBe(2);
      expect(results.next(LONG).value).toBe(4);
      expect(() => results.next(LONG)).toThrow('broken');
      expect(results.next(LONG).done).toBe(true);
    }
  });

  test('of nothing ends at once', async () => {
    expect([...pool.imap(double, [])]).toEqual([]);
    expect(await pool.imap(double, []).nextAsync()).toEqual({ value: undefined, done: true });
    expect(() => pool.imap(double, 3 as never)).toThrow(TypeError);
  });

  test('serves several who await the next result in the order in which they came', async () => {
    const results = pool.imap(doubleLater, range(6));
    const all = await Promise.all(range(7).map(() => results.nextAsync()));
    expect(all.map(({ value }) => value)).toEqual([0, 2, 4, 6, 8, 10, undefined]);
  });
});

describe('imapUnordered', () => {
  test('over an iterable that throws loses no result: the error comes last', async () => {
    function* breaking(n: number) {
      for (let i = 0; i < n; i++) yield i;
      throw new RangeError('broken');
    }
    for (const chunksize of [1, 3, 10]) {
      const got: number[] = [];
      const consume = () => {
        for (const result of pool.imapUnordered(doubleLater, breaking(7), chunksize)) got.push(result);
      };
      expect(consume).toThrow('broken');
      expect(got.sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 12]);
    }
    const got: number[] = [];
    const results = pool.imapUnordered(doubleLater, breaking(5));
    await expect(
      (async () => {
        for await (const result of results) got.push(result);
      })(),
    ).rejects.toThrow('broken');
    expect([got.length, results.next(LONG).done]).toEqual([5, true]);
    expect(() => pool.imapUnordered(double, breaking(0)).next(LONG)).toThrow('broken');
  });

  test('answers the results as they come', () => {
    const gate = new Semaphore(0);
    const open = new Semaphore(9);
    const results = pool.imapUnordered(passOn, [
      [gate, 'first'],
      [open, 'second'],
      [open, 'third'],
    ] as [Semaphore, unknown][]);
    expect(new Set([results.next(LONG).value, results.next(LONG).value])).toEqual(new Set(['second', 'third']));
    gate.release();
    expect(results.next(LONG).value).toBe('first');
    expect(results.next(LONG).done).toBe(true);
  });

  test.each([1, 4])('answers all of them, errors among them (chunksize %i)', async (chunksize) => {
    const results = pool.imapUnordered(evenOnly, range(20), chunksize);
    const seen: number[] = [];
    let errors = 0;
    for (;;) {
      try {
        const { value, done } = await results.nextAsync(LONG);
        if (done) break;
        seen.push(value);
      } catch {
        errors++;
      }
    }
    expect(seen.sort((a, b) => a - b)).toEqual(range(10).map((x) => 2 * x));
    expect(errors).toBe(10);
  });
});

describe('back-pressure', () => {
  test('reads no further ahead than buffersize chunks', async () => {
    let read = 0;
    function* counted() {
      for (;;) yield read++;
    }
    const results = pool.imap(double, counted(), { buffersize: 4, chunksize: 3 });
    expect(read).toBe(12);
    for (let i = 0; i < 6; i++) expect(results.next(LONG).value).toBe(2 * i);
    expect(read).toBe(18);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).toBe(18);
    results.return();
    expect(() => pool.imap(double, [1], { buffersize: 0 })).toThrow(ValueError);
  });

  test('an endless iterable works, both ways, and takes no more memory than a short one', async () => {
    const take = async (count: number) => {
      let most = 0;
      let sum = 0;
      let n = 0;
      for (const part of pool.imap(
        zeros,
        (function* () {
          for (;;) yield 10_000;
        })(),
      )) {
        sum += part.length;
        most = Math.max(most, heap.stats().bytesInUse);
        if (++n === count) break;
      }
      for await (const x of pool.imapUnordered(double, naturals())) {
        if (x % 2 !== 0) throw new Error('wrong');
        if (++n === 2 * count) break;
      }
      expect(sum).toBe(count * 10_000);
      return most;
    };
    const few = await take(100);
    const many = await take(2000);
    expect(many).toBeLessThan(few + 32 * 3 * 10_000);
  });

  test('leaving the loop ends the iterable, and what was read ahead is given back', async () => {
    let closed = false;
    function* watched() {
      try {
        yield* naturals();
      } finally {
        closed = true;
      }
    }
    for (const x of pool.imap(double, watched())) if (x > 10) break;
    expect(closed).toBe(true);
    closed = false;
    for await (const x of pool.imap(double, watched())) if (x > 10) break;
    expect(closed).toBe(true);
    pool.apply(double, [1]);
    await until(() => heap.stats().objects.Queue === 2);
  });
});

describe('close', () => {
  test('lets an imap that has begun read its items to the end', () => {
    const closed = new Pool(2);
    const results = closed.imap(double, range(200));
    closed.close();
    expect([...results]).toEqual(range(200).map((x) => 2 * x));
    expect(closed.join(LONG)).toBe(true);
  });

  test('and join read what is left: the results are there afterwards', () => {
    const closed = new Pool(2);
    const results = closed.imap(double, range(300));
    closed.close();
    expect(closed.join(LONG)).toBe(true);
    expect([...results]).toEqual(range(300).map((x) => 2 * x));
  });

  test('then leaving the loop lets the pool end', () => {
    const closed = new Pool(2);
    const results = closed.imap(double, naturals());
    closed.close();
    for (const x of results) if (x === 20) break;
    expect(closed.join(LONG)).toBe(true);
  });
});

test('terminate ends an iterator with WorkerDied for each item that was read, and one for the rest', () => {
  const gate = new Semaphore(0);
  const gone = new Pool(1);
  const results = gone.imap(passOn, Array(5).fill([gate, 1]) as [Semaphore, unknown][], { buffersize: 2 });
  gone.terminate();
  for (let i = 0; i < 3; i++) expect(() => results.next(LONG)).toThrow('the pool was terminated');
  expect(results.next(LONG).done).toBe(true);
  expect(gone.join(LONG)).toBe(true);
});

test('items keep their handles', () => {
  const gate = new Semaphore(2);
  expect([
    ...pool.imap(([g, v]: [Semaphore, number]) => (g.acquire(true, 20) ? v : 0), [
      [gate, 1],
      [gate, 2],
    ] as [Semaphore, number][]),
  ]).toEqual([1, 2]);
  expect(gate.getValue()).toBe(0);
  expect(pool.apply(pass, [new Semaphore(1), 3])).toBe(3);
});
