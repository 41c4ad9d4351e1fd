/**
 * assembly/sync/event.ts: a set wakes all who wait, also if a clear follows at once.
 */
import { describe, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import { Status as Stands, type WorkerOptions } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Program, repeat, run } from './program.ts';
import {
  AT_ONCE,
  awaited,
  type CallStep,
  Cast,
  Fields,
  FOREVER,
  givingUp,
  type Me,
  type Pump,
  pumpOf,
  SOON,
  Status,
} from './sync.ts';

interface Scene {
  readonly m: Model;
  readonly cast: Cast;
  readonly event: number;
  readonly gate: number;
  /** `owed`: bits of those who were asleep when somebody was about to set. */
  readonly ghost: { sets: number; owed: number };
}

function scene(m: Model): Scene {
  const cast = new Cast(m);
  const event = cast.make('event', 'eventCreate', [], Fields.event);
  return { m, cast, event, gate: m.call('eventGate', event), ghost: m.ghost({ sets: 0, owed: 0 }) };
}

const bit = ({ number }: Me) => 1 << number;

/** May sleep for ever unless it slept when the event was set, or the event is set now. */
function patient({ m, event, ghost }: Scene, number: number): WorkerOptions {
  return { maySleep: () => !(ghost.owed & (1 << number)) && !(m.load(event) & 1) };
}

/** Waits; a success means that the event was set at some moment. */
function waits({ event, ghost }: Scene, me: Me, timeout = FOREVER): Program {
  return [
    call('eventWait', [event, timeout], (status) => {
      must(status === Status.OK || (status === Status.TIMEOUT && timeout !== FOREVER), `answered ${status}`);
      must(status !== Status.OK || ghost.sets > 0, 'woken, but nobody has set it');
      ghost.owed &= ~bit(me);
    }),
  ];
}

/** The async twin: a change since it came means that it was set in between. */
function awaits(here: Scene, me: Me, pump: Pump = pumpOf(here.m)): Program {
  const { m, event, ghost, gate } = here;
  const own = m.ghost({ before: 0 });
  const attempt = call('eventGeneration', [event], () => {
    must(ghost.sets > 0, 'woken, but nobody has set it');
    ghost.owed &= ~bit(me);
  }) as CallStep;
  return [
    call('eventGeneration', [event], (generation, flow) => {
      own.before = generation;
      if (generation & 1) flow.stop();
    }),
    ...awaited(gate, pump, attempt, (generation) => (generation !== own.before ? Status.OK : Status.TIMEOUT)),
  ];
}

/** Notes who sleeps, then sets. */
function sets({ m, event, ghost }: Scene): Program {
  return [
    run('is about to set', () => {
      ghost.sets++;
      m.machine.workers.forEach((worker, index) => {
        if (m.machine.statusOf(worker) === Stands.PARKED) ghost.owed |= 1 << (index + 1);
      });
    }),
    call('eventSet', [event]),
  ];
}

function pulse(here: Scene): Program {
  return [...sets(here), call('eventClear', [here.event])];
}

/** Waiters with these timeouts, and one worker for each of `others`. */
function model(timeouts: number[], ...others: ((here: Scene) => Program)[]): Describe {
  return (m) => {
    const here = scene(m);
    timeouts.forEach((timeout, i) => {
      here.cast.worker(`waits${i}`, (me) => waits(here, me, timeout), patient(here, i + 1));
    });
    others.forEach((program, i) => {
      here.cast.worker(`w${i}`, () => program(here));
    });
  };
}

const Two = [FOREVER, FOREVER];
const clear = ({ event }: Scene) => [call('eventClear', [event])];
const twice = (here: Scene) => repeat(2, pulse(here));

describe('a set wakes all who wait:', () => {
  test('2 waiters, a set', () => void holds('event, set', core, model(Two, sets)));
  test('2 waiters, a set and a clear at once', () => void holds('event, pulse', core, model(Two, pulse)));
  test('2 waiters, two pulses', () => void holds('event, two pulses', core, model(Two, twice)));
  test('2 waiters, a set beside a clear', () => void holds('event, set and clear', core, model(Two, sets, clear)));
  test('2 waiters, 2 pulses beside each other', () => void holds('event, pulses', core, model(Two, pulse, pulse)));
  test('3 waiters, a pulse', () => void holds('event, 3 waiters', core, model([...Two, FOREVER], pulse)));
  test('2 waiters, one of them with a timeout, a pulse', () => void holds('event, timed', core, model([SOON, FOREVER], pulse)));
  test('a waiter that does not wait', () => void holds('event, at once', core, model([AT_ONCE, FOREVER], pulse)));
});

