import { inspect } from 'node:util';
import {
  acquireAll,
  Barrier,
  BoundedSemaphore,
  Condition,
  Dict,
  Event,
  getIdent,
  List,
  Lock,
  Manager,
  Namespace,
  Pipe,
  Pool,
  PriorityQueue,
  Process,
  Queue,
  RLock,
  Semaphore,
  ShareableList,
  Array as SharedArray,
  SharedMemory,
  SharedMemoryManager,
  scheduler,
  Thread,
  Value,
} from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { spawns } from '../../support/mode.ts';
import { until } from '../../support/until.ts';

/**
 * Of an object: its text with N for its id and ME for this worker, which inspect shows, too; and its JSON
 * without the id.
 */
function shown(object: object): [string, unknown] {
  const text = String(object);
  expect(inspect(object)).toBe(text);
  const json = JSON.stringify(object);
  expect(json.length).toBeLessThan(200);
  const { id, ...rest } = JSON.parse(json) as { id?: number };
  return [text.replace(new RegExp(`^<(\\w+) ${id}\\b`), '<$1 N').replace(`worker ${getIdent()}`, 'worker ME'), rest];
}

describe('an object shows its class, id and state:', () => {
  test.each([
    ['Lock', Lock],
    ['RLock', RLock],
    ['Lock', mp.Lock],
  ])('%s', (name, Class) => {
    const lock = new Class();
    expect(shown(lock)).toEqual([`<${name} N: unlocked>`, { class: name, locked: false }]);
    lock.acquire();
    expect(shown(lock)).toEqual([`<${name} N: locked by worker ME>`, { class: name, locked: true, holder: getIdent() }]);
    lock.release();
  });

  test('a broken Lock', async () => {
    const lock = new Lock();
    const worker = new Process({ target: (held: Lock) => held.acquire() && process.exit(1), args: [lock] as never });
    worker.start();
    await until(() => lock.broken);
    // The system has another number for it.
    const dead = spawns ? (/worker (\d+)/.exec(String(lock))?.[1] as string) : worker.pid;
    expect(shown(lock)).toEqual([
      `<Lock N: broken, worker ${dead} died with it>`,
      { class: 'Lock', locked: false, broken: true },
    ]);
  });

  test('Semaphore and BoundedSemaphore', () => {
    expect(shown(new Semaphore(2))).toEqual(['<Semaphore N: value=2>', { class: 'Semaphore', value: 2 }]);
    const bounded = new BoundedSemaphore(3);
    bounded.acquire();
    expect(shown(bounded)).toEqual(['<BoundedSemaphore N: value=2/3>', { class: 'BoundedSemaphore', value: 2, limit: 3 }]);
    expect(shown(BoundedSemaphore.from(bounded.handle()))[0]).toBe('<BoundedSemaphore N: value=2/3>');
  });

  test('Event', () => {
    const event = new Event();
    expect(shown(event)).toEqual(['<Event N: unset>', { class: 'Event', set: false }]);
    event.set();
    expect(shown(event)).toEqual(['<Event N: set>', { class: 'Event', set: true }]);
  });

  test('Condition', () => {
    const condition = new Condition(new Lock());
    expect(String(condition)).toMatch(/^<Condition \d+: Lock \d+ unlocked>$/);
    condition.acquire();
    expect(inspect(condition)).toMatch(/^<Condition \d+: Lock \d+ locked by worker \d+>$/);
    expect(JSON.parse(JSON.stringify(condition))).toMatchObject({ class: 'Condition', locked: true, holder: getIdent() });
  });

  test('Barrier', () => {
    const barrier = new Barrier(3);
    expect(shown(barrier)).toEqual(['<Barrier N: waiters=0/3>', { class: 'Barrier', parties: 3, waiting: 0, broken: false }]);
    barrier.abort();
    expect(shown(barrier)[0]).toBe('<Barrier N: broken>');
  });

  test.each([Queue, PriorityQueue, mp.Queue])('queues', (Class) => {
    const queue = new Class<number>(3);
    queue.put(1);
    expect(shown(queue)).toEqual([`<${Class.name} N: size=1/3>`, { class: Class.name, size: 1, maxsize: 3 }]);
    queue.shutdown();
    expect(shown(queue)[0]).toBe(`<${Class.name} N: size=1/3, shut down>`);
    expect(shown(new Class())).toEqual([`<${Class.name} N: size=0>`, { class: Class.name, size: 0 }]);
  });

  test('Value and Array', () => {
    expect(shown(new Value('d', 1.5))).toEqual(['<Value N: d 1.5>', { class: 'Value', typecode: 'd', value: 1.5 }]);
    expect(shown(new Value('q', 2n ** 60n))[1]).toEqual({ class: 'Value', typecode: 'q', value: '1152921504606846976' });
    const array = new SharedArray('i', [1, 2, 3]);
    expect(shown(array)).toEqual(['<Array N: i [1, 2, 3]>', { class: 'Array', typecode: 'i', length: 3 }]);
    expect(shown(new SharedArray('i', 100))[0]).toBe('<Array N: i [0, 0, 0, 0, 0, 0, 0, 0, … of 100]>');
  });

  test('Connection', () => {
    const [left, right] = Pipe(false);
    expect(shown(left)).toEqual(['<Connection N: readable>', { class: 'Connection', readable: true, writable: false }]);
    expect(shown(right)[0]).toBe('<Connection N: writable>');
  });

  test('Thread and Process', () => {
    const worker = new Process({ target: () => process.exit(3), name: 'worker', daemon: true });
    expect(shown(worker)).toEqual([
      '<Process(worker, initial daemon)>',
      { class: 'Process', name: 'worker', state: 'initial', daemon: true },
    ]);
    worker.start();
    worker.join();
    const { ident } = worker;
    expect(shown(worker)).toEqual([
      `<Process(worker, stopped ${ident} exitcode=3 daemon)>`,
      { class: 'Process', name: 'worker', state: 'stopped', ident, daemon: true, exitcode: 3 },
    ]);
    class Own extends Thread {
      override run() {}
    }
    expect(shown(new Own({ name: 'mine' }))[0]).toBe('<Own(mine, initial)>');
  });

  test('pools, results and iterators', () => {
    const pool = new Pool(2);
    const result = pool.applyAsync((x: number) => x, [1]);
    result.wait();
    expect([shown(pool), shown(result)]).toEqual([
      ['<Pool running, 2 workers>', { class: 'Pool', state: 'running', workers: 2 }],
      ['<AsyncResult: fulfilled>', { class: 'AsyncResult', state: 'fulfilled' }],
    ]);
    const iterator = pool.imap((x: number) => x, [1]);
    expect(shown(iterator)[0]).toMatch(/^<PoolIterator: \d of 1 read>$/);
    pool.terminate();
    expect(shown(pool)[0]).toBe('<Pool terminated, 2 workers>');
  });

  test('schedulers and managers', () => {
    expect(shown(scheduler())[0]).toMatch(/^<\w+: 0 events>$/);
    expect(shown(new SharedMemoryManager())).toEqual([
      '<SharedMemoryManager: made=0>',
      { class: 'SharedMemoryManager', made: 0, shutdown: false },
    ]);
    const manager = Manager();
    expect(String(manager)).toMatch(/^<\w+ \d+/);
    expect(JSON.stringify(manager).length).toBeLessThan(200);
    manager.shutdown();
  });

  test('what holds values shows them', () => {
    const [dict, list, names] = [new Dict({ a: 1 }), new List([1, 2]), new Namespace({ b: 2 })];
    expect([dict, list, names].map((each) => JSON.stringify(each))).toEqual(['{"a":1}', '[1,2]', '{"b":2}']);
    expect([dict, list, names].map((each) => inspect(each))).toEqual(['Dict { a: 1 }', 'List [ 1, 2 ]', 'Namespace { b: 2 }']);
    expect([String(dict), String(list)].map((text) => text.replace(/\d+:/, 'N:'))).toEqual([
      '<Dict N: size=1>',
      '<List N: length=2>',
    ]);
    using memory = new SharedMemory(undefined, true, 8);
    expect(JSON.parse(JSON.stringify(memory))).toMatchObject({ class: 'SharedMemory', name: memory.name, size: 8 });
    expect(JSON.stringify(new ShareableList([1, 'a']))).toBe('[1,"a"]');
    memory.unlink();
  });

  test('a closed one says so', () => {
    const lock = new Lock();
    lock.close();
    expect([String(lock), inspect(lock), JSON.stringify(lock)]).toEqual([
      '<Lock, closed>',
      '<Lock, closed>',
      '{"class":"Lock","closed":true}',
    ]);
  });

  test('inside of others, short', () => {
    const deep = { a: { b: { c: { lock: new Lock() } } }, list: [new Queue()] };
    expect(JSON.stringify(deep).length).toBeLessThan(200);
    expect(inspect(deep, { depth: 9 })).toMatch(/<Lock \d+: unlocked>[\s\S]*<Queue \d+: size=0>/);
    using _held = acquireAll(new Lock(), new Lock());
  });
});
