/**
 * assembly/sync/rlock.ts: its owner may take it again, and it is free when it was released as often.
 */
import { describe, expect, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import type { Describe, Model } from './model.ts';
import { planted } from './planted.ts';
import { type After, call, must, type Program, repeat, run } from './program.ts';
import { ABANDONED, awaited, type CallStep, Cast, Fields, FOREVER, inside, type Me, pumpOf, SOON, Status } from './sync.ts';

interface Scene {
  readonly m: Model;
  readonly cast: Cast;
  readonly lock: number;
  readonly ghost: { inside: number; repairs: number; broken: number };
}

function scene(m: Model, { takeOver = false } = {}): Scene {
  const cast = new Cast(m);
  const lock = cast.make('rlock', 'rlockCreate', [Number(takeOver)], Fields.rlock);
  m.finally(() => {
    const word = m.load(lock);
    return word && !(word & ABANDONED) ? 'the lock is still held' : undefined;
  });
  return { m, cast, lock, ghost: m.ghost({ inside: 0, repairs: 0, broken: 0 }) };
}

const isOk: After = (status) => must(status === Status.OK, `answered ${status}`);

/** `me` holds it so deep: looked at by nobody else, because nobody else may ask. */
function depthIs(lock: number, depth: number): Program {
  return [call('rlockCount', [lock], (count) => must(count === depth, `${count} deep, should be ${depth}`))];
}

/** What a holder does: one level more, inside, both levels back. */
function held({ lock, ghost }: Scene, me: Me): Program {
  return [
    ...depthIs(lock, 1),
    call('rlockAcquire', [lock, FOREVER], isOk),
    ...depthIs(lock, 2),
    ...inside(ghost, me),
    call('rlockRelease', [lock], isOk),
    ...depthIs(lock, 1),
    call('rlockRelease', [lock], isOk),
    ...depthIs(lock, 0),
  ];
}

function nested(here: Scene, me: Me, { timeout = FOREVER, acquired = isOk } = {}): Program {
  return [
    call('rlockAcquire', [here.lock, timeout], (status, flow) => {
      if (status === Status.TIMEOUT && timeout !== FOREVER) flow.stop();
      else acquired(status, flow);
    }),
    ...held(here, me),
  ];
}

function users(workers: number, times: number, ...timeouts: number[]): Describe {
  return (m) => {
    const here = scene(m);
    for (let i = 0; i < workers; i++)
      here.cast.worker(`w${i}`, (me) => repeat(times, nested(here, me, { timeout: timeouts[i] ?? FOREVER })));
  };
}

/** An owner, and one who keeps releasing what is not its own. */
const stranger: Describe = (m) => {
  const here = scene(m);
  for (const name of ['w0', 'w1']) here.cast.worker(name, (me) => nested(here, me));
  const release = call('rlockRelease', [here.lock], (status) =>
    must(status === Status.NOT_OWNER, 'released what was not its own'),
  );
  here.cast.worker('stranger', () => [release]);
};

describe('an owner may take its lock again:', () => {
  test('2 workers, twice each', () => void holds('rlock 2x2', core, users(2, 2)));
  test('3 workers', () => void holds('rlock 3x1', core, users(3, 1)));
  test('3 workers, one of them with a timeout', () => void holds('rlock 3x1, timed', core, users(3, 1, SOON)));
  test('nobody else can release it', () => void holds('rlock, a stranger', core, stranger));

  test('1 event loop, 2 blocking workers', () => {
    holds('rlock, 1 async 2 blocking', core, (m) => {
      const here = scene(m);
      const attempt = call('rlockTryOrMark', [here.lock], isOk) as CallStep;
      const gate = m.call('lockGate', here.lock);
      here.cast.worker('loop', (me) => [...awaited(gate, pumpOf(m), attempt), ...held(here, me)]);
      for (const i of [0, 1]) here.cast.worker(`w${i}`, (me) => nested(here, me));
    });
  });
});

/** Who takes over begins at depth 1, however deep the dead one was. */
function takesOver({ m, lock, ghost }: Scene, me: Me): After {
  return (status, flow) => {
    if (status !== Status.OWNER_DIED) return isOk(status, flow);
    must(m.look('lockOwner', lock) === me.tid, 'was told OWNER_DIED, but does not hold it');
    must(++ghost.repairs === 1, 'a death was told twice');
  };
}

function findsBroken({ ghost }: Scene): After {
  return (status, flow) => {
    if (status === Status.OWNER_DIED) {
      ghost.broken = 1;
      flow.stop();
    } else {
      isOk(status, flow);
      must(!ghost.broken, 'a broken lock was acquired');
    }
  };
}

function deaths(policy: (here: Scene, me: Me) => After, workers: number, { takeOver = false, clean = false } = {}): Describe {
  return (m) => {
    const here = scene(m, { takeOver });
    for (let i = 0; i < workers; i++)
      here.cast.worker(`w${i}`, (me) => nested(here, me, { acquired: policy(here, me) }), { mayDie: i === 0 });
    here.cast.reaper([], { clean });
  };
}

describe('a worker dies at any step:', () => {
  test('its lock goes to the next', () => void holds('rlock, death, take over', core, deaths(takesOver, 3, { takeOver: true })));
  test('between a look and a store, with two others', () => {
    holds('rlock, fine death, take over, 3', core, deaths(takesOver, 3, { takeOver: true }), { fine: true });
  });
  test('between a look and a store, too', () => {
    holds('rlock, fine death, take over', core, deaths(takesOver, 2, { takeOver: true }), { fine: true });
  });
  test('its lock is broken for all', () => void holds('rlock, death, broken', core, deaths(findsBroken, 2)));
  test('its lock is broken for all even after a clean end, because nobody else could release it', () => {
    holds('rlock, clean end', core, deaths(findsBroken, 2, { clean: true }));
  });

  test("a broken lock is nobody's, and whole after a reset", () => {
    const { outcomes } = holds(
      'rlock, death, reset',
      core,
      (m) => {
        const { cast, lock } = scene(m);
        const told = m.ghost({ broken: 0, first: 0, release: 0, second: 0, depth: 0 });
        const note =
          (name: keyof typeof told): After =>
          (status) => {
            told[name] = status;
          };
        cast.worker(
          'w0',
          () => [...repeat(2, [call('rlockAcquire', [lock, FOREVER])]), ...repeat(2, [call('rlockRelease', [lock])])],
          {
            mayDie: true,
          },
        );
        cast.reaper([
          run('looks', (_, flow) => {
            told.broken = Number(m.look('lockDeadOwner', lock) !== 0);
            if (!told.broken) flow.stop();
          }),
          call('rlockAcquire', [lock, FOREVER], note('first')),
          call('rlockRelease', [lock], note('release')),
          call('lockReset', [lock]),
          call('rlockAcquire', [lock, FOREVER], note('second')),
          call('rlockCount', [lock], note('depth')),
          call('rlockRelease', [lock], isOk),
        ]);
        m.outcome(() => Object.values(told).join());
      },
      { fine: true },
    );
    expect(outcomes).toEqual(new Set(['0,0,0,0,0', [1, Status.OWNER_DIED, Status.NOT_OWNER, Status.OK, 1].join()]));
  });
});

describe('planted bugs are found:', () => {
  const rlock = (find: string, replace: string): Edit => ({ file: 'sync/rlock.ts', find, replace });

  planted(
    'who takes over inherits the depth of the dead',
    { bad: rlock('status == Status.OK || (status == Status.OWNER_DIED && isMine(lock))', 'status == Status.OK') },
    ({ bad }) => {
      breaks('inherited depth', bad, deaths(takesOver, 2, { takeOver: true }), /^\d deep, should be 1$/);
    },
  );

  planted('anybody may release', { bad: rlock('if (!isMine(lock)) return Status.NOT_OWNER;', '') }, ({ bad }) => {
    breaks('no owner', bad, stranger, /^released what was not its own$/);
  });

  planted(
    'anybody nests who finds it held',
    { bad: rlock('return ownerOf(load(lock)) == self;', 'return ownerOf(load(lock)) != 0;') },
    ({ bad }) => {
      breaks('held is mine', bad, users(2, 1), /deep, should be|two inside/);
    },
  );

  planted(
    'the word given up before the count is down',
    {
      bad: rlock(
        '  setCount(lock, count);\n  if (count <= 0) unlock(lock);',
        '  if (count <= 0) unlock(lock);\n  setCount(lock, count);',
      ),
    },
    ({ bad }) => {
      breaks('count after unlock', bad, users(2, 1), /deep, should be/, { fine: true });
    },
  );
});
