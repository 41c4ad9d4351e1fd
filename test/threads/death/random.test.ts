import { Condition, Event, Lock, Queue, RawValue, RLock, Semaphore } from 'nogil';
import { describe, expect, test } from 'vitest';
import { tries } from '../../support/mode.ts';
import { end, LONG, startProcess, until } from '../sync/support.ts';
import { countUntilKilled, useAll } from './sync.workers.ts';

const TEAM = 3;

/** Kills it in a moment that nobody can tell, and waits until it is gone. */
function killSometime(process: { kill(): void; terminate(): void; join(timeout: number): boolean; name: string }): void {
  const moment = performance.now() + Math.random() * 3;
  while (performance.now() < moment);
  if (Math.random() < 0.5) process.kill();
  else process.terminate();
  end(process);
}

describe('workers killed at random moments', () => {
  test.each([
    ['a Lock', () => new Lock({ onOwnerDeath: 'release' }), 60],
    ['an RLock', () => new RLock({ onOwnerDeath: 'release' }), 40],
  ] as const)(
    "inside and outside of %s({ onOwnerDeath: 'release' }) leave it working, and the count right",
    (_name, make, most) => {
      const kills = tries(most);
      using lock = make();
      using total = new RawValue('i');
      using inside = new RawValue('i');
      using intrusions = new RawValue('i');
      using stop = new Event();
      const tallies: RawValue<'i'>[] = [];
      const ways = ['blocking', 'timeouts', 'async'] as const;
      let next = 0;
      const recruit = () => {
        const mine = new RawValue('i');
        tallies.push(mine);
        return {
          mine,
          process: startProcess(
            countUntilKilled,
            lock,
            total,
            mine,
            inside,
            intrusions,
            stop,
            ways[next++ % ways.length] as 'async',
          ),
        };
      };
      const team = Array.from({ length: TEAM }, recruit);
      for (let i = 0; i < kills; i++) {
        const victim = team[i % TEAM] as (typeof team)[number];
        until(() => victim.mine.value > 0);
        killSometime(victim.process);
        team[i % TEAM] = recruit();
        // The others go on, whatever the victim held.
        const before = total.value;
        until(() => total.value > before);
      }
      for (const { mine } of team) until(() => mine.value > 0);
      stop.set();
      for (const { process } of team) expect(process.join(LONG)).toBe(true);
      expect(intrusions.value).toBe(0);
      // Between the two counts each victim may have died once.
      const done = tallies.reduce((sum, each) => sum + each.value, 0);
      expect(total.value).toBeGreaterThanOrEqual(done);
      expect(total.value).toBeLessThanOrEqual(done + kills);
      expect(lock.acquire(true, LONG)).toBe(true);
      lock.release();
      expect(lock.broken).toBe(false);
      for (const each of tallies) each.close();
    },
  );

  test('in the middle of all primitives leave those who live at work', () => {
    const locks = [new Lock({ onOwnerDeath: 'release' }), new Lock({ onOwnerDeath: 'release' })];
    using condition = new Condition(new Lock({ onOwnerDeath: 'release' }));
    using semaphore = new Semaphore(1_000);
    using queue = new Queue<number>();
    using signal = new Event();
    using stop = new Event();
    const recruit = () => startProcess(useAll, locks, condition, semaphore, queue, signal, stop);
    const team = Array.from({ length: TEAM }, recruit);
    for (let i = 0; i < tries(40); i++) {
      killSometime(team[i % TEAM] as (typeof team)[number]);
      team[i % TEAM] = recruit();
    }
    stop.set();
    signal.set();
    for (const each of team) {
      // Somebody may wait for the last signal, which another has cleared.
      until(() => {
        signal.set();
        return !each.isAlive();
      });
    }
    for (const lock of locks) {
      expect(lock.acquire(true, LONG)).toBe(true);
      lock.close();
    }
    expect(condition.acquire(true, LONG)).toBe(true);
    condition.notifyAll();
    condition.release();
    expect(semaphore.acquire(true, LONG)).toBe(true);
  });
});
