/**
 * The programs of document 003: processes with Lock, Semaphore, Event and the queues.
 */
import { Barrier, Event, JoinableQueue, Lock, Process, Queue, RLock, Semaphore, Value } from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { LONG } from '../support/until.ts';
import {
  car,
  consumer,
  enterRoom,
  f,
  joinableMain,
  light,
  type Passage,
  producer,
  ticketRush,
  type Visit,
} from './003.workers.ts';
import { SECOND } from './clock.workers.ts';
import { drain, listen, runAll } from './crew.ts';
import type { Light } from './lights.workers.ts';
import { TicketFile } from './ticket-file.ts';
import { purchase } from './tickets.workers.ts';

/** A clock may be read a little early: what the system rounds a sleep by. */
const ROUNDING = 0.001;

describe('one ticket, ten users', () => {
  const users = range(10).map((i) => `第${i + 1}个用户`);

  test('003-P1: without a lock all who have looked in time buy the same ticket', () => {
    using stock = new TicketFile();
    const log = new Queue<string>();
    const allLooked = new Barrier(10);
    runAll(range(10).map((i) => new Process({ target: ticketRush, args: [i + 1, stock.path, log, allLooked] })));
    const lines = drain(log);
    expect(lines.filter((line) => line.endsWith('个用户')).sort()).toEqual([...users].sort());
    expect(lines.filter((line) => line === '剩余票数1')).toHaveLength(10);
    expect(lines.filter((line) => line === '购票成功,剩余:0')).toHaveLength(10);
    expect(lines).toHaveLength(30);
    expect(stock.read()).toEqual({ count: 0 });
  });

  test.each([
    ['Lock', Lock],
    ['RLock', RLock],
  ])('003-P2: with a %s around looking and buying exactly one user gets the ticket', (_, Kind) => {
    using stock = new TicketFile();
    const log = new Queue<string>();
    const lock = new Kind();
    runAll(range(10).map((i) => new Process({ target: purchase, args: [lock, i + 1, stock.path, log] })));
    const lines = drain(log);
    expect(lines.filter((line) => line.endsWith('个用户')).sort()).toEqual([...users].sort());
    // Nobody looks while another buys, so the pairs are whole.
    const inside = lines.filter((line) => !line.endsWith('个用户'));
    expect(inside.slice(0, 2)).toEqual(['剩余票数1', '购票成功,剩余:0']);
    expect(inside.slice(2)).toEqual(range(9).flatMap(() => ['剩余票数0', '抢票失败,去邀请好友助力!']));
    expect(stock.read()).toEqual({ count: 0 });
    expect(lock.locked()).toBe(false);
  });
});

describe('a room for two', () => {
  function visit(smp: Semaphore, users: number): Visit[] {
    const inside = new Value('i', 0);
    const doorsOpen = new Barrier(users);
    const visits = runAll(range(users).map((i) => new Process({ target: enterRoom, args: [smp, i, inside, doorsOpen] })));
    expect(inside.value).toBe(0);
    return visits as Visit[];
  }

  test('003-P3: at most two users are inside, and each of the others waits no shorter than it meant to', () => {
    const smp = new Semaphore(2);
    const visits = visit(smp, 10);
    const entered = visits.filter((each) => each.inside > 0);
    expect(entered.length).toBeGreaterThanOrEqual(2);
    for (const [i, { lines, patience, waited, inside }] of visits.entries()) {
      if (inside > 0) expect(lines).toEqual([`用户${i}进入了房间`, `用户${i}离开了房间`]);
      else {
        expect(lines).toEqual(['等太久,走人']);
        expect(waited).toBeGreaterThanOrEqual(patience - ROUNDING);
      }
      expect(inside).toBeLessThanOrEqual(2);
    }
    expect(smp.getValue()).toBe(2);
  });

  test('003-P3: when nobody comes out everybody gives up, and no permit is lost', () => {
    const smp = new Semaphore(2);
    smp.acquire();
    smp.acquire();
    for (const { lines, patience, waited } of visit(smp, 3)) {
      expect(lines).toEqual(['等太久,走人']);
      expect(waited).toBeGreaterThanOrEqual(patience - ROUNDING);
    }
    expect(smp.getValue()).toBe(0);
    smp.release(2);
    expect(smp.getValue()).toBe(2);
  });
});

