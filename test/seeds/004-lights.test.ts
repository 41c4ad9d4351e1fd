/**
 * The programs of document 004 that use an event as a light: whoever comes while it is red waits for green.
 */
import { Event, Queue, Thread, Value } from 'nogil';
import { expect, test } from 'vitest';
import { range } from '../support/range.ts';
import { LONG } from '../support/until.ts';
import { car, customer, food, light, type Saying } from './004-lights.workers.ts';
import { drain, listen } from './crew.ts';
import type { Light } from './lights.workers.ts';

const newLight = (): Light => ({ flag: new Event(), turns: new Value('i', 0) });

/** Whoever came saw the light as it was; they are numbered in turn. */
function checkGoers(
  said: Saying[],
  first: number,
  passes: (n: number) => string[],
  waits: string[] | ((lines: string[]) => void),
): void {
  let count = first;
  for (const { lines, isSet, looking, waiting } of said) {
    if (isSet === undefined) expect(waiting).not.toBe('red');
    else if (isSet) {
      expect(looking).not.toBe('red');
      expect(lines).toEqual(passes(count++));
    } else {
      expect(looking).not.toBe('green');
      if (Array.isArray(waits)) expect(lines).toEqual(waits);
      else waits(lines);
      count++;
    }
  }
  // Who waited went on, each time.
  expect(said.filter((each) => each.waiting !== undefined)).toHaveLength(said.filter((each) => each.isSet === false).length);
}

test('004-P6: a car passes while it is green, and waits while it is red', () => {
  const event = newLight();
  const status = new Value('i', 0);
  const stop = new Event();
  const log = new Queue<Saying>();
  const t1 = new Thread({ target: car, args: [event, stop, log] });
  const t2 = new Thread({ target: light, args: [event, status, stop, log] });
  t2.start();
  t1.start();
  const bySaying = (who: Saying['who'], said: Saying[]) => said.filter((each) => each.who === who);
  const said = listen(log, (all) => {
    const cars = bySaying('car', all);
    return bySaying('light', all).length >= 8 && [true, false].every((isSet) => cars.some((each) => each.isSet === isSet));
  });
  stop.set();
  for (const each of [t1, t2]) each.result(LONG);
  said.push(...drain(log));

  // Red comes with 3, and sets it to 0, which the next sleep makes 1.
  const lights = bySaying('light', said);
  expect(lights.map((each) => each.lines)).toEqual(
    lights.map((_, i) => {
      const state = i === 0 ? 0 : ((i - 1) % 3) + 1;
      return state === 3 ? ['当前状态是3', '红灯'] : [`当前状态是${state}`];
    }),
  );
  checkGoers(bySaying('car', said), 1, (n) => ['绿灯', `${n}车通行`], ['红灯，需要等待3秒', '等待中...']);
  expect(event.flag.isSet()).toBe(true);
});

test('004-P7: a guest is served while food is there, and waits while it is made', () => {
  const event = newLight();
  const status = new Value('i', 0);
  const stop = new Event();
  const log = new Queue<Saying>();
  const t1 = new Thread({ target: food, args: [event, status, stop, log] });
  const t2 = new Thread({ target: customer, args: [event, status, stop, log] });
  // The kitchen clears the flag only for a moment. The first guest comes before it opens, so that one
  // certainly waits.
  t2.start();
  const said = listen(log, (all) => all.length === 1);
  expect(said).toEqual([{ who: 'customer', lines: ['食物正在制作当中，请等待...', '*****> 0'], isSet: false, looking: 'red' }]);
  t1.start();
  const by = (who: Saying['who']) => said.filter((each) => each.who === who);
  said.push(...listen(log, (all) => all.filter(({ who }) => who === 'food').length >= 15 && all.some(({ isSet }) => isSet)));
  stop.set();
  for (const each of [t1, t2]) each.result(LONG);
  said.push(...drain(log));

  const round = [0, 1, 2].flatMap((n) => [['食物完成，顾客可以取餐', `当前食物的状态是${n}--->True`], [`食物: ${n + 1}`]]);
  const rounds = range(100).flatMap(() => [...round, ['当前食物的状态是3--->False', '=====> 3']]);
  const foods = by('food').map(({ lines }) => lines);
  expect(foods).toEqual(rounds.slice(0, foods.length));
  checkGoers(
    by('customer'),
    0,
    (n) => [`${n}号顾客取餐`],
    (lines) => {
      expect(lines[0]).toBe('食物正在制作当中，请等待...');
      expect(lines[1]).toMatch(/^\*{5}> [0-3]$/);
    },
  );
  expect(event.flag.isSet()).toBe(true);
});
