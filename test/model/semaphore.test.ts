/**
 * assembly/sync/semaphore.ts: as many may pass as there are permits, no permit is lost, and nobody sleeps
 * beside one.
 */
import { describe, expect, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import type { WorkerOptions } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { planted } from './planted.ts';
import { type After, atomic, call, label, must, type Program, repeat, run, waitAsync } from './program.ts';
import { AT_ONCE, asleepOn, awaited, type CallStep, Cast, Fields, FOREVER, givingUp, pumpOf, SOON, Status } from './sync.ts';

const UNLIMITED = 0x7fffffff;

interface Scene {
  readonly m: Model;
  readonly cast: Cast;
  readonly semaphore: number;
  readonly gate: number;
  /** Permits that were taken and released, by who lived to tell; how many are inside. */
  readonly count: { taken: number; released: number; inside: number };
  /** Sleeps rightly only while there is no permit. */
  readonly patient: WorkerOptions;
}

function scene(m: Model, permits = 0, limit = UNLIMITED): Scene {
  const cast = new Cast(m);
  const semaphore = cast.make('semaphore', 'semaphoreCreate', [permits, limit], Fields.semaphore);
  const count = m.ghost({ taken: 0, released: 0, inside: 0 });
  m.always(() => (m.load(semaphore) < 0 ? 'permits below zero' : undefined));
  m.finally(() => {
    const counted = m.load(semaphore + 4);
    if (m.victim < 0 && counted !== asleepOn(m, semaphore))
      return `${counted} waiters are counted, ${asleepOn(m, semaphore)} sleep`;
    const left = m.load(semaphore);
    const expected = permits + count.released - count.taken;
    // A dead worker may have taken a permit, or released some, and not told.
    return left === expected || m.victim >= 0 ? undefined : `${left} permits are left, should be ${expected}`;
  });
  const patient = { maySleep: () => m.load(semaphore) === 0 };
  return { m, cast, semaphore, gate: m.call('semaphoreGate', semaphore), count, patient };
}

/** Takes a permit, or is told TIMEOUT. */
function take({ semaphore, count }: Scene, timeout = FOREVER): Program {
  return [
    call('semaphoreAcquire', [semaphore, timeout], (status, flow) => {
      must(status === Status.OK || (status === Status.TIMEOUT && timeout !== FOREVER), `answered ${status}`);
      if (status === Status.OK) count.taken++;
      else flow.stop();
    }),
  ];
}

function asyncTake(here: Scene, pump = pumpOf(here.m)): Program {
  const attempt = call('semaphoreTry', [here.semaphore], () => {
    here.count.taken++;
  }) as CallStep;
  return awaited(here.gate, pump, attempt);
}

function give({ semaphore, count }: Scene, permits = 1): Program {
  return [
    call('semaphoreRelease', [semaphore, permits], (status) => {
      must(status === Status.OK, `answered ${status}`);
      count.released += permits;
    }),
  ];
}

/**
 * Some take one permit each, with these timeouts; one worker for each of `releases` gives so many at once.
 */
function handedOut(timeouts: number[], ...releases: number[][]): Describe {
  return (m) => {
    const here = scene(m);
    timeouts.forEach((timeout, i) => {
      here.cast.worker(`taker${i}`, () => take(here, timeout), here.patient);
    });
    releases.forEach((permits, i) => {
      here.cast.worker(`giver${i}`, () => permits.flatMap((n) => give(here, n)));
    });
  };
}

const Two = [FOREVER, FOREVER];

describe('no permit is lost, and nobody sleeps beside one:', () => {
  test('2 takers, release(1) twice', () => void holds('semaphore 1+1', core, handedOut(Two, [1, 1])));
  test('2 takers, 2 releasers', () => void holds('semaphore 1, 1', core, handedOut(Two, [1], [1])));
  test('2 takers, release(2)', () => void holds('semaphore 2', core, handedOut(Two, [2])));
  test('2 takers, release(1): one of them goes on waiting', () => void holds('semaphore 1 of 2', core, handedOut(Two, [1])));
  test('3 takers, release(3)', () => void holds('semaphore 3', core, handedOut([...Two, FOREVER], [3])));
  test('2 takers, one of them with a timeout, release(1)', () =>
    void holds('semaphore, timed', core, handedOut([SOON, FOREVER], [1])));
  test('3 takers, two of them with a timeout, release(1)', () => {
    holds('semaphore, 2 timed', core, handedOut([SOON, SOON, FOREVER], [1]));
  });
  test('2 takers, one of which does not wait', () => void holds('semaphore, at once', core, handedOut([AT_ONCE, FOREVER], [1])));
});

/** `workers` go in and out; at most `permits` are inside. */
function users(workers: number, permits: number, times: number): Describe {
  return (m) => {
    const here = scene(m, permits, permits);
    const { count, semaphore } = here;
    for (let i = 0; i < workers; i++) {
      const section = [
        ...take(here),
        run('is inside', () => must(++count.inside <= permits, 'too many inside')),
        run('goes out', () => {
          count.inside--;
        }),
        ...give(here),
      ];
      here.cast.worker(`w${i}`, () => repeat(times, section));
    }
    m.finally(() => (m.load(semaphore) === permits ? undefined : `${m.load(semaphore)} permits at the end`));
  };
}

const bothGetOne: Describe = (m) => {
  const here = scene(m, 2);
  for (const name of ['w0', 'w1']) here.cast.worker(name, () => take(here, AT_ONCE));
  m.finally(() => (m.load(here.semaphore) > 0 ? 'somebody was refused a permit that was there' : undefined));
};

describe('as many are inside as there are permits:', () => {
  test('1 permit, 2 workers, twice each', () => void holds('semaphore(1), 2x2', core, users(2, 1, 2)));
  test('1 permit, 3 workers', () => void holds('semaphore(1), 3x1', core, users(3, 1, 1)));
  test('2 permits, 3 workers', () => void holds('semaphore(2), 3x1', core, users(3, 2, 1)));

  test('2 permits, 2 workers that do not wait: both get one', () => void holds('semaphore(2), at once', core, bothGetOne));

  test('a release above the limit changes nothing', () => {
    const { outcomes } = holds('semaphore, bounded', core, (m) => {
      const { cast, semaphore } = scene(m, 1, 1);
      const told = m.ghost({ first: 9, second: 9 });
      cast.worker('w0', () => [
        call('semaphoreAcquire', [semaphore, FOREVER]),
        call('semaphoreRelease', [semaphore, 1], (status) => {
          told.first = status;
        }),
      ]);
      cast.worker('w1', () => [
        call('semaphoreRelease', [semaphore, 1], (status) => {
          told.second = status;
        }),
      ]);
      // As many releases succeed as there were acquires, whatever the order.
      m.outcome(() => `${told.first},${told.second}: ${m.load(semaphore)}`);
    });
    expect(outcomes).toEqual(new Set([`${Status.OK},${Status.RANGE}: 1`, `${Status.RANGE},${Status.OK}: 1`]));
  });
});

/** Takers that await on a thread of their own each, takers that block, and a worker that releases. */
function mixed(loops: number, blocking: number, permits: number[], options: WorkerOptions = {}): Describe {
  return (m) => {
    const here = scene(m);
    for (let i = 0; i < loops; i++) here.cast.worker(`loop${i}`, () => asyncTake(here), { ...here.patient, ...options });
    for (let i = 0; i < blocking; i++) here.cast.worker(`w${i}`, () => take(here), here.patient);
    here.cast.worker('giver', () => permits.flatMap((n) => give(here, n)));
  };
}

describe('event loops wait beside blocking workers:', () => {
  test('1 loop, 1 blocking, release(1) twice', () => void holds('semaphore, 1 async 1 blocking', core, mixed(1, 1, [1, 1])));
  test('1 loop, 1 blocking, release(1)', () => void holds('semaphore, one for two', core, mixed(1, 1, [1])));
  test('2 loops, 1 blocking, release(2)', () => void holds('semaphore, 2 async 1 blocking', core, mixed(2, 1, [2])));
  test('a loop that never turns holds up nobody', () => {
    holds('semaphore, zombie', core, mixed(1, 1, [1, 1], { zombie: true }));
  });

  test('a loop that gives up leaves nothing behind, and no permit goes with it', () => {
    holds('semaphore, async gives up', core, (m) => {
      const here = scene(m);
      const pump = pumpOf(m);
      const loop = here.cast.worker('loop', () => asyncTake(here, pump), here.patient);
      here.cast.task('timer', loop, givingUp(here.gate, pump));
      here.cast.worker('w', () => take(here), here.patient);
      here.cast.worker('giver', () => give(here));
      m.finally(() => (m.load(here.gate + 4) !== 0 ? 'somebody is still counted at the gate' : undefined));
    });
  });
});

type Victim = 'taker' | 'loop' | 'giver';

/**
 * A taker beside the mortal one, and one who gives a permit each time there is none: whoever lives gets one.
 * `more`: what others give, each at once.
 */
function deaths(victim: Victim, permits: number[], more: number[] = []): Describe {
  return (m) => {
    const here = scene(m);
    const mortal = (name: Victim) => ({ ...here.patient, mayDie: name === victim });
    here.cast.worker('taker', () => take(here), mortal('taker'));
    if (victim === 'loop') here.cast.worker('loop', () => asyncTake(here), mortal('loop'));
    here.cast.worker('other', () => take(here), here.patient);
    here.cast.worker('giver', () => permits.flatMap((n) => give(here, n)), mortal('giver'));
    for (const n of more) here.cast.worker(`giver of ${n}`, () => give(here, n));
    here.cast.reaper();
  };
}

describe('a worker dies at any step, and nobody sleeps beside a permit:', () => {
  test('a taker, release(1)', () => void holds('semaphore, death of a taker', core, deaths('taker', [1])));
  test('a taker, release(1) twice', () => void holds('semaphore, death of a taker, 1+1', core, deaths('taker', [1, 1])));
  test('an event loop, release(1)', () => void holds('semaphore, death of a loop', core, deaths('loop', [1])));
  test('the releaser, beside another', () => void holds('semaphore, death of a giver, 1, 1', core, deaths('giver', [1], [1])));
  test('a taker, beside two releasers', () => void holds('semaphore, death of a taker, 1, 1', core, deaths('taker', [1], [1])));
  test('the releaser, in release(2)', () => void holds('semaphore, death of a giver', core, deaths('giver', [2])));
  test('the releaser, in release(1) twice', () => void holds('semaphore, death of a giver, 1+1', core, deaths('giver', [1, 1])));
});

describe('planted bugs are found:', () => {
  const park = '    const result = park(semaphore, 0, deadline);\n';
  const semaphore = (find: string, replace: string): Edit => ({ file: 'sync/semaphore.ts', find, replace });
  const wake =
    "if (load(semaphore + offsetof<Semaphore>('waiters')) > 0) wake(semaphore, semaphore + offsetof<Semaphore>('waiters'), permits);";

  planted(
    'a taker that counts itself after its try has failed and it has slept',
    {
      bad: [
        semaphore(
          '    add(waiters, 1);\n    if (semaphoreTry(semaphore) == Status.OK) {\n      add(waiters, -1);\n',
          '    if (semaphoreTry(semaphore) == Status.OK) {\n',
        ),
        semaphore(park, `${park}    add(waiters, 1);\n`),
      ],
    },
    ({ bad }) => {
      breaks('counted too late', bad, handedOut(Two, [1, 1]), /^sleeps for ever: taker\d/);
    },
  );

  planted(
    'a woken taker that takes itself off the count, too',
    { bad: semaphore('if (result != Parked.WOKEN) add(waiters, -1);', 'add(waiters, -1);') },
    ({ bad }) => {
      breaks('counted off twice', bad, handedOut(Two, [1, 1]), /^sleeps for ever: taker\d$/);
    },
  );

  planted(
    'a taker that leaves without being counted off',
    { bad: semaphore('if (result != Parked.WOKEN) add(waiters, -1);', '') },
    ({ bad }) => {
      breaks('still counted', bad, handedOut([SOON], [1]), /waiters are counted/);
    },
  );

  planted(
    'a releaser that looks for waiters before it gives',
    {
      bad: [
        semaphore(
          "  const limit = load(semaphore + offsetof<Semaphore>('limit'));\n",
          "  const limit = load(semaphore + offsetof<Semaphore>('limit'));\n  const sleepers = load(semaphore + offsetof<Semaphore>('waiters'));\n",
        ),
        semaphore(wake, wake.replace(/load\([^)]*\)\)/, 'sleepers')),
      ],
    },
    ({ bad }) => {
      breaks('looks too early', bad, handedOut([FOREVER], [1]), /^sleeps for ever: taker0$/);
    },
  );

  planted('release(2) that wakes one', { bad: semaphore(wake, wake.replace('permits)', '1)')) }, ({ bad }) => {
    breaks('wakes one', bad, handedOut(Two, [2]), /^sleeps for ever: taker\d$/);
  });

  planted(
    'a failed compare-and-swap taken for no permit',
    {
      bad: semaphore(
        'if (cas(semaphore, permits, permits - 1) == permits) return true;',
        'return cas(semaphore, permits, permits - 1) == permits;',
      ),
    },
    ({ bad }) => {
      breaks('not tried again', bad, bothGetOne, /^somebody was refused/);
    },
  );

  planted('no gate opened', { bad: semaphore('  gateOpen(semaphoreGate(semaphore));\n', '') }, ({ bad }) => {
    breaks('no gate', bad, mixed(1, 0, [1]), /^sleeps for ever: loop0$/);
  });

  test('an event loop that enters the gate after it has tried', () => {
    breaks(
      'enters too late',
      core,
      (m) => {
        const here = scene(m);
        const { gate, semaphore } = here;
        const pump = pumpOf(m);
        const done: After = (status, flow) => {
          if (status !== Status.OK) return;
          here.count.taken++;
          flow.stop();
        };
        const program = [
          label('looks'),
          call('semaphoreTry', [semaphore], done),
          call('gateEnter', [gate]),
          atomic('load', [gate], (seq) => {
            pump.seen = seq;
          }),
          waitAsync(
            () => [gate, pump.seen],
            (_, flow) => flow.goto('looks'),
          ),
        ];
        here.cast.worker('loop', () => program, here.patient);
        here.cast.worker('giver', () => give(here));
      },
      /^sleeps for ever: loop$/,
    );
  });

  planted(
    'a reaper without the kick',
    { bad: { file: 'lifecycle/reaper.ts', find: '      semaphoreWakeAll(object);\n', replace: '' } },
    ({ bad }) => {
      breaks('no kick, a taker', bad, deaths('taker', [1]), /^sleeps for ever: other$/);
      breaks('no kick, the giver', bad, deaths('giver', [1]), /^sleeps for ever/);
    },
  );
});
