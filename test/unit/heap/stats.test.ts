import {
  Barrier,
  Condition,
  Event,
  getIdent,
  heap,
  Lock,
  type ObjectInfo,
  Queue,
  RawValue,
  RLock,
  Semaphore,
  Value,
} from 'nogil';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';

function infoOf({ id }: { id: number }): ObjectInfo | undefined {
  return heap.inspect().find((info) => info.id === id);
}

describe('heap.stats', () => {
  test('counts living objects by class, and bytes with them', () => {
    const before = heap.stats();
    const made = [
      new Lock(),
      new Lock(),
      new RLock(),
      new Semaphore(),
      new Condition(),
      new Event(),
      new Barrier(2),
      new Queue(),
      new Value('i'),
      new RawValue('i'),
    ];
    const after = heap.stats();
    const more = (name: string) => (after.objects[name] ?? 0) - (before.objects[name] ?? 0);
    expect(Object.fromEntries(Object.keys(after.objects).map((name) => [name, more(name)]))).toEqual({
      Lock: 2,
      RLock: 2,
      Semaphore: 1,
      Condition: 1,
      Event: 1,
      Barrier: 1,
      Queue: 1,
      Value: 2,
    });
    expect(after.bytesInUse).toBeGreaterThanOrEqual(before.bytesInUse + 11 * 64);
    for (const each of made) each.close();
    expect(heap.stats().objects).toEqual(before.objects);
  });

  test('reserves whole pages', () => {
    const { bytesInUse, bytesReserved } = heap.stats();
    expect(bytesReserved % 65536).toBe(0);
    expect(bytesInUse).toBeGreaterThan(0);
    expect(bytesInUse).toBeLessThanOrEqual(bytesReserved);
  });
});

describe('heap.inspect', () => {
  test('lists every living object once, by class and id, and no closed one', () => {
    using lock = new Lock();
    using event = new Event();
    const closed = new Lock();
    const { id } = closed;
    closed.close();
    const ids = heap.inspect().map((info) => info.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining([lock.id, event.id]));
    expect(ids).not.toContain(id);
    const total = Object.values(heap.stats().objects).reduce((sum, count) => sum + count, 0);
    expect(ids).toHaveLength(total);
    expect(infoOf(lock)?.class).toBe('Lock');
    expect(infoOf(event)?.class).toBe('Event');
  });

  test('says who holds a lock', () => {
    for (const lock of [new Lock(), new RLock()]) {
      expect(infoOf(lock)).toMatchObject({ holder: 0, waiters: [] });
      lock.acquire();
      expect(infoOf(lock)).toMatchObject({ holder: getIdent(), waiters: [] });
      lock.release();
      expect(infoOf(lock)).toMatchObject({ holder: 0 });
      lock.close();
    }
    using value = new Value('i');
    using _held = value.getLock().hold();
    expect(infoOf(value)).toMatchObject({ class: 'Value', holder: getIdent() });
  });

  test('says how much is in it', async () => {
    using semaphore = new Semaphore(3);
    semaphore.acquire();
    expect(infoOf(semaphore)?.size).toBe(2);
    using queue = new Queue<number>();
    queue.putMany([1, 2, 3, 4]);
    expect(infoOf(queue)?.size).toBe(4);
    queue.get();
    expect(infoOf(queue)?.size).toBe(3);
    using barrier = new Barrier(3);
    const waiting = [barrier.waitAsync(), barrier.waitAsync()];
    expect(infoOf(barrier)?.size).toBe(2);
    barrier.wait();
    await Promise.all(waiting);
    expect(infoOf(barrier)?.size).toBe(0);
  });

  test('does not list who has waited and goes on', () => {
    using lock = new Lock();
    using event = new Event();
    using semaphore = new Semaphore(0);
    using condition = new Condition();
    using queue = new Queue();
    lock.acquire();
    const waits: [Lock | Event | Semaphore | Condition | Queue, () => unknown][] = [
      [lock, () => lock.acquire(true, 0.002)],
      [event, () => event.wait(0.002)],
      [semaphore, () => semaphore.acquire(true, 0.002)],
      [condition, () => condition.with(() => condition.wait(0.002))],
      [queue, () => expect(() => queue.get(true, 0.002)).toThrow()],
    ];
    for (const [object, wait] of waits) {
      wait();
      expect(infoOf(object)?.waiters).toEqual([]);
    }
  });
});

