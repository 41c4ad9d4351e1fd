/**
 * The programs of documents 003 and 004 in which processes talk by pipes, and those that choose how processes
 * are started.
 */
import { getContext, getpid, Pipe, Process, Queue, RuntimeError, setStartMethod, ValueError } from 'nogil/multiprocessing';
import { afterEach, describe, expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { LONG } from '../support/until.ts';
import { drain, listen } from './crew.ts';
import {
  action,
  Consumer,
  consume,
  consumeBytes,
  Product,
  pollAndConsume,
  produce,
  produceAndWait,
  produceBytes,
} from './pipes.workers.ts';

describe('buns through a pipe', () => {
  test('003-P6: the consumer eats what the producer makes, and ends when the last right end is closed', () => {
    const log = new Queue<string>();
    const [left, right] = Pipe();
    expect(Number.isInteger(left.fileno())).toBe(true);
    const p = new Process({ target: produce, args: [right, '生产者1', log] });
    const c = new Process({ target: consume, args: [left, '消费者1', log] });
    p.start();
    c.start();
    right.close();
    left.close();
    for (const each of [p, c]) expect(each.join(LONG)).toBe(true);
    expect([p.exitcode, c.exitcode]).toEqual([0, 0]);
    const lines = drain(log);
    expect(lines.filter((line) => line.startsWith('生产者1'))).toEqual([1, 2, 3].map((n) => `生产者1生产第${n}包子`));
    expect(lines.filter((line) => line.startsWith('消费者1'))).toEqual([
      ...range(3).map(() => '消费者1消费了一个包子'),
      '消费者1 EOFError',
    ]);
    // Each bun was made before it was eaten.
    range(3).forEach((i) => {
      const eaten = lines.map((line, at) => (line.includes('消费了') ? at : -1)).filter((at) => at >= 0);
      expect(lines.indexOf(`生产者1生产第${i + 1}包子`)).toBeLessThan(eaten[i] as number);
    });
  });

  test('003-P6: while the parent keeps its right end, the consumer waits', () => {
    const log = new Queue<string>();
    const [left, right] = Pipe();
    const p = new Process({ target: produce, args: [right, 'p', log] });
    const c = new Process({ target: consume, args: [left, 'c', log] });
    p.start();
    c.start();
    left.close();
    expect(p.join(LONG)).toBe(true);
    listen(log, (said) => said.filter((line) => line.startsWith('c消费')).length === 3);
    expect(c.join(0.02)).toBe(false);
    expect(log.empty()).toBe(true);
    right.close();
    expect(c.join(LONG)).toBe(true);
    expect(drain(log)).toEqual(['c EOFError']);
  });

  test('003-P7: three consumers of one end eat three buns between them, and all of them end', () => {
    const log = new Queue<string>();
    const [left, right] = Pipe();
    const p = new Process({ target: produce, args: [right, '生产者1', log] });
    const consumers = [1, 2, 3].map((n) => new Process({ target: consume, args: [left, `消费者${n}`, log] }));
    for (const each of [p, ...consumers]) each.start();
    right.close();
    left.close();
    for (const each of [p, ...consumers]) expect(each.join(LONG)).toBe(true);
    expect(consumers.map((each) => each.exitcode)).toEqual([0, 0, 0]);
    const lines = drain(log);
    expect(lines.filter((line) => line.endsWith('消费了一个包子'))).toHaveLength(3);
    expect(lines.filter((line) => line.endsWith('EOFError')).sort()).toEqual([1, 2, 3].map((n) => `消费者${n} EOFError`));
  });

  test('003-P8: bytes go into a buffer; those that do not fit come with the BufferTooShort, and the buffer stays empty', () => {
    const [left, right] = Pipe();
    const p = new Process({ target: produceBytes, args: [right] });
    const c = new Process({ target: consumeBytes, args: [left] });
    p.start();
    c.start();
    right.close();
    left.close();
    const received = ['消费了一个包子\0\0\0\0', '接收了6个数据'];
    expect(c.result(LONG)).toEqual([
      ...received,
      ...received,
      ...received,
      '数据太长,完整数据为:包子包子包子',
      `${new Uint8Array(10)}`,
    ]);
    expect(p.join(LONG)).toBe(true);
  });

  test.each([
    ['003-P9: poll(null) waits for a bun, or for the end, of which recv() then tells', 3],
    ['003-P10: it does so, too, when the right end is closed at once', 0],
  ])('%s', (_, seconds) => {
    const [left, right] = Pipe();
    const p = new Process({ target: produceAndWait, args: [right, seconds] });
    const c = new Process({ target: pollAndConsume, args: [left] });
    p.start();
    c.start();
    right.close();
    left.close();
    const yes = '是否有可供读取的数据:true';
    expect(c.result(LONG)).toEqual([...range(3).flatMap(() => [yes, '消费了一个包子']), yes]);
    expect(p.join(LONG)).toBe(true);
    expect([p.exitcode, c.exitcode]).toEqual([0, 0]);
  });
});

describe('004: how a process is started', () => {
  afterEach(() => setStartMethod(null, true));
  const add = ['http://c.biancheng.net/python/', 'http://c.biancheng.net/shell/', 'http://c.biancheng.net/java/'];

  test('004-P21: with a start method that was set, which can be set only once', () => {
    expect(() => setStartMethod('fork' as never)).toThrow(ValueError);
    setStartMethod('worker');
    const process = new Process({ target: action, args: ['my_process进程', ...add] });
    process.start();
    expect(process.result(LONG)).toEqual(['my_process进程', ...add.map((arc) => `${arc} --当前进程${process.pid}`)]);
    expect(process.pid).not.toBe(getpid());
    expect(() => setStartMethod('worker')).toThrow(RuntimeError);
  });

  test('004-P22: by a context', () => {
    const ctx = getContext('worker');
    const process = new ctx.Process({ target: action, args: ['my_process进程', ...add] });
    process.start();
    expect(process.result(LONG)).toEqual(['my_process进程', ...add.map((arc) => `${arc} --当前进程${process.pid}`)]);
    for (const method of ['x', 'fork', 'forkserver']) expect(() => getContext(method as never)).toThrow(ValueError);
  });
});

test('004-P23: what one process sends another receives, until it is terminated', () => {
  const said = new Queue<unknown>();
  const [p1, p2] = Pipe();
  const p = new Product('a', p1);
  const c = new Consumer('b', p2, said);
  p.start();
  c.start();
  expect(p.join(LONG)).toBe(true);
  // In the tutorial it is terminated before it has printed the last one, or after.
  expect(listen(said, (all) => all.length === 10)).toEqual(range(10));
  c.terminate();
  expect(c.join(LONG)).toBe(true);
  expect([p.name, c.name, p.exitcode, c.exitcode]).toEqual(['a', 'b', 0, -15]);
  expect(said.empty()).toBe(true);
  for (const each of [p1, p2, said]) each.close();
});
