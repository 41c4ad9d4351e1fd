/**
 * Who sleeps for long looks at its list (assembly/sync/wait-list.ts): whatever others do meanwhile, and
 * whoever of them dies, a list that is sound is not found to be none. In these models a sleep may be a long one
 * at any time, once for each worker; that nobody sleeps for ever the others show, in which there is none.
 */
import { describe, test } from 'vitest';
import { Scene as Rounds } from './barrier.ts';
import { buildCore, type Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { Scene } from './condition.ts';
import { fine } from './core.ts';
import type { Describe } from './model.ts';

const PARK = 'waiting/park.ts';
const IS_LONG = 'function isLong(slices: i32): bool {\n';
/** A core in which who sleeps looks, and is changed by `edits`. */
const lookingWith = (...edits: readonly Edit[]) =>
  buildCore({
    mutant: [
      { file: 'limits.ts', find: 'LOOK_AFTER: f64 = f64.MAX_VALUE;', replace: 'LOOK_AFTER: f64 = 1;' },
      // Each look may change how often somebody was woken: without a bound there would be no end of states.
      { file: PARK, find: IS_LONG, replace: `let hasLooked: bool = false;\n${IS_LONG}  hasLooked = true;\n` },
      { file: PARK, find: 'isSliced() ? SLICE : LOOK_AFTER', replace: 'isSliced() || hasLooked ? SLICE : LOOK_AFTER' },
      ...edits,
    ],
  });
const looking = await lookingWith();

/** One or two wait; who dies is the first of them, or who notifies. */
const waits =
  (waiters: number, mortal: 'waiter' | 'notifier'): Describe =>
  (m) => {
    const here = new Scene(m, { takeOver: true });
    for (let i = 1; i <= waiters; i++)
      here.cast.worker(`waiter${i}`, (me) => here.waiter(me), { ...here.patient(i), mayDie: mortal === 'waiter' && i === 1 });
    if (mortal === 'notifier') here.cast.worker('notifier', () => here.notifier(1), { mayDie: true });
    here.cast.reaper(here.lastNotify(9));
  };

const gathers: Describe = (m) => {
  const here = new Rounds(m, 2);
  here.ghost.upsets = 1;
  for (const i of [0, 1])
    here.cast.worker(`w${i}`, (me) => [...here.once(i), ...here.party(me)], { ...here.patient(i), mayDie: i === 0 });
  here.cast.reaper();
};

describe('a list that is sound is not found to be none', () => {
  test('by who waits at a condition, when another waiter dies', () => {
    holds('long sleep, death of a waiter', looking, waits(2, 'waiter'));
  });

  test('by who waits at a condition, when a notifier dies inside a list edit', () => {
    holds('long sleep, death of a notifier', looking, waits(1, 'notifier'), fine);
  });

  test('by who waits at a barrier, when another party dies', () => {
    holds('long sleep, death of a party', looking, gathers);
  });
});

test('a list is found to be none, if who died with it in hand is not taken into account', async () => {
  const find = '  if (died) {\n    lockAbandon(list, self);\n    lockWakeAll(list);\n    return;\n  }\n  Check';
  const bad = await lookingWith({ file: 'sync/wait-list.ts', find, replace: '  Check' });
  breaks('long sleep, the dead are not seen', bad, waits(1, 'notifier'), /unreachable/, fine);
});
