/**
 * Planting by itself: bugs that are compiled together are each there alone, or none of them is.
 */
import { expect, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import type { Describe } from './model.ts';
import { plantedIn } from './planted.ts';
import { call, must, run } from './program.ts';
import { Cast, Fields, FOREVER, Status } from './sync.ts';

const planted = plantedIn([], { always: true });

const lock = (find: string, replace: string): Edit => ({ file: 'sync/lock.ts', find, replace });

const users: Describe = (m) => {
  const cast = new Cast(m);
  const object = cast.make('lock', 'lockCreate', [0], Fields.lock);
  const inside = m.ghost({ who: 0 });
  for (const name of ['u', 'v', 'w']) {
    cast.worker(name, ({ number }) => [
      call('lockAcquire', [object, FOREVER], (status) => {
        must(status === Status.OK && inside.who === 0, 'two inside');
        inside.who = number;
      }),
      run('goes out', () => {
        inside.who = 0;
      }),
      call('lockRelease', [object]),
    ]);
  }
};

const silent = lock('if (word & CONTENDED) lockWake(lock);', '');
const open = lock('return cas(lock, 0, self) == 0;', 'return true;');

planted(
  'bugs of one function and of several, planted together, are each found alone',
  { silent, open, both: [silent, open], mute: lock('notify(lock, 1)', '0') },
  ({ silent, open, both, mute }) => {
    breaks('planted, silent', silent, users, /^sleeps for ever/);
    breaks('planted, open', open, users, /^two inside$/);
    breaks('planted, both', both, users, /^two inside$/);
    breaks('planted, mute', mute, users, /^sleeps for ever/);
    expect(new Set([silent, open, both, mute].map(({ module }) => module)).size).toBe(1);
    holds('planted, none', { ...silent, planted: 0 }, users);
  },
);

planted('one that reaches beyond bodies is there as well', { beyond: lock('= (1 << 29) - 1;', '= 0;') }, ({ beyond }) => {
  breaks('planted, beyond', beyond, users, /./);
});

test('what is not planted is the core', () => {
  expect(core.planted).toBeUndefined();
  holds('planted nowhere', core, users);
});
