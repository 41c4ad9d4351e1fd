/** Guests that die, and hosts. */
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BrokenLockError, heap, Lock, Queue } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';
import { afterEach, describe, expect, test } from 'vitest';
import { tries } from '../support/mode.ts';
import { programsOf } from '../support/programs.ts';
import { LONG, until } from '../support/until.ts';
import { workers } from '../support/workers.ts';
import { ownNames } from './names.ts';

setStartMethod('spawn');
const folder = ownNames();
const { start } = programsOf('processes');

const published: string[] = [];
function publish<T>(name: string, value: T): T {
  published.push(name);
  return heap.publish(name, value);
}
afterEach(() => {
  for (const name of published.splice(0)) heap.unpublish(name);
});

describe('a guest that is killed', () => {
  test.each(['main', 'thread'])('leaves its lock broken: its %s had it', async (who) => {
    using shared = heap.share();
    const [lock, ready] = [publish('lock', new Lock()), publish('to', new Queue<number>())];
    const guest = start('guest', [shared.name, 'hold', who]);
    expect(ready.get(true, LONG)).toBe(guest.child.pid);
    expect(lock.acquire(false)).toBe(false);
    guest.child.kill('SIGKILL');
    expect(() => lock.acquire(true, LONG)).toThrow(BrokenLockError);
    await guest.ending;
    lock.reset();
    lock.acquire();
    lock.release();
  });

  test('while it joins, at any moment, leaves no place, no handle, no byte', async () => {
    using shared = heap.share();
    const items = publish('items', new Queue<number>());
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const one = async (ms: number) => {
      const { child, ending } = start('mortal', [shared.name, String(ms)]);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      await ending;
    };
    await Promise.all([200, 200].map(one));
    while (!items.empty()) items.get();
    await until(() => workers() <= 3);
    const before = { bytes: heap.stats().bytesInUse, workers: workers(), descriptors: descriptors() };
    for (let round = 0; round < tries(48); round += 3) await Promise.all([0, 1, 2].map(() => one(Math.random() * 60)));
    await until(() => workers() === before.workers, `${before.workers} places`);
    while (!items.empty()) items.get();
    await until(
      () => heap.stats().bytesInUse <= before.bytes,
      () => `${heap.stats().bytesInUse} of ${before.bytes} bytes`,
    );
    await until(() => descriptors() <= before.descriptors);
    items.put(1);
    expect(items.get()).toBe(1);
  }, 200_000);
});

describe('when the program that shares its heap', () => {
  const endings = [
    ['returns', ''],
    ['calls process.exit', 'exit'],
    ['is killed', 'sleep'],
  ] as const;
  const waits = ['get', 'getAsync', 'eventAsync', 'conditionAsync', 'join', 'busy'];

  test.each(endings)(
    '%s, its guests get errors, wherever they wait, and go on',
    async (_how, word) => {
      const name = `ends-${word}`;
      const host = start('host', [name, word, String(waits.length)]);
      const guests = waits.map((wait) => start('guest', [name, 'wait', wait]));
      await until(() => host.lines.length > 1);
      if (word === 'sleep') {
        await new Promise((resolve) => setTimeout(resolve, 50));
        host.child.kill('SIGKILL');
      }
      const told = await Promise.all(guests.map(({ ending }) => ending));
      const error = 'RuntimeError: the program that shared this heap has ended, and the heap with it';
      expect(told.map(({ code, lines }) => [code, ...lines.map((line) => JSON.parse(line) as unknown)])).toEqual(
        waits.map(() => [0, error, error]),
      );
      await host.ending;
      if (word !== 'sleep') expect(existsSync(join(folder, name))).toBe(false);
    },
    60_000,
  );
});
