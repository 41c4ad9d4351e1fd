/**
 * Pipes between workers that behave.
 */
import { BrokenPipeError, type Connection, EOFError, Event, heap, Pipe, Process, Queue, wait, waitAsync } from 'nogil';
import { describe, expect, test } from 'vitest';
import { LONG, resultsOf, startAll, startProcess, untilAsleep } from '../sync/support.ts';
import {
  answerByInner,
  drainAll,
  echo,
  keep,
  pollThenReceive,
  sendLengths,
  sendNumbers,
  sleepFor,
  sumAsync,
  sumOfAll,
} from './pipe.workers.ts';

/** The queue inside of a pipe from which its reader is asleep: for `untilAsleep`. */
function newestQueue(): { id: number } {
  const queues = heap.inspect().filter((info) => info.class === 'Queue');
  return queues.at(-1) as { id: number };
}

describe('a pipe between two workers', () => {
  test('carries messages there and back, until one end is closed', () => {
    const [mine, other] = Pipe();
    const [thread] = startAll(echo, [other]);
    other.close();
    const messages = [1, 'two', { three: new Map([[3, 3n]]) }, new Uint8Array(100_000), null];
    for (const message of messages) {
      mine.send(message);
      expect(mine.recv()).toEqual(message);
    }
    mine.close();
    expect(thread?.result(LONG)).toBe(messages.length);
  });

  test('wakes a blocked recv when the last writer closes', () => {
    const [r, w] = Pipe(false);
    const [has, close] = [new Event(), new Event()];
    const holders = startAll(keep, [w, has, close], [w, has, close]);
    const readers = startAll(drainAll, [r], [r]);
    w.send(1);
    w.close();
    r.close();
    const queue = newestQueue();
    untilAsleep(queue, 2);
    close.set();
    resultsOf(holders);
    expect(resultsOf(readers).flat()).toEqual([1]);
    has.close();
    close.close();
  });

  test('sees the end of file when every worker with the other end has ended, whatever it had not closed', () => {
    const [r, w] = Pipe(false);
    const workers = startAll(sendNumbers, [w, 0, 3], [w, 10, 3]);
    w.close();
    resultsOf(workers);
    // Joined means closed.
    expect(r.poll()).toBe(true);
    const got = Array.from({ length: 6 }, () => r.recv() as number);
    expect(got.filter((n) => n < 10)).toEqual([0, 1, 2]);
    expect(got.filter((n) => n >= 10)).toEqual([10, 11, 12]);
    expect(() => r.recv()).toThrow(EOFError);
    r.close();
  });

  test('a message is received by exactly one of several readers', () => {
    const [r, w] = Pipe(false);
    const readers = startAll(drainAll, [r], [r], [r]);
    r.close();
    const count = 3000;
    for (let i = 0; i < count; i++) w.send(i);
    w.close();
    const each = resultsOf(readers) as number[][];
    for (const own of each) expect(own).toEqual([...own].sort((a, b) => a - b));
    expect(each.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test('messages of several writers come each whole and each writer’s in order', () => {
    const [r, w] = Pipe(false);
    const lengths = Array.from({ length: 200 }, (_, i) => (i * 37) % 5000);
    startAll(sendLengths, [w, lengths], [w, lengths]);
    w.close();
    let received = 0;
    for (;;) {
      let bytes: Uint8Array;
      try {
        bytes = r.recvBytes();
      } catch (error) {
        expect(error).toBeInstanceOf(EOFError);
        break;
      }
      received++;
      expect(bytes.every((byte) => byte === bytes.length % 251)).toBe(true);
    }
    expect(received).toBe(2 * lengths.length);
    r.close();
  });

  test('an end that arrives in a message works there, and is closed with the worker', () => {
    const [outer, far] = Pipe();
    const [r, w] = Pipe(false);
    const [thread] = startAll(answerByInner, [far]);
    outer.send({ inner: w });
    w.close();
    expect(r.recv()).toBe('by the inner one');
    expect(() => r.recv()).toThrow(EOFError);
    expect(thread?.result(LONG)).toBe(true);
    for (const end of [outer, far, r]) end.close();
  });

  test('a blocked poll wakes for a message and for the end', () => {
    const [r, w] = Pipe(false);
    const has = new Event();
    const [thread] = startAll(pollThenReceive, [r, has]);
    r.close();
    expect(has.wait(LONG)).toBe(true);
    w.send('m');
    w.close();
    expect(thread?.result(LONG)).toEqual([true, 'm', true, true]);
    has.close();
  });

  test('an event loop receives what blocked workers send', async () => {
    const [r, w] = Pipe(false);
    const readers = startAll(sumAsync, [r], [r]);
    r.close();
    const writers = startAll(sendNumbers, [w, 0, 1000], [w, 0, 1000]);
    w.close();
    for (const writer of writers) await writer.resultAsync(LONG);
    const sums = await Promise.all(readers.map((reader) => reader.resultAsync(LONG)));
    expect(sums.reduce((a, b) => a + b)).toBe(2 * 499_500);
  });

  test('a bounded one holds up its writer until there is room, and breaks when nobody reads any more', () => {
    const [r, w] = Pipe(false, { maxsize: 2 });
    const [thread] = startAll(sendNumbers, [w, 0, 100]);
    w.close();
    untilAsleep(newestQueue(), 1);
    expect(heap.inspect().find((info) => info.id === newestQueue().id)?.size).toBe(2);
    for (let i = 0; i < 50; i++) expect(r.recv()).toBe(i);
    r.close();
    expect(() => thread?.result(LONG)).toThrow(BrokenPipeError);
  });
});

describe('wait', () => {
  test('wakes for each of many pipes, and for their ends', () => {
    const pipes = Array.from({ length: 5 }, () => Pipe(false));
    const [thread] = startAll(sumOfAll, [pipes.map(([r]) => r)]);
    for (const [r] of pipes) r.close();
    pipes.forEach(([, w], i) => {
      startAll(sendNumbers, [w, i * 100, 100]);
      w.close();
    });
    expect(thread?.result(LONG)).toBe((500 * 499) / 2);
  });

  test('answers the sentinels of processes that have ended, beside connections', () => {
    const [r, w] = Pipe(false);
    const quick = startProcess(sleepFor, 0);
    const slow = startProcess(sleepFor, 1000);
    const both = [quick.sentinel, slow.sentinel];
    expect(wait([r, ...both], LONG)).toEqual([quick.sentinel]);
    expect(quick.exitcode).toBe(0);
    w.send(1);
    expect(wait([slow.sentinel, r], LONG)).toEqual([r]);
    expect(wait([slow.sentinel], 0.01)).toEqual([]);
    slow.terminate();
    expect(wait([slow.sentinel], LONG)).toEqual([slow.sentinel]);
    expect(slow.exitcode).toBe(-15);
    for (const each of [r, w, quick, slow]) each.close();
    // A number of a process of which nobody knows any more is that of one that has ended.
    expect(wait(both, 0)).toEqual(both);
  });

  test('for a sentinel has an async twin', async () => {
    const process = startProcess(sleepFor, 0.01);
    const [r, w] = Pipe(false);
    expect(await waitAsync([r, process.sentinel], LONG)).toEqual([process.sentinel]);
    expect(process.exitcode).toBe(0);
    for (const each of [r, w, process]) each.close();
  });

  test('before start there is no sentinel', () => {
    const process = new Process({ target: sleepFor, args: [0] });
    expect(() => process.sentinel).toThrow('process not started');
  });

  test('several workers poll one end, and each of its messages is received once', () => {
    const [r, w] = Pipe(false);
    const [go, out] = [new Event(), new Queue<boolean>()];
    const pollers = startAll(pollThenReceive, [r, go], [r, go]);
    for (let i = 0; i < 2; i++) w.send(i);
    w.close();
    const answers = resultsOf(pollers) as unknown[][];
    expect(answers.map(([, message]) => message).sort()).toEqual([0, 1]);
    for (const each of [r, go, out] as { close(): void }[]) each.close();
  });
});

test('everything is given back when the workers have gone', () => {
  const before = heap.stats().objects;
  const [a, b] = Pipe();
  const [thread] = startAll(echo, [b] as [Connection]);
  b.close();
  a.send(1);
  expect(a.recv()).toBe(1);
  a.close();
  expect(thread?.result(LONG)).toBe(1);
  const { Connection: ends = 0, Queue: queues = 0 } = heap.stats().objects;
  expect([ends, queues]).toEqual([before.Connection ?? 0, before.Queue ?? 0]);
});