describe('configure', () => {
  test('sets how large the memory is at the start, and how large it may become', async () => {
    const child = await runText(`
      configure({ initialBytes: 2 * 2 ** 20, maximumBytes: 5 * 2 ** 20 });
      new Lock();
      console.log(heap.stats().bytesReserved);
      const queue = new Queue();
      try { for (;;) queue.put(new Uint8Array(50000)); } catch (error) { console.log(error.name); }
      console.log(heap.stats().bytesReserved);
    `);
    expect(child).toEqual({ code: 0, lines: [`${2 * 2 ** 20}`, `MemoryError`, `${5 * 2 ** 20}`], errors: '' });
  });

  test('needs only one of the two', async () => {
    const small = await runText('configure({ maximumBytes: 2 ** 20 }); new Lock(); console.log(heap.stats().bytesReserved);');
    expect(small).toEqual({ code: 0, lines: [`${2 ** 20}`], errors: '' });
    const large = await runText('configure({ initialBytes: 2 ** 24 }); new Lock(); console.log(heap.stats().bytesReserved);');
    expect(large).toEqual({ code: 0, lines: [`${2 ** 24}`], errors: '' });
  });

  test('rounds up to whole pages', async () => {
    const child = await runText(`
      configure({ initialBytes: 2 ** 20 + 1, maximumBytes: 2 ** 21 + 1 });
      new Lock();
      console.log(heap.stats().bytesReserved / 65536);
    `);
    expect(child).toEqual({ code: 0, lines: ['17'], errors: '' });
  });

  test('refuses impossible sizes, and then the defaults hold', async () => {
    const child = await runText(`
      const wrong = [0, -1, 1.5, NaN, Infinity, '4194304', 2 ** 31 + 1, 65536, 2 ** 20 - 1];
      const names = new Set();
      for (const bytes of wrong) {
        for (const options of [{ initialBytes: bytes }, { maximumBytes: bytes }]) {
          try { configure(options); names.add('none'); } catch (error) { names.add(error.name); }
        }
      }
      try { configure({ initialBytes: 2 ** 22, maximumBytes: 2 ** 21 }); names.add('none'); } catch (error) { names.add(error.name); }
      new Lock();
      console.log([...names].join(), heap.stats().bytesReserved);
    `);
    expect(child).toEqual({ code: 0, lines: [`ValueError ${4 * 2 ** 20}`], errors: '' });
  });

  test('refuses an impossible spin; with one that is possible waits end as they do, in workers too', async () => {
    const child = await runText(`
      const names = new Set();
      for (const spin of [-1, NaN, Infinity, '5', 10_001])
        try { configure({ spin }); names.add('none'); } catch (error) { names.add(error.name); }
      console.log([...names].join());
      configure({ spin: 300 });
      const [there, back] = [new Queue(), new Queue()];
      const thread = new Thread({
        target: (there, back) => { for (let i = 0; i < 500; i++) back.put(there.get() + 1); },
        args: [there, back],
      });
      thread.start();
      let sum = 0;
      for (let i = 0; i < 500; i++) { there.put(i); sum += back.get(); }
      thread.join();
      try { there.get(true, 0.01); } catch (error) { console.log(error.name, sum); }
    `);
    expect(child).toEqual({ code: 0, lines: ['ValueError', `Empty ${(500 * 501) / 2}`], errors: '' });
  });

  test('comes too late after the first use, also in a worker', async () => {
    const child = await runText(`
      new Lock();
      try { configure({ maximumBytes: 2 ** 24 }); } catch (error) { console.log(error.name); }
      const thread = new Thread({ target: async (url) => {
        const { configure } = await import(url);
        try { configure({ maximumBytes: 2 ** 24 }); } catch (error) { return error.name; }
      }, args: [${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)}] });
      thread.start();
      console.log(thread.result(10));
    `);
    expect(child).toEqual({ code: 0, lines: ['RuntimeError', 'RuntimeError'], errors: '' });
  });
});
