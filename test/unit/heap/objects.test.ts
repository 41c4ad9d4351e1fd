import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Barrier, Condition, Event, type Handle, heap, Lock, Queue, RawValue, RLock, Semaphore, Value, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';

const makers = [
  ['Lock', Lock, () => new Lock()],
  ['RLock', RLock, () => new RLock()],
  ['Semaphore', Semaphore, () => new Semaphore()],
  ['Condition', Condition, () => new Condition()],
  ['Event', Event, () => new Event()],
  ['Barrier', Barrier, () => new Barrier(2)],
  ['Value', Value, () => new Value('i')],
  ['RawValue', RawValue, () => new RawValue('i')],
  ['Queue', Queue, () => new Queue()],
  ['multiprocessing.Lock', mp.Lock, () => new mp.Lock()],
] as const;

const count = (kind: string) => heap.stats().objects[kind] ?? 0;

/** As another thread would get it. */
function posted(handle: Handle): Handle {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(handle);
  const message = receiveMessageOnPort(port2)?.message;
  port1.close();
  return message;
}

describe.each(makers)('a handle of a %s', (name, Class, make) => {
  const from = (handle: Handle) => (Class as unknown as typeof Lock).from(handle) as Lock;

  test('gives a second object of the same class for the same thing', () => {
    using first = make();
    for (const handle of [first.handle(), posted(first.handle())]) {
      using second = from(handle);
      // Compared by hand: the runner's own comparison would iterate over a queue, which waits for items.
      expect((second as object) === first).toBe(false);
      expect(second.constructor).toBe(Class);
      expect(second.id).toBe(first.id);
    }
    expect(first.id).toBeGreaterThan(0);
  });

  test('counts: the object lives until the last one is closed', () => {
    const kind = heapClass(name);
    const before = count(kind);
    const first = make();
    const second = from(first.handle());
    expect(count(kind)).toBe(before + 1);
    first.close();
    expect(count(kind)).toBe(before + 1);
    expect(second.id).toBeGreaterThan(0);
    second.close();
    expect(count(kind)).toBe(before);
  });

  test('is stale once its object is gone, also when another object has come in its place', () => {
    const first = make();
    const { id } = first;
    const handle = first.handle();
    first.close();
    expect(() => from(handle)).toThrow(ValueError);
    const heirs: (Disposable & { id: number })[] = Array.from({ length: 4 }, () => make());
    expect(heirs.map((heir) => heir.id)).toContain(id);
    expect(() => from(handle)).toThrow(ValueError);
    for (const heir of heirs) heir[Symbol.dispose]();
  });

  test('is of one class only', () => {
    using first = make();
    const handle = first.handle();
    const Other = (name === 'Event' ? Lock : Event) as typeof Lock;
    const before = heap.stats();
    expect(() => Other.from(handle)).toThrow(ValueError);
    // Forged: another class's number.
    using other = new Other();
    expect(() => from({ ...handle, tag: other.handle().tag })).toThrow(ValueError);
    expect(() => from({ ...handle, tag: 999 })).toThrow(ValueError);
    expect(() => from({ ...handle, id: 0 })).toThrow(ValueError);
    expect(() => from({ ...handle, id: 1e6 })).toThrow(ValueError);
    expect(() => from({ ...handle, generation: handle.generation + 1 })).toThrow(ValueError);
    other.close();
    expect(heap.stats()).toEqual(before);
  });

  test('travels inside an item, and keeps its object alive there', () => {
    const kind = heapClass(name);
    using queue = new Queue<{ a: unknown[]; b: Map<string, unknown> }>();
    const before = count(kind);
    const first = make();
    const { id } = first;
    queue.put({ a: [first, first], b: new Map([['x', first]]) });
    first.close();
    expect(count(kind)).toBe(before + 1);
    const { a, b } = queue.get();
    const received = a[0] as Lock;
    expect(received.constructor).toBe(Class);
    expect(received.id).toBe(id);
    expect(a[1] === received && b.get('x') === received).toBe(true);
    received.close();
    expect(count(kind)).toBe(before);
  });

  test('goes with the item, and with the queue, that nobody takes', () => {
    const kind = heapClass(name);
    const before = count(kind);
    const queue = new Queue();
    const first = make();
    for (let i = 0; i < 3; i++) queue.put([i, first]);
    first.close();
    queue.shutdown(true);
    expect(count(kind)).toBeLessThanOrEqual(before + (kind === 'Queue' ? 1 : 0));
    queue.close();
    const second = new Queue();
    const other = make();
    second.put(other);
    other.close();
    second.close();
    expect(count(kind)).toBe(before);
  });
});

function heapClass(name: string): string {
  return name.replace('RawValue', 'Value').replace(/^.*\./, '');
}

describe('handles', () => {
  test('a closed one cannot be sent, and then nothing is in the queue and nothing is kept', () => {
    using queue = new Queue();
    const open = new Lock();
    const closed = new Lock();
    closed.close();
    const before = count('Lock');
    expect(() => queue.put([open, closed])).toThrow(ValueError);
    expect(() => queue.put(closed)).toThrow(ValueError);
    expect(queue.qsize()).toBe(0);
    open.close();
    expect(count('Lock')).toBe(before - 1);
  });

  test('of something else is a TypeError', () => {
    for (const wrong of [5, 'x', {}, { id: 1 }]) expect(() => Lock.from(wrong as never)).toThrow(TypeError);
  });

  test('ids are of living objects only, and no two have the same', () => {
    const locks = Array.from({ length: 500 }, () => new Lock());
    const events = Array.from({ length: 500 }, () => new Event());
    expect(new Set([...locks, ...events].map((each) => each.id)).size).toBe(1000);
    for (const each of [...locks, ...events]) each.close();
  });

  test('a condition keeps its lock alive, and a handle of it brings the lock along', () => {
    const lock = new Lock();
    const condition = new Condition(lock);
    lock.acquire();
    const second = Condition.from(condition.handle());
    expect(second.locked()).toBe(true);
    second.release();
    expect(lock.locked()).toBe(false);
    const locks = count('Lock');
    lock.close();
    condition.close();
    expect(count('Lock')).toBe(locks);
    second.acquire();
    second.notifyAll();
    second.release();
    second.close();
    expect(count('Lock')).toBe(locks - 1);
  });

  test('a Value that was given a lock brings that lock along', () => {
    using lock = new Lock();
    using value = new Value('i', 5, { lock });
    using second = Value.from(value.handle());
    expect(second.value).toBe(5);
    expect(second.getLock().id).toBe(lock.id);
    expect(second.getLock()).toBeInstanceOf(Lock);
  });

  test('the garbage collector closes what nobody closed', async () => {
    const child = await runText(
      `
      const { setTimeout: sleep } = await import('node:timers/promises');
      const before = JSON.stringify(heap.stats());
      (function () {
        for (let i = 0; i < 1000; i++) { new Lock(); new Condition(); new Value('i'); new Queue(); new Barrier(2); }
      })();
      for (let i = 0; i < 100 && Object.keys(heap.stats().objects).length > 0; i++) {
        gc();
        await sleep(10);
      }
      console.log(JSON.stringify(heap.stats().objects));
    `,
      '--expose-gc',
    );
    expect(child).toEqual({ code: 0, lines: ['{}'], errors: '' });
  });
});