describe('traffic lights', () => {
  const isLight = ({ line }: Passage) => line === '绿灯' || line === '红灯';

  /** Five cars and a light, until there was enough to see. */
  function traffic(patient: boolean, enough: (cars: Passage[]) => boolean): { lights: string[]; cars: Passage[] } {
    const e: Light = { flag: new Event(), turns: new Value('i', 0) };
    const l = new Lock();
    const inside = new Value('i', 0);
    const log = new Queue<Passage>();
    const lamp = new Process({ target: light, args: [e, log] });
    const cars = range(5).map((i) => new Process({ target: car, args: [e, i, l, inside, log, patient] }));
    for (const each of [lamp, ...cars]) each.start();
    const said = listen(log, (lines) => {
      const driven = lines.filter((each) => !isLight(each));
      return lines.length - driven.length >= 6 && driven.length >= 8 && enough(driven);
    });
    // Whoever has the lock has the crossing: so no car is stopped on it.
    expect(l.acquire(true, LONG)).toBe(true);
    for (const each of cars) each.terminate();
    for (const each of cars) expect(each.join(LONG)).toBe(true);
    lamp.terminate();
    expect(lamp.join(LONG)).toBe(true);
    expect([lamp, ...cars].map((each) => each.exitcode)).toEqual(Array(6).fill(-15));
    expect(inside.value).toBe(0);
    l.release();
    return { lights: said.filter(isLight).map(({ line }) => line), cars: said.filter((each) => !isLight(each)) };
  }

  test('003-P4: green and red alternate, and one car after the other passes, never while it is red', () => {
    const { lights, cars } = traffic(true, () => true);
    expect(lights).toEqual(lights.map((_, i) => (i % 2 === 0 ? '绿灯' : '红灯')));
    for (const { line, car: i, inside, waved, light } of cars) {
      expect(line).toBe(`奔驰${i}以两秒的时间飘过`);
      expect(waved).toBe(true);
      expect(light).not.toBe('red');
      expect(inside).toBe(1);
    }
  });

  test('003-P5: a car runs the red light when its patience is over, and only then', () => {
    const { lights, cars } = traffic(false, (driven) =>
      [true, false].every((waved) => driven.some((each) => each.waved === waved)),
    );
    expect(lights).toEqual(lights.map((_, i) => (i % 2 === 0 ? '绿灯' : '红灯')));
    for (const { line, car: i, inside, waved, waited, patience, light } of cars) {
      expect(line).toBe(waved ? `奔驰${i}以两秒的时间飘过` : `奔驰${i}闯红灯以两秒的时间飘过`);
      expect(light).not.toBe(waved ? 'red' : 'green');
      if (!waved) expect(waited).toBeGreaterThanOrEqual((patience as number) - ROUNDING);
      expect(patience).toBeLessThanOrEqual(3 * SECOND);
      expect(inside).toBe(1);
    }
  });
});

describe('buns, fruit and rice', () => {
  const foods = ['包子', '水果', '米饭'];
  const twice = foods.flatMap((food) => [food, food]).sort();

  test('003-P11: a None for each consumer ends it after all food is eaten, and the one too many stays', () => {
    const q = new Queue<string | null>();
    const producers = foods.map((food) => new Process({ target: producer, args: [food, q] }));
    const consumers = [1, 2].map(() => new Process({ target: consumer, args: [q] }));
    for (const each of [...producers, ...consumers]) each.start();
    for (const each of producers) expect(each.join(LONG)).toBe(true);
    for (let i = 0; i < 3; i++) q.put(null);
    const eaten = consumers.flatMap((each) => each.result(LONG));
    expect(eaten.sort()).toEqual(twice);
    expect([...producers, ...consumers].map((each) => each.exitcode)).toEqual([0, 0, 0, 0, 0]);
    expect(drain(q)).toEqual([null]);
  });

  test.each([
    ['003-P12: a producer ends only when what it made is eaten, and the program ends although its consumers wait', false],
    ['003-P12: when all have cooked before anybody joins, every producer ends after the sixth taskDone', true],
  ])('%s', (_, together) => {
    const eaten = Object.fromEntries(foods.map((food) => [food, new Value('i', 0)]));
    const program = new Process({ target: joinableMain, args: [eaten, together ? new Barrier(3) : null] });
    program.start();
    const { meals, unfinished, consumers } = program.result(LONG);
    expect(program.exitcode).toBe(0);
    expect(meals.map(({ food }) => food)).toEqual(foods);
    for (const { ownEaten, allEaten } of meals) {
      expect(ownEaten).toBe(2);
      if (together) expect(allEaten).toBe(6);
    }
    expect(Object.values(eaten).map((each) => each.value)).toEqual([2, 2, 2]);
    expect(unfinished).toBe(0);
    // They would have waited for ever: the end of their parent was theirs.
    expect(consumers.map((each) => each.exitcode)).toEqual([-15, -15]);
  });
});

test.each([
  ['003-P13: join() before get() returns, and the million characters are there', Queue, false],
  ['003-P13: cancelJoinThread() loses nothing', Queue, true],
  ['003-P13: join() before get() returns for a JoinableQueue, too', JoinableQueue, false],
] as const)('%s', (_, Kind, cancel) => {
  const q = new Kind<string>();
  const p = new Process({ target: f, args: [q, cancel] });
  p.start();
  expect(p.join(LONG)).toBe(true);
  expect(p.exitcode).toBe(0);
  expect(p.result()).toBe(p.pid);
  const item = q.get(true, LONG);
  expect(item).toHaveLength(1_000_000);
  expect(item).toBe('X'.repeat(1_000_000));
  expect(q.empty()).toBe(true);
});
