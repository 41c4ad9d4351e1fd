/** Queues as web streams, and as Node's. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { Pool, PriorityQueue, Process, Queue, ShutDown } from 'nogil';
import { expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { LONG, until } from '../../support/until.ts';
import { enter, pipeThrough, whoAsks } from './streams.workers.ts';

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const each of stream) items.push(each);
  return items;
}

test('a stream of a queue ends when that is shut down and drained', async () => {
  const queue = new Queue<number | null | undefined>();
  queue.putMany([1, null, undefined, 4]);
  queue.shutdown();
  expect(await all(queue.readable() as never)).toEqual([1, null, undefined, 4]);
});

test('nothing is taken out before it is read, and nothing is lost by cancel', async () => {
  const queue = new Queue<number>();
  queue.putMany([1, 2, 3]);
  const reader = queue.readable().getReader();
  expect(await reader.read()).toEqual({ value: 1, done: false });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(queue.qsize()).toBe(2);
  await reader.cancel();
  const waiting = new Queue<number>();
  const other = waiting.readable().getReader();
  const reading = other.read();
  await other.cancel();
  expect(await reading).toEqual({ value: undefined, done: true });
  waiting.put(1);
  expect([waiting.qsize(), queue.getMany()]).toEqual([1, [2, 3]]);
});

test('a write waits for room', async () => {
  const queue = new Queue<number>(2);
  const writer = queue.writable().getWriter();
  let done = 0;
  const writes = range(4).map((x) => writer.write(x).then(() => done++));
  await until(() => done === 2);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([done, queue.qsize()]).toEqual([2, 2]);
  expect(await queue.getAsync()).toBe(0);
  await until(() => done === 3);
  expect(await queue.getAsync()).toBe(1);
  await Promise.all(writes);
  await writer.close();
  expect(queue.getMany()).toEqual([2, 3]);
  expect(() => queue.get()).toThrow(ShutDown);
});

test('errors: what cannot be sent, a queue that is shut down, an abort', async () => {
  const queue = new Queue<unknown>(1);
  await expect(
    queue
      .writable()
      .getWriter()
      .write(() => 1),
  ).rejects.toThrow(TypeError);
  const writer = queue.writable().getWriter();
  await writer.write(1);
  const waiting = writer.write(2);
  const failed = expect(waiting).rejects.toThrow('enough');
  await writer.abort(new Error('enough'));
  await failed;
  expect([queue.qsize(), queue.isShutdown]).toEqual([0, true]);
  await expect(queue.writable().getWriter().write(1)).rejects.toThrow(ShutDown);
  const closed = new Queue();
  closed.close();
  await expect(closed.readable().getReader().read()).rejects.toThrow('closed');
});

test('a worker in the middle of a pipe, with bounds on both sides', async () => {
  const [from, to] = [new Queue<number>(4), new Queue<number>(4)];
  const worker = new Process({ target: pipeThrough, args: [from, to] });
  worker.start();
  const source = new ReadableStream<number>({
    start(controller) {
      for (const x of range(500)) controller.enqueue(x);
      controller.close();
    },
  });
  const [items] = await Promise.all([all(to.readable() as never), source.pipeTo(from.writable())]);
  expect(items).toEqual(range(500).map((x) => 2 * x));
  expect(await worker.joinAsync(LONG)).toBe(true);
  expect(worker.exitcode).toBe(0);
});

test('a PriorityQueue is a stream in its order', async () => {
  const queue = new PriorityQueue<number>();
  queue.putMany([3, 1, 2]);
  queue.shutdown();
  expect(await all(queue.readable() as never)).toEqual([1, 2, 3]);
});

test('Readable.from takes a queue as it is', async () => {
  const queue = new Queue<number>();
  queue.putMany(range(20));
  queue.shutdown();
  expect(await all(Readable.from(queue as AsyncIterable<number>))).toEqual(range(20));
});

test('an AsyncLocalStorage does not reach into a worker; initargs do', async () => {
  const storage = new AsyncLocalStorage<string>();
  await using pool = new Pool(1, { initializer: enter, initargs: ['by initargs'] });
  expect(await storage.run('the caller', () => pool.applyAsync(whoAsks))).toBe('by initargs');
});