/** Waiters that await, waiters that block, and a worker that sets. */
function mixed(loops: number, blocking: number, setter: (here: Scene) => Program, options: WorkerOptions = {}): Describe {
  return (m) => {
    const here = scene(m);
    for (let i = 0; i < loops; i++)
      here.cast.worker(`loop${i}`, (me) => awaits(here, me), { ...patient(here, i + 1), ...options });
    for (let i = 0; i < blocking; i++) here.cast.worker(`waits${i}`, (me) => waits(here, me), patient(here, loops + i + 1));
    here.cast.worker('sets', () => setter(here));
  };
}

describe('event loops wait beside blocking workers:', () => {
  test('1 loop, 1 blocking, a pulse', () => void holds('event, 1 async 1 blocking', core, mixed(1, 1, pulse)));
  test('2 loops, a pulse', () => void holds('event, 2 async', core, mixed(2, 0, pulse)));
  test('1 loop, two pulses', () => void holds('event, 1 async, two pulses', core, mixed(1, 0, twice)));
  test('a loop that never turns holds up nobody', () => void holds('event, zombie', core, mixed(1, 2, pulse, { zombie: true })));

  test('a loop that gives up leaves nothing behind', () => {
    holds('event, async gives up', core, (m) => {
      const here = scene(m);
      const pump = pumpOf(m);
      const loop = here.cast.worker('loop', (me) => awaits(here, me, pump), patient(here, 1));
      here.cast.task('timer', loop, givingUp(here.gate, pump));
      here.cast.worker('sets', () => pulse(here));
      m.finally(() =>
        m.load(here.gate + 4) !== 0 && m.machine.statusOf(m.machine.workers[0]) === Stands.DONE
          ? 'somebody is still counted at the gate'
          : undefined,
      );
    });
  });
});

type Victim = 'waits' | 'loop' | 'sets';

function deaths(victim: Victim, setter: (here: Scene) => Program, third?: (here: Scene) => Program): Describe {
  return (m) => {
    const here = scene(m);
    const mayDie = (name: Victim) => ({ mayDie: name === victim });
    here.cast.worker('waits', (me) => waits(here, me), { ...patient(here, 1), ...mayDie('waits') });
    if (third) here.cast.worker('third', () => third(here));
    else here.cast.worker('loop', (me) => awaits(here, me), { ...patient(here, 2), ...mayDie('loop') });
    here.cast.worker('sets', () => setter(here), mayDie('sets'));
    here.cast.reaper();
  };
}

/** Who dies before its set has not set: only what is set in the end counts. */
const setsOnly = ({ event, ghost }: Scene) => [
  run('is about to set', () => {
    ghost.sets++;
  }),
  call('eventSet', [event]),
];

describe('a worker dies at any step:', () => {
  test('a waiter, a pulse', () => void holds('event, death of a waiter', core, deaths('waits', pulse)));
  test('an event loop, a pulse', () => void holds('event, death of a loop', core, deaths('loop', pulse)));
  test('the setter, and another pulses', () =>
    void holds('event, death of the setter, pulse', core, deaths('sets', setsOnly, pulse)));
  test('a waiter, and another sets beside a pulse', () => {
    holds('event, death of a waiter, 2', core, deaths('waits', pulse, setsOnly));
  });
  test('the setter: if the event is set, nobody sleeps', () =>
    void holds('event, death of the setter', core, deaths('sets', setsOnly)));
});

describe('planted bugs are found:', () => {
  const event = (find: string, replace: string): Edit => ({ file: 'sync/event.ts', find, replace });
  const isEven = 'if (!(generation & 1)) return;\n    if (cas(event, generation, generation + 1)';

  planted('a flag instead of a generation', { bad: event(isEven, isEven.replace('+ 1', '- 1')) }, ({ bad }) => {
    breaks('a flag', bad, model(Two, pulse), /^sleeps for ever: waits\d/);
  });

  planted('a set that wakes one', { bad: event('> 0) notify(event, ALL);', '> 0) notify(event, 1);') }, ({ bad }) => {
    breaks('wakes one', bad, model(Two, sets), /^sleeps for ever: waits\d$/);
  });

  planted(
    'a set that looks for waiters first',
    {
      bad: [
        event(
          'export function eventSet(event: usize): void {\n',
          "export function eventSet(event: usize): void {\n  const sleepers = load(event + offsetof<Event>('waiters'));\n",
        ),
        event("if (load(event + offsetof<Event>('waiters')) > 0)", 'if (sleepers > 0)'),
      ],
    },
    ({ bad }) => {
      breaks('looks too early', bad, model([FOREVER], sets), /^sleeps for ever: waits0$/);
    },
  );

  planted('no gate opened', { bad: event('  gateOpen(eventGate(event));\n', '') }, ({ bad }) => {
    breaks('no gate', bad, mixed(1, 0, sets), /^sleeps for ever: loop0$/);
  });

  planted(
    'a reaper without the kick',
    { bad: { file: 'lifecycle/reaper.ts', find: '      eventWakeAll(object);\n', replace: '' } },
    ({ bad }) => {
      breaks('no kick', bad, deaths('sets', setsOnly), /^sleeps for ever/);
    },
  );
});
