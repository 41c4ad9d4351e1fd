import { Condition, type Event, Lock, type Queue, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { LONG } from '../../support/until.ts';
import { AllFields, AllFieldsOfProcess, FIELDS, made, OwnLock, OwnQueue, Setting } from './fields.workers.ts';

describe('a subclass', () => {
  test.each([
    ['Thread', AllFields],
    ['Process', AllFieldsOfProcess],
  ])('of %s may have fields of any name', (_, Kind) => {
    const worker = new Kind();
    expect({ ...worker }).toEqual(FIELDS);
    worker.start();
    expect(Kind.prototype.join.call(worker, LONG)).toBe(true);
    expect(Kind.prototype.result.call(worker)).toEqual(FIELDS);
  });

  test('may say by fields what its name is, and that it is a daemon', () => {
    const worker = new Setting();
    worker.start();
    expect([worker.result(LONG), worker.name, worker.daemon]).toEqual([['by a field', true], 'by a field', true]);
  });

  test.each(made())('of %s goes on working', (_, object) => {
    if (object instanceof Lock || object instanceof Semaphore) {
      expect(object.acquire()).toBe(true);
      object.release();
      if (object instanceof Lock) expect(object.locked()).toBe(false);
    } else if (object instanceof Condition) {
      object.with(() => object.notify());
      expect(object.acquire(false)).toBe(true);
      object.release();
    } else if ('isSet' in object) {
      (object as unknown as Event).set();
      expect((object as unknown as Event).isSet()).toBe(true);
    } else if ('put' in object) {
      const queue = object as unknown as Queue;
      queue.put(1);
      queue.put({ a: 2 });
      expect([queue.get(), queue.get(), queue.qsize()]).toEqual([1, { a: 2 }, 0]);
    }
    object.close();
    expect(() => object.handle()).toThrow('is closed');
  });

  test('may have methods of any name', () => {
    using queue = new OwnQueue();
    queue.put('text');
    expect([queue.get(), queue.send(), OwnQueue.make()]).toEqual(['text', 'sent', 'made']);
    using lock = new OwnLock();
    lock.acquire();
    lock.release();
    expect([lock.take(), lock.give()]).toEqual(['taken', 'given']);
  });
});
