/**
 * The programs of document 001: processes and their numbers, daemons, one terminal, one file, and queues with
 * an end.
 *
 * One has no test here: 001-P2 is os.fork() and what becomes of an orphan. A worker has no fork, and none
 * outlives its program.
 */
import { AssertionError, activeChildren, Barrier, currentProcess, getpid, getppid, heap, Process } from 'nogil';
import { Lock, Queue } from 'nogil/multiprocessing';
import { expect, test } from 'vitest';
import { programsOf } from '../support/programs.ts';
import { until } from '../support/until.ts';
import {
  buyTicket,
  consumer,
  haveChild,
  type Numbers,
  ownPid,
  Piao,
  producer,
  producerThatEnds,
  raceForTicket,
  tellNumbers,
} from './001.workers.ts';
import { SECOND } from './clock.workers.ts';
import { TicketFile } from './ticket-file.ts';

const { run, start } = programsOf('seeds');

test('001-P1: the numbers of a process agree, and after terminate() it is no longer alive', () => {
  const answers = new Queue<Numbers>();
  const p = new Process({ target: tellNumbers, args: [answers] });
  p.start();
  const numbers = answers.get(true, 60);
  expect(numbers).toEqual({ ofCurrentProcess: p.pid, getpid: p.pid, getppid: getpid() });
  expect(p.pid).not.toBe(getpid());
  expect(currentProcess().pid).toBe(getpid());
  expect(getppid()).toBeUndefined();

  expect(p.isAlive()).toBe(true);
  p.terminate();
  // The tutorial sleeps a little here, because the operating system needs a moment too.
  expect(p.join(60)).toBe(true);
  expect(p.isAlive()).toBe(false);
  expect(p.exitcode).toBe(-15);
});

test('001-P3: a process that nobody joins is no zombie', async () => {
  const work = async (count: number) => {
    const processes = Array.from({ length: count }, () => new Process({ target: ownPid }));
    for (const p of processes) p.start();
    await until(() => processes.every((p) => p.exitcode !== undefined));
    expect(activeChildren()).toEqual([]);
    expect(processes.map((p) => p.exitcode)).toEqual(processes.map(() => 0));
    // Without its handle a record has no reason to be; the garbage collector would do the same, later.
    for (const p of processes) p.close();
  };
  const workers = () => heap.stats().objects.Worker ?? 0;
  // The first one brings what stays: the supervisor.
  const before = workers();
  await work(1);
  await until(() => workers() <= before);
  const { bytesInUse } = heap.stats();
  await work(8);
  await until(() => workers() <= before && heap.stats().bytesInUse <= bytesInUse);
});

test('001-P4: after join() the pid can still be read, and is the one that the process itself saw', () => {
  const p = new Process({ target: ownPid });
  p.start();
  p.join();
  expect(p.pid).toBeTypeOf('number');
  expect(p.pid).toBe(p.result(10));
  expect(p.isAlive()).toBe(false);
});

