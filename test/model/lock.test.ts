/**
 * assembly/sync/lock.ts: one holder at a time, nobody sleeps for ever, and what a death leaves behind.
 */
import { describe, expect, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import type { WorkerOptions } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { planted } from './planted.ts';
import { type After, call, label, must, type Program, repeat, run } from './program.ts';
import {
  ABANDONED,
  AT_ONCE,
  awaited,
  type CallStep,
  Cast,
  CONTENDED,
  Fields,
  FOREVER,
  givingUp,
  inside,
  type Me,
  OWNER,
  pumpOf,
  SOON,
  Status,
} from './sync.ts';

interface Scene {
  readonly m: Model;
  readonly cast: Cast;
  readonly lock: number;
  readonly gate: number;
  readonly ghost: { inside: number; repairs: number; broken: number };
}

function scene(m: Model, { takeOver = false } = {}): Scene {
  const cast = new Cast(m);
  const lock = cast.make('lock', 'lockCreate', [Number(takeOver)], Fields.lock);
  m.show((value, where) => (where === 'lock.word' ? wordOf(value) : String(value)));
  m.finally(() => {
    const word = m.load(lock);
    return word & OWNER && !(word & ABANDONED) ? `the lock is still held: ${wordOf(word)}` : undefined;
  });
  return { m, cast, lock, gate: m.call('lockGate', lock), ghost: m.ghost({ inside: 0, repairs: 0, broken: 0 }) };
}

function wordOf(word: number): string {
  return `${word & OWNER}${word & CONTENDED ? '+CONTENDED' : ''}${word & ABANDONED ? '+ABANDONED' : ''}`;
}

const isOk: After = (status) => must(status === Status.OK, `answered ${status}`);

/** Takes the lock, goes inside, and releases it; ends where it is told TIMEOUT. */
function section(here: Scene, me: Me, timeout = FOREVER, acquired: After = isOk): Program {
  return [
    call('lockAcquire', [here.lock, timeout], (status, flow) => {
      if (status === Status.TIMEOUT && timeout !== FOREVER) flow.stop();
      else acquired(status, flow);
    }),
    ...inside(here.ghost, me),
    call('lockRelease', [here.lock], isOk),
  ];
}

/** The same by the async twin. */
function asyncSection(here: Scene, me: Me, { acquired = isOk, pump = pumpOf(here.m) } = {}): Program {
  const attempt = call('lockTryOrMark', [here.lock], acquired) as CallStep;
  return [...awaited(here.gate, pump, attempt), ...inside(here.ghost, me), call('lockRelease', [here.lock], isOk)];
}

function users(workers: number, times: number, ...timeouts: number[]): Describe {
  return (m) => {
    const here = scene(m);
    for (let i = 0; i < workers; i++) here.cast.worker(`w${i}`, (me) => repeat(times, section(here, me, timeouts[i])));
  };
}

/** `loops` workers that await the lock, each on a thread of its own, and others that block. */
function mixed(loops: number, blocking: number, options: WorkerOptions = {}): Describe {
  return (m) => {
    const here = scene(m);
    for (let i = 0; i < loops; i++) here.cast.worker(`loop${i}`, (me) => asyncSection(here, me), options);
    for (let i = 0; i < blocking; i++) here.cast.worker(`w${i}`, (me) => section(here, me));
  };
}

describe('a lock has one holder, and nobody sleeps for ever:', () => {
  test('2 workers, 3 times each', () => void holds('lock 2x3', core, users(2, 3)));
  test('3 workers', () => void holds('lock 3x1', core, users(3, 1)));
  test('2 workers, one of them with a timeout', () => void holds('lock 2x2, timed', core, users(2, 2, SOON)));
  test('3 workers, one of them with a timeout', () => void holds('lock 3x1, 1 timed', core, users(3, 1, SOON)));
  test('3 workers, two of them with a timeout', () => void holds('lock 3x1, 2 timed', core, users(3, 1, SOON, SOON)));
  test('3 workers, one of which does not wait', () => void holds('lock 3x1, 1 at once', core, users(3, 1, AT_ONCE)));

  test('a thread that must not sleep spins for an internal lock', () => {
    holds('lock, spinning', core, (m) => {
      const here = scene(m, { takeOver: true });
      for (const name of ['w0', 'w1', 'spinner']) {
        const program = (me: Me) => [call('lockInternal', [here.lock]), ...inside(here.ghost, me), call('unlock', [here.lock])];
        here.cast.worker(name, program);
      }
      m.machine.workers[2].host.find('configureWaiting')(0, 0, 0, 0);
    });
  });

  test('a second acquire of its holder waits until another worker releases it', () => {
    holds('lock, a signal', core, (m) => {
      const { cast, lock } = scene(m);
      cast.worker('waits', () => [...repeat(2, [call('lockAcquire', [lock, FOREVER], isOk)]), call('lockRelease', [lock], isOk)]);
      cast.worker('signals', () => [
        label('too early'),
        call('lockRelease', [lock], (status, flow) => {
          if (status === Status.NOT_OWNER) flow.goto('too early');
          else isOk(status, flow);
        }),
      ]);
    });
  });

  test('of two releases of one acquire one is told that the lock is free', () => void holds('lock, released twice', core, twice));
});

/** The holder and another worker both release what was acquired once. */
const twice: Describe = (m) => {
  const { cast, lock } = scene(m);
  const count = m.ghost({ held: 0, released: 0 });
  const release = call('lockRelease', [lock], (status) => {
    must(status === Status.OK || status === Status.NOT_OWNER, `answered ${status}`);
    if (status === Status.OK) must(++count.released === 1, 'two releases of one acquire succeeded');
  });
  const take = call('lockAcquire', [lock, FOREVER], () => {
    count.held = 1;
  });
  const wait = run('looks', (_, flow) => {
    if (!count.held) flow.goto('too early');
  });
  cast.worker('w0', () => [take, release]);
  cast.worker('w1', () => [label('too early'), wait, release]);
};

describe('event loops wait beside blocking workers:', () => {
  test('1 loop, 2 blocking', () => void holds('lock, 1 async 2 blocking', core, mixed(1, 2)));
  test('2 loops, 1 blocking', () => void holds('lock, 2 async 1 blocking', core, mixed(2, 1)));
  test('a loop that never turns holds up nobody', () => {
    holds('lock, zombie 2 blocking', core, mixed(1, 2, { zombie: true }));
  });

  test('a loop that gives up leaves nothing behind', () => {
    holds('lock, async gives up', core, (m) => {
      const here = scene(m);
      const pump = pumpOf(m);
      const loop = here.cast.worker('loop', (me) => asyncSection(here, me, { pump }));
      here.cast.task('timer', loop, givingUp(here.gate, pump));
      for (const i of [0, 1]) here.cast.worker(`w${i}`, (me) => section(here, me));
      m.finally(() => (m.load(here.gate + 4) !== 0 ? 'somebody is still counted at the gate' : undefined));
    });
  });
});

/** Who takes over: at most one is told so, and it holds the lock. */
function takesOver({ m, lock, ghost }: Scene, me: Me): After {
  return (status, flow) => {
    if (status !== Status.OWNER_DIED) return isOk(status, flow);
    must(m.look('lockOwner', lock) === me.tid, 'was told OWNER_DIED, but does not hold it');
    must(++ghost.repairs === 1, 'a death was told twice');
  };
}

/** Once anybody was told that the lock is broken everybody is. */
function findsBroken({ m, lock, ghost }: Scene): After {
  return (status, flow) => {
    if (status === Status.OWNER_DIED) {
      must(m.look('lockDeadOwner', lock) !== 0, 'broken, but by nobody');
      ghost.broken = 1;
      flow.stop();
    } else {
      isOk(status, flow);
      must(!ghost.broken, 'a broken lock was acquired');
    }
  };
}

type Policy = (here: Scene, me: Me) => After;

/** `mortal` may die anywhere: the first of the blocking workers, or a loop. */
function deaths(
  policy: Policy,
  { takeOver = false, blocking = 3, loops = 0, loopDies = false, timeout = FOREVER } = {},
): Describe {
  return (m) => {
    const here = scene(m, { takeOver });
    for (let i = 0; i < blocking; i++) {
      const options = { mayDie: i === 0 && !loopDies };
      here.cast.worker(`w${i}`, (me) => section(here, me, i === 1 ? timeout : FOREVER, policy(here, me)), options);
    }
    for (let i = 0; i < loops; i++) {
      const options = { mayDie: i === 0 && loopDies };
      here.cast.worker(`loop${i}`, (me) => asyncSection(here, me, { acquired: policy(here, me) }), options);
    }
    here.cast.reaper();
  };
}

/**
 * Somebody else releases the lock while its holder dies: either before anybody finds it broken, or not at
 * all.
 */
const strangers: Describe = (m) => {
  const here = scene(m);
  here.cast.worker('w0', () => [call('lockAcquire', [here.lock, FOREVER]), call('lockRelease', [here.lock])], { mayDie: true });
  here.cast.worker('w1', () => [call('lockRelease', [here.lock])]);
  const tries = call('lockAcquire', [here.lock, AT_ONCE], (status, flow) => {
    if (status === Status.OWNER_DIED) here.ghost.broken = 1;
    else must(!here.ghost.broken, 'a broken lock became whole');
    if (status === Status.OK) flow.goto('has it');
  });
  here.cast.worker('w2', () => [tries, tries, label('has it'), call('lockRelease', [here.lock])]);
  here.cast.reaper();
};

describe('a worker dies at any step:', () => {
  const give = { takeOver: true };
  test('its lock goes to the next', () => void holds('lock, death, take over', core, deaths(takesOver, give)));
  test('its lock goes to the next, who may be an event loop', () => {
    holds('lock, death, take over, async', core, deaths(takesOver, { ...give, blocking: 2, loops: 1 }));
  });
  test('as an event loop', () => {
    holds('lock, death of a loop, take over', core, deaths(takesOver, { ...give, blocking: 1, loops: 1, loopDies: true }));
  });
  test('its lock goes to the next, who may have been timed out', () => {
    holds('lock, death, take over, timed', core, deaths(takesOver, { ...give, timeout: SOON }));
  });
  test('its lock is broken for all', () => void holds('lock, death, broken', core, deaths(findsBroken)));
  test('its lock is broken for all, event loops too', () => {
    holds('lock, death, broken, async', core, deaths(findsBroken, { blocking: 1, loops: 1 }));
  });
  test('as an event loop, and its lock is broken for all', () => {
    holds('lock, death of a loop, broken', core, deaths(findsBroken, { blocking: 1, loops: 1, loopDies: true }));
  });

  test('whoever comes later finds the lock broken, whatever it does', () => {
    const { outcomes } = holds('lock, death, later', core, (m) => {
      const { cast, lock } = scene(m);
      const told = m.ghost({ broken: 0, once: 0, waits: 0, loop: 0, release: 0 });
      const note =
        (name: keyof typeof told): After =>
        (status) => {
          told[name] = status;
        };
      cast.worker('w0', () => [call('lockAcquire', [lock, FOREVER]), call('lockRelease', [lock])], { mayDie: true });
      cast.reaper([
        run('looks', (_, flow) => {
          told.broken = m.look('lockDeadOwner', lock) ? 1 : 0;
          if (!told.broken) flow.stop();
        }),
        call('lockAcquire', [lock, AT_ONCE], note('once')),
        call('lockAcquire', [lock, FOREVER], note('waits')),
        call('lockTryOrMark', [lock], note('loop')),
        call('lockRelease', [lock], note('release')),
      ]);
      m.outcome(() => Object.values(told).join());
    });
    const BROKEN = Status.OWNER_DIED;
    expect(outcomes).toEqual(new Set(['0,0,0,0,0', [1, BROKEN, BROKEN, BROKEN, BROKEN].join()]));
  });

  /** Who finds the lock broken resets it, and tries again. */
  const resetting: Describe = (m) => {
    const here = scene(m);
    for (const i of [0, 1, 2]) {
      const program = (me: Me): Program => [
        label('again'),
        call('lockAcquire', [here.lock, FOREVER], (status, flow) => {
          if (status === Status.OWNER_DIED) return;
          isOk(status, flow);
          flow.goto('has it');
        }),
        call('lockReset', [here.lock], (_, flow) => flow.goto('again')),
        label('has it'),
        ...inside(here.ghost, me),
        call('lockRelease', [here.lock], isOk),
      ];
      here.cast.worker(`w${i}`, program, { mayDie: i === 0 });
    }
    here.cast.reaper();
  };
  test('its lock is reset by whoever finds it broken', () => void holds('lock, death, reset', core, resetting));

  test('an event loop waits for the reset of another', () => {
    holds('lock, death, reset, async', core, (m) => {
      const here = scene(m);
      here.cast.worker('w0', (me) => section(here, me), { mayDie: true });
      const retry: After = (status, flow) => {
        if (status === Status.OWNER_DIED) flow.goto('leaves, and looks');
        else isOk(status, flow);
      };
      here.cast.worker('loop', (me) => asyncSection(here, me, { acquired: retry }));
      here.cast.reaper([call('lockReset', [here.lock])]);
    });
  });

  test('a release by another worker does not make its broken lock whole', () => {
    holds('lock, death, released by another', core, strangers);
  });

  test('after a clean end its lock stays locked, and another may release it', () => {
    holds('lock, clean end', core, (m) => {
      const here = scene(m);
      const dead = here.cast.worker('w0', (me) => section(here, me), { mayDie: true });
      for (const i of [1, 2]) here.cast.worker(`w${i}`, (me) => section(here, me));
      const release = call('lockRelease', [here.lock], isOk);
      const look = run('looks', (_, flow) => {
        if (m.look('lockOwner', here.lock) !== dead.tid) flow.stop();
      });
      here.cast.reaper([look, release], { clean: true });
    });
  });
});

describe('planted bugs are found:', () => {
  const lock = (find: string, replace: string): Edit => ({ file: 'sync/lock.ts', find, replace });
  const keep = 'if (result != Parked.CHANGED) parked = CONTENDED;';

  planted(
    'a release that wakes only where nobody waits',
    { bad: lock('if (word & CONTENDED) lockWake(lock);', 'if (!(word & CONTENDED)) lockWake(lock);') },
    ({ bad }) => {
      breaks('waking inverted', bad, users(2, 2), /^sleeps for ever: w\d$/);
    },
  );

  planted('CONTENDED not kept when taken after a sleep', { bad: lock(keep, '') }, ({ bad }) => {
    breaks('CONTENDED lost', bad, users(3, 1), /^sleeps for ever/);
  });

  planted(
    'an async try that leaves no mark',
    { bad: lock('if (word & CONTENDED || cas(lock, word, word | CONTENDED) == word) return', 'return') },
    ({ bad }) => {
      breaks('no mark', bad, mixed(1, 1), /^sleeps for ever: loop0$/);
    },
  );

  planted('a release that opens no gate', { bad: lock('  gateOpen(lockGate(lock));\n', '') }, ({ bad }) => {
    breaks('no gate', bad, mixed(1, 1), /^sleeps for ever: loop0$/);
  });

  planted(
    'event loops that sleep on the word of the blocking workers',
    {
      bad: [
        lock("return lock + offsetof<Lock>('gateSeq');", 'return lock;'),
        lock('  gateOpen(lockGate(lock));\n', ''),
        lock('  gateWakeAll(lockGate(lock));\n', ''),
      ],
    },
    ({ bad }) => {
      breaks('one word', bad, mixed(1, 2, { zombie: true }), /^sleeps for ever: w\d/);
    },
  );

  planted('a release by exchange', { bad: lock('if (cas(lock, word, 0) != word) continue;', 'xchg(lock, 0);') }, ({ bad }) => {
    breaks('exchange', bad, twice, /^two releases of one acquire succeeded$/);
    breaks('exchange, a death', bad, strangers, /^a broken lock became whole$/);
  });

  planted(
    'a reaper without the kick',
    {
      bad: {
        file: 'lifecycle/reaper.ts',
        find: '      lockWakeAll(object);\n      break;\n    case Kind.SEMAPHORE',
        replace: '      break;\n    case Kind.SEMAPHORE',
      },
    },
    ({ bad }) => {
      breaks('no kick', bad, deaths(takesOver, { takeOver: true }), /^sleeps for ever/);
    },
  );
});
