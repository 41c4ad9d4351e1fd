import { JoinableQueue, Process, Queue, Semaphore, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { LONG, until } from '../../support/until.ts';
import { sleepers } from './support.ts';
import { answer, putAndGo, putAndTell, type Way, waitIn, work } from './waking.workers.ts';

/** Starts one worker for each way, and waits until those that block are asleep. */
async function waiting(queue: Queue<never>, ways: Way[], items: unknown[] = []): Promise<Thread<typeof waitIn>[]> {
  const workers = ways.map((way, i) => new Thread({ target: waitIn, args: [queue, way, items[i]] }));
  for (const worker of workers) worker.start();
  const blocking = ways.filter((way) => !way.endsWith('Async')).length;
  await until(() => sleepers(queue) === blocking, `${blocking} workers asleep in the queue`);
  return workers;
}

function results(workers: Thread<typeof waitIn>[]): Promise<unknown[]> {
  return Promise.all(workers.map((worker) => worker.resultAsync(LONG)));
}

describe('a shutdown', () => {
  test('wakes everybody who waits for an item', async () => {
    using queue = new Queue<never>();
    const workers = await waiting(queue, ['get', 'getMany', 'getAsync', 'get']);
    const here = queue.getAsync(LONG).catch((error) => error.name);
    queue.shutdown();
    expect(await results(workers)).toEqual(['ShutDown', 'ShutDown', 'ShutDown', 'ShutDown']);
    expect(await here).toBe('ShutDown');
  });

  test('wakes everybody who waits for room, and lets nothing more in', async () => {
    using queue = new Queue<string>(1);
    queue.put('in');
    const workers = await waiting(
      queue as Queue<never>,
      ['put', 'putMany', 'putAsync', 'put'],
      ['a', 'b', 'c', 'd'.repeat(9000)],
    );
    const here = queue.putAsync('e', LONG).catch((error) => error.name);
    queue.shutdown();
    expect(await results(workers)).toEqual(['ShutDown', 'ShutDown', 'ShutDown', 'ShutDown']);
    expect(await here).toBe('ShutDown');
    expect([...queue]).toEqual(['in']);
  });

  test('with immediate wakes those who join, too', async () => {
    using queue = new JoinableQueue<number>();
    queue.putMany([1, 2, 3]);
    const workers = await waiting(queue as Queue<never>, ['join', 'joinAsync', 'join']);
    queue.shutdown(true);
    expect(await results(workers)).toEqual([true, true, true]);
  });
});

describe('a wake-up', () => {
  test('goes to as many as there are items', async () => {
    using queue = new Queue<number>();
    const workers = await waiting(queue as Queue<never>, ['get', 'get', 'get', 'get']);
    queue.put(1);
    await until(() => sleepers(queue as Queue<never>) === 3);
    queue.putMany([2, 3]);
    await until(() => sleepers(queue as Queue<never>) === 1);
    queue.put(4);
    expect((await results(workers)).sort()).toEqual([1, 2, 3, 4]);
    expect(queue.qsize()).toBe(0);
  });

  test('goes to as many as there is room for', async () => {
    using queue = new Queue<string>(2);
    queue.putMany(['x', 'y']);
    const workers = await waiting(queue as Queue<never>, ['put', 'put', 'put', 'putAsync'], ['a', 'b', 'c', 'd']);
    const got = [];
    for (let i = 0; i < 6; i++) got.push(queue.get(true, LONG));
    await results(workers);
    expect(got.slice(0, 2)).toEqual(['x', 'y']);
    expect(got.slice(2).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.empty()).toBe(true);
  });

  test('wakes a blocked worker also while an async one waits whose thread is busy', async () => {
    using queue = new Queue<number>();
    const here = queue.getAsync(LONG);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const [worker] = await waiting(queue as Queue<never>, ['get']);
    queue.put(1);
    // This thread's event loop does not come round now.
    expect(worker?.result(LONG)).toBe(1);
    queue.put(2);
    expect(await here).toBe(2);
  });
});

describe('closing a handle', () => {
  test('tells nobody in other workers: who waits there waits on, and is served through other handles', async () => {
    using carrier = new Queue<Queue<number>>();
    const queue = new Queue<number>();
    carrier.put(queue);
    using other = carrier.get();
    const workers = await waiting(queue as Queue<never>, ['get', 'getAsync']);
    queue.close();
    queue.close();
    expect(sleepers(other as Queue<never>)).toBe(1);
    other.putMany([7, 7]);
    expect(await results(workers)).toEqual([7, 7]);
  });
});

describe('counting tasks off', () => {
  test('from many workers ends the join of every worker that joins', async () => {
    using queue = new JoinableQueue<number>(20);
    const workers = [0, 1, 2].map(() => new Process({ target: work, args: [queue] }));
    for (const worker of workers) worker.start();
    for (let i = 1; i <= 500; i++) queue.put(i, true, LONG);
    const joiners = [
      new Thread({ target: waitIn, args: [queue, 'join'] }),
      new Thread({ target: waitIn, args: [queue, 'joinAsync'] }),
    ];
    for (const joiner of joiners) joiner.start();
    expect(queue.join(LONG)).toBe(true);
    expect(queue.unfinishedTasks).toBe(0);
    expect(await results(joiners)).toEqual([true, true]);
    queue.shutdown();
    const sums = workers.map((worker) => worker.result(LONG));
    expect(sums.reduce((a, b) => a + b)).toBe((500 * 501) / 2);
  });

  test('keeps those who join waiting until the last task is counted off', async () => {
    using queue = new JoinableQueue<number>();
    queue.putMany([1, 2, 3]);
    const workers = await waiting(queue as Queue<never>, ['join', 'join']);
    for (const left of [2, 1]) {
      queue.taskDone();
      expect(queue.unfinishedTasks).toBe(left);
      expect(workers.map((worker) => worker.isAlive())).toEqual([true, true]);
      expect(sleepers(queue as Queue<never>)).toBe(2);
    }
    queue.taskDone();
    expect(await results(workers)).toEqual([true, true]);
  });
});

describe('a put', () => {
  test('is complete when it returns: whoever hears of it finds the item', () => {
    using queue = new Queue<unknown>();
    const [done, go] = [new Semaphore(0), new Semaphore(0)];
    const rounds = 300;
    const worker = new Process({ target: putAndTell, args: [queue, done, go, rounds] });
    worker.start();
    for (let i = 0; i < rounds; i++) {
      go.release();
      expect(done.acquire(true, LONG)).toBe(true);
      expect(queue.qsize()).toBe(1);
      const item = queue.getNowait();
      expect(typeof item === 'number' ? item : (item as Uint8Array)[0]).toBe(typeof item === 'number' ? i : i & 255);
      expect(queue.empty()).toBe(true);
    }
    expect(worker.join(LONG)).toBe(true);
  });

  test('needs its worker no more: it may exit at once, also after cancelJoinThread(), and be joined before anybody reads', () => {
    using queue = new Queue<Uint8Array>();
    const size = 8 * 2 ** 20;
    const workers = [1, 2].map((i) => new Process({ target: putAndGo, args: [queue, new Uint8Array(size).fill(i), i === 2] }));
    for (const worker of workers) worker.start();
    for (const worker of workers) expect(worker.join(LONG)).toBe(true);
    expect(workers.map((worker) => worker.exitcode)).toEqual([7, 7]);
    const items = [queue.getNowait(), queue.getNowait()];
    expect(items.map((item) => item[0]).sort()).toEqual([1, 2]);
    for (const item of items) expect(Buffer.alloc(size, item[0]).equals(item)).toBe(true);
  });
});

test('a queue sent in an item is answered through, as many times as one likes', () => {
  using questions = new Queue<[number, Queue<number>]>();
  const worker = new Process({ target: answer, args: [questions] });
  worker.start();
  for (let i = 0; i < 100; i++) {
    using answers = new Queue<number>();
    questions.put([i, answers]);
    expect(answers.get(true, LONG)).toBe(i * i);
  }
  questions.shutdown();
  expect(worker.join(LONG)).toBe(true);
  expect(worker.exitcode).toBe(0);
});