test('001-P5: a daemonic process dies with its program in the middle of its work', async () => {
  const { code, lines, errors } = await run('001-p5');
  expect(lines).toEqual(['egon is piaoing', '主']);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('001-P5: a process of a class is called by the class unless it is given a name', () => {
  const unnamed = new Piao();
  const egon = new Piao();
  egon.name = 'egon';
  expect(unnamed.name).toMatch(/^Piao-\d+$/);
  for (const p of [unnamed, egon]) p.start();
  expect(unnamed.result(10)).toBe(`${unnamed.name} is piaoing`);
  expect(egon.result(10)).toBe('egon is piaoing');
});

test('001-P5: a daemonic process may not have children', () => {
  const p = new Process({ target: haveChild, daemon: true });
  p.start();
  const error = p.result(10);
  expect(error).toBeInstanceOf(AssertionError);
  expect((error as Error).message).toBe('daemonic processes are not allowed to have children');
});

test('001-P6: a daemonic process ends with the code of main, although another process goes on', async () => {
  const { code, lines, errors } = await run('001-p6');
  // "123" may be missing: then foo did not come so far.
  expect(lines.filter((line) => line !== '123').sort()).toEqual(['456', 'end456', 'foo is gone', 'main-------'].sort());
  expect(lines.indexOf('456')).toBeLessThan(lines.indexOf('end456'));
  expect(lines).not.toContain('end123');
  expect(errors).toBe('');
  expect(code).toBe(0);
});

/** Of lines like "7 is running": the pids of those that say `what`, in order. */
const pidsThat = (what: string, lines: string[]) =>
  lines.filter((line) => line.endsWith(` ${what}`)).map((line) => Number.parseInt(line, 10));

test('001-P7: three processes print on one terminal, each its two lines in order', async () => {
  const { code, lines, errors } = await run('001-p7');
  expect(lines).toHaveLength(6);
  const running = pidsThat('is running', lines);
  expect(new Set(running).size).toBe(3);
  expect(pidsThat('is done', lines).sort()).toEqual([...running].sort());
  for (const pid of running) expect(lines.indexOf(`${pid} is running`)).toBeLessThan(lines.indexOf(`${pid} is done`));
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('001-P8: with a lock nobody prints between the two lines of another, and all the sleeps add up', async () => {
  const { code, lines, errors } = await run('001-p8');
  const seconds = Number.parseFloat(lines.pop() ?? '');
  const running = pidsThat('is running', lines);
  expect(new Set(running).size).toBe(3);
  expect(lines).toEqual(running.flatMap((pid) => [`${pid} is running`, `${pid} is done`]));
  expect(seconds).toBeGreaterThanOrEqual(3 * 2 * SECOND);
  expect(errors).toBe('');
  expect(code).toBe(0);
});

/** The tutorial's hundred are as many workers: 30 quarrel just as well. */
const CLIENTS = 30;

test('001-P9: many clients, one ticket, no lock: more than one gets it', () => {
  using stock = new TicketFile();
  const log = new Queue<string>();
  // In the tutorial they sleep between reading and writing, and most runs show it.
  const allHaveRead = new Barrier(CLIENTS);
  const clients = Array.from(
    { length: CLIENTS },
    () => new Process({ target: raceForTicket, args: [allHaveRead, stock.path, log] }),
  );
  for (const p of clients) p.start();
  for (const p of clients) expect(p.join(60)).toBe(true);
  expect(clients.map((p) => p.exitcode)).toEqual(clients.map(() => 0));
  const lines = Array.from({ length: log.qsize() }, () => log.get(false));
  expect(lines.filter((line) => line === '购票成功')).toHaveLength(CLIENTS);
});

test('001-P10: many clients, one ticket, a lock: one of them gets it', () => {
  using stock = new TicketFile();
  const lock = new Lock();
  const log = new Queue<string>();
  const clients = Array.from({ length: CLIENTS }, () => new Process({ target: buyTicket, args: [lock, stock.path, log] }));
  for (const p of clients) p.start();
  for (const p of clients) expect(p.join(60)).toBe(true);
  expect(clients.map((p) => p.exitcode)).toEqual(clients.map(() => 0));

  const lines = Array.from({ length: log.qsize() }, () => log.get(false));
  expect(lines.filter((line) => line === '购票成功')).toHaveLength(1);
  const searches = lines.filter((line) => line.startsWith('剩余票数'));
  expect(searches).toHaveLength(CLIENTS);
  expect(searches[0]).toBe('剩余票数1');
  expect(searches.every((line) => line === '剩余票数1' || line === '剩余票数0')).toBe(true);
  expect(stock.read()).toEqual({ count: 0 });
});

test('001-P11: a queue for three is full with three, and empty after three', () => {
  const q = new Queue<number>(3);
  expect(q.empty()).toBe(true);
  q.put(3);
  q.put(3);
  expect(q.full()).toBe(false);
  q.put(3);
  expect(q.full()).toBe(true);
  expect(q.qsize()).toBe(3);

  expect([q.get(), q.get(), q.get()]).toEqual([3, 3, 3]);
  expect(q.empty()).toBe(true);
  expect(q.full()).toBe(false);
});

const tenBuns = Array.from({ length: 10 }, (_, i) => `包子${i}`);

test('001-P12: a consumer that nobody tells to stop eats ten buns in order, and the program does not end', async () => {
  const { child, lines, ending } = start('001-p12');
  const eaten = () => lines.filter((line) => line.includes(' 吃 ')).map((line) => line.split(' 吃 ')[1]);
  await until(() => eaten().length >= 10 || child.exitCode !== null);
  // Long enough for a program whose end has come: they need a few milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  child.kill('SIGKILL');
  const { errors } = await ending;
  expect(eaten()).toEqual(tenBuns);
  expect(lines.filter((line) => line.includes(' 生产了 ')).map((line) => line.split(' 生产了 ')[1])).toEqual(tenBuns);
  expect(lines).toContain('主');
  expect(errors).toBe('');
});

test('001-P13: the producer sends the end after its last bun, and both end', () => {
  const q = new Queue<string | null>();
  const p1 = new Process({ target: producerThatEnds, args: [q, 10] });
  const c1 = new Process({ target: consumer, args: [q] });
  p1.start();
  c1.start();
  expect(c1.result(20)).toEqual(tenBuns);
  expect(p1.join(60)).toBe(true);
  expect([p1.exitcode, c1.exitcode]).toEqual([0, 0]);
  expect(q.empty()).toBe(true);
});

test('001-P14: main sends the end once the producer has ended, and it comes after all buns', () => {
  const q = new Queue<string | null>();
  const p1 = new Process({ target: producer, args: [q, 2] });
  const c1 = new Process({ target: consumer, args: [q] });
  p1.start();
  c1.start();
  expect(p1.join(60)).toBe(true);
  q.put(null);
  expect(c1.result(10)).toEqual(['包子0', '包子1']);
  expect([p1.exitcode, c1.exitcode]).toEqual([0, 0]);
  expect(q.empty()).toBe(true);
});

test('001-P15: the end signal of a consumer that was never started stays in the queue, and does not hold up the program', async () => {
  const { code, lines, errors } = await run('001-p15');
  const foods = ['包子', '骨头', '泔水'].flatMap((name) => [`${name}0`, `${name}1`]);
  const eaten = lines.filter((line) => line.includes(' 吃 ')).map((line) => line.split(' 吃 '));
  expect(eaten.map(([, item]) => item).sort()).toEqual(foods.sort());
  // One pid: c1 ate everything.
  expect(new Set(eaten.map(([pid]) => pid)).size).toBe(1);
  expect(lines).toContain('主');
  expect(lines.at(-1)).toBe('left 1, c1 0, c2 alive false');
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('001-P16: each producer ends after all it made is eaten, and main after the producers', async () => {
  const { code, lines, errors } = await run('001-p16');
  const names = ['包子', '骨头', '泔水'];
  const eaten = lines.filter((line) => line.includes(' 吃 ')).map((line) => line.split(' 吃 ')[1] as string);
  expect([...eaten].sort()).toEqual(names.flatMap((name) => tenBuns.map((_, i) => `${name}${i}`)).sort());
  // A producer waits for what is in the queue: the others may have more to make then, so nothing is said
  // about theirs.
  for (const name of names) {
    const end = lines.indexOf(`${name} 结束`);
    expect(end).toBeGreaterThan(0);
    const before = lines.slice(0, end).filter((line) => line.includes(` 吃 ${name}`));
    expect(before).toHaveLength(10);
  }
  expect(lines.at(-1)).toBe('主');
  expect(lines).toHaveLength(64);
  expect(errors).toBe('');
  expect(code).toBe(0);
});
