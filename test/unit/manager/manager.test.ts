import * as nogil from 'nogil';
import {
  AssertionError,
  Dict,
  heap,
  List,
  Lock,
  Manager,
  ManagerObject,
  Namespace,
  Queue,
  RuntimeError,
  Value,
  ValueError,
} from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';

describe('a manager', () => {
  test('is made with new or without', () => {
    const ManagerClass = Manager as new () => nogil.SyncManager;
    for (const manager of [Manager(), new ManagerClass(), multiprocessing.Manager()]) {
      expect(manager).toBeInstanceOf(ManagerObject);
      manager[Symbol.dispose]();
    }
  });

  test('makes everything by Python’s names', () => {
    using manager = Manager();
    expect(manager.dict()).toBeInstanceOf(Dict);
    expect(manager.list()).toBeInstanceOf(List);
    expect(manager.Namespace()).toBeInstanceOf(Namespace);
    const { Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event, Queue, JoinableQueue } = nogil;
    for (const [name, made] of Object.entries({
      Lock,
      RLock,
      Semaphore,
      BoundedSemaphore,
      Condition,
      Event,
      Queue,
      JoinableQueue,
    })) {
      expect(manager[name]()).toBeInstanceOf(made);
      expect(name in manager).toBe(true);
    }
    expect(manager.Barrier(2).parties).toBe(2);
    expect(manager.Value('i', 5).value).toBe(5);
    expect(manager.Queue(3).maxsize).toBe(3);
    expect([...manager.Array('i', [1, 2, 3])]).toEqual([1, 2, 3]);
    using pool = manager.Pool(1);
    expect(pool.map((x: number) => -x, [1, 2])).toEqual([-1, -2]);
    expect([manager.nothing, 'nothing' in manager]).toEqual([undefined, false]);
  });

  test('makes them with the errors of threading and queue, as Python’s does', () => {
    using manager = multiprocessing.Manager();
    expect(() => manager.Lock().release()).toThrow(RuntimeError);
    expect(() => manager.RLock().release()).toThrow(RuntimeError);
    expect(() => manager.Condition().notify()).toThrow(RuntimeError);
    expect(() => manager.Queue().get(true, -1)).toThrow(ValueError);
    expect(() => manager.Semaphore(-1)).toThrow(ValueError);
  });

  test('makes nothing more after shutdown, and what it made lives on', () => {
    const manager = Manager();
    const d = manager.dict({ n: 1 });
    manager.shutdown();
    manager.shutdown();
    for (const call of [
      () => manager.dict(),
      () => manager.list(),
      () => manager.Namespace(),
      () => manager.Queue(),
      () => manager.register('X', class {}),
    ])
      expect(call).toThrow(new AssertionError('the manager was shut down'));
    expect(d.update('n', (n) => n + 1)).toBe(2);
    manager.close();
    expect(() => manager.dict()).toThrow(ValueError);
  });

  test('travels through a queue, as do dicts, lists and namespaces', () => {
    using manager = Manager();
    const queue = new Queue<unknown>();
    const all = { manager, d: manager.dict({ n: 1 }), l: manager.list([1]), ns: manager.Namespace({ x: 1 }) };
    queue.put(all);
    const got = queue.get() as typeof all;
    got.d.n += 1;
    got.l.append(2);
    got.ns.x += 1;
    expect([all.d.n, all.l.copy(), all.ns.x, got.manager.dict({ a: 1 }).a]).toEqual([2, [1, 2], 2, 1]);
    expect([got.d, got.l, got.ns, got.manager].map((each) => each.constructor)).toEqual([Dict, List, Namespace, ManagerObject]);
  });

  test('has objects that a worker of one’s own opens by a handle', () => {
    using manager = Manager();
    const d = manager.dict({ n: 1 });
    const l = manager.list([1]);
    const same = Dict.from(d.handle()) as typeof d;
    same.n = 2;
    expect([d.n, (List.from(l.handle()) as typeof l).copy()]).toEqual([2, [1]]);
    expect(() => List.from(d.handle() as never)).toThrow(ValueError);
    expect(() => Namespace.from(d.handle())).toThrow(ValueError);
    expect(() => Lock.from(d.handle() as never)).toThrow(ValueError);
  });

  test('shows its objects in heap.stats and heap.inspect', () => {
    using manager = Manager();
    const d = manager.dict({ a: 1, b: 2 });
    const l = manager.list([1]);
    const info = (object: Dict | List) => heap.inspect().find(({ id }) => id === object.handle().id);
    expect([info(d), info(l)]).toMatchObject([
      { class: 'Dict', size: 2, holder: 0 },
      { class: 'List', size: 1, holder: 0 },
    ]);
    d.update('a', () => {
      expect(info(d)?.holder).toBe(nogil.getIdent());
      return 5;
    });
    expect(heap.stats().objects.List).toBeGreaterThan(0);
  });

  test('makes Values and Arrays as multiprocessing does: with a lock, and of a type that is checked', () => {
    using manager = Manager();
    expect(() => manager.Value('i', 'text' as never)).toThrow(TypeError);
    expect(() => manager.Value('str' as never, 'text' as never)).toThrow(TypeError);
    expect(() => manager.Array('i', ['text'] as never)).toThrow(TypeError);
    expect(manager.Value('i', 1).getLock()).toBeInstanceOf(nogil.RLock);
    expect(manager.Array('i', 1).getLock()).toBeInstanceOf(nogil.RLock);
  });

  test('keeps a Value’s own lock', () => {
    using manager = Manager();
    const value = manager.Value('i', 0);
    expect(value).toBeInstanceOf(Value);
    expect([value.add(2), value.update((n) => n * 10)]).toEqual([2, 20]);
  });
});
