/**
 * What the threads of document 004 run that use an event as a light: a car and a traffic light, a guest and a
 * kitchen.
 * They are endless there. A thread cannot be terminated, so here they go on until they are told to stop; the
 * light ends green, and holds nobody up.
 */
import { type Event, type Queue, sleep, task, type Value } from 'nogil';
import { SECOND } from './clock.workers.js';
import { type Colour, during, type Light, turnGreen, turnRed } from './lights.workers.js';

/**
 * What was said, and for a look at the flag or a wait for it: what came of it, and what the light was
 * meanwhile.
 */
export interface Saying {
  who: 'car' | 'light' | 'customer' | 'food';
  lines: string[];
  isSet?: boolean;
  looking?: Colour;
  waiting?: Colour;
}

/** The tutorial's car and its guest differ in what they say. */
function goer(
  who: Saying['who'],
  event: Light,
  stop: Event,
  log: Queue<Saying>,
  first: number,
  passes: (n: number) => string[],
  waits: () => string[],
): void {
  let count = first;
  while (!stop.isSet()) {
    const { answer: isSet, light: looking } = during(event, () => event.flag.isSet());
    if (isSet) log.put({ who, lines: passes(count), isSet, looking });
    else {
      log.put({ who, lines: waits(), isSet, looking });
      const { light: waiting } = during(event, () => event.flag.wait());
      log.put({ who, lines: [], waiting });
    }
    sleep(3 * SECOND);
    count += 1;
  }
}

// ── P6 ───────────────────────────────────────────────────────────────────────────────────────────────

export const car = task(import.meta, function car(event: Light, stop: Event, log: Queue<Saying>): void {
  goer(
    'car',
    event,
    stop,
    log,
    1,
    (count) => ['绿灯', `${count}车通行`],
    () => ['红灯，需要等待3秒', '等待中...'],
  );
});

export const light = task(import.meta, function light(event: Light, status: Value<'i'>, stop: Event, log: Queue<Saying>): void {
  while (!stop.isSet() || !event.flag.isSet()) {
    const lines = [`当前状态是${status.value}`];
    if (status.value >= 3) {
      lines.push('红灯');
      turnRed(event);
      status.value = 0;
    } else turnGreen(event);
    log.put({ who: 'light', lines });
    sleep(5 * SECOND);
    status.value += 1;
  }
});

// ── P7 ───────────────────────────────────────────────────────────────────────────────────────────────

export const customer = task(
  import.meta,
  function customer(event: Light, status: Value<'i'>, stop: Event, log: Queue<Saying>): void {
    goer(
      'customer',
      event,
      stop,
      log,
      0,
      (count) => [`${count}号顾客取餐`],
      () => ['食物正在制作当中，请等待...', `*****> ${status.value}`],
    );
  },
);

export const food = task(import.meta, function food(event: Light, status: Value<'i'>, stop: Event, log: Queue<Saying>): void {
  const python = (flag: boolean) => (flag ? 'True' : 'False');
  while (!stop.isSet() || !event.flag.isSet()) {
    if (status.value >= 3) {
      turnRed(event);
      log.put({
        who: 'food',
        lines: [`当前食物的状态是${status.value}--->${python(event.flag.isSet())}`, `=====> ${status.value}`],
      });
      status.value = 0;
      continue;
    }
    turnGreen(event);
    log.put({
      who: 'food',
      lines: ['食物完成，顾客可以取餐', `当前食物的状态是${status.value}--->${python(event.flag.isSet())}`],
    });
    sleep(5 * SECOND);
    status.value += 1;
    log.put({ who: 'food', lines: [`食物: ${status.value}`] });
  }
});
