/**
 * assembly/waiting/doorbell.ts, between processes: blocked workers sleep in the kernel, event loops in a list
 * of their own process's, which others reach by the doorbell. Nobody sleeps beside what it waits for.
 */
import { describe, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { Scene as ConditionScene } from './condition.ts';
import { core } from './core.ts';
import type { WorkerOptions } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { planted } from './planted.ts';
import { call, type Program } from './program.ts';
import { awaited, type CallStep, Cast, earFor, Fields, FOREVER, givingUp, pumpOf } from './sync.ts';

interface Scene {
  readonly m: Model;
  readonly cast: Cast;
  readonly semaphore: number;
  readonly gate: number;
  readonly patient: WorkerOptions;
}

function scene(m: Model): Scene {
  const cast = new Cast(m);
  const semaphore = cast.make('semaphore', 'semaphoreCreate', [0, 0x7fffffff], Fields.semaphore);
  m.name(m.call('doorbell'), 'doorbell');
  return {
    m,
    cast,
    semaphore,
    gate: m.call('semaphoreGate', semaphore),
    patient: { maySleep: () => m.load(semaphore) === 0 },
  };
}

/**
 * An event loop that waits for a permit, in a process, with its ear. `ear: false`: nothing can reach it
 * there.
 */
function loop(here: Scene, name: string, process: number, options: WorkerOptions = {}, ear = true) {
  const { m, cast, semaphore, gate } = here;
  const pump = pumpOf(m);
  const attempt = call('semaphoreTry', [semaphore]) as CallStep;
  const me = cast.worker(name, () => awaited(gate, pump, attempt), { ...here.patient, ...options, process });
  if (ear) cast.task(`${name}'s ear`, me, earFor(m, [gate]), { maySleep: true });
  return { me, pump };
}

function blocked(here: Scene, name: string, process: number, options: WorkerOptions = {}): void {
  const program = [call('semaphoreAcquire', [here.semaphore, FOREVER])];
  here.cast.worker(name, () => program, { ...here.patient, ...options, process });
}

const gives = ({ semaphore }: Scene): Program => [call('semaphoreRelease', [semaphore, 1])];

function giver(here: Scene, name: string, process: number, options: WorkerOptions = {}): void {
  here.cast.worker(name, () => gives(here), { ...options, process });
}

const oneLoop: Describe = (m) => {
  const here = scene(m);
  loop(here, 'loop', 1);
  giver(here, 'giver', 0);
  m.finally(() => (m.load(here.gate + 4) === 0 ? undefined : 'somebody is still counted at the gate'));
};

const twoLoops: Describe = (m) => {
  const here = scene(m);
  loop(here, 'loop 1', 1);
  loop(here, 'loop 2', 2);
  giver(here, 'giver', 0);
};

describe('somebody gives in one process,', () => {
  test('an event loop waits in another', () => void holds('doorbell, 1 loop', core, oneLoop));

  test('a loop waits in the same one, and needs no ear', () => {
    holds('doorbell, at home', core, (m) => {
      const here = scene(m);
      loop(here, 'loop', 0, {}, false);
      giver(here, 'giver', 0);
      blocked(here, 'elsewhere', 1);
    });
  });

  test('loops wait in two others, for one permit', () => void holds('doorbell, 2 loops', core, twoLoops));

  test('a worker is blocked in another', () => {
    holds('doorbell, blocked', core, (m) => {
      const here = scene(m);
      blocked(here, 'taker', 1);
      giver(here, 'giver', 0);
    });
  });

  test('a worker is blocked in another, a loop waits in a third', () => {
    holds('doorbell, blocked and loop', core, (m) => {
      const here = scene(m);
      blocked(here, 'taker', 2);
      loop(here, 'loop', 1);
      giver(here, 'giver', 0);
    });
  });

  test('a loop gives up in another, and a permit is not lost with it', () => {
    holds('doorbell, gives up', core, (m) => {
      const here = scene(m);
      const { me, pump } = loop(here, 'loop', 1);
      here.cast.task('timer', me, givingUp(here.gate, pump));
      blocked(here, 'taker', 0);
      giver(here, 'giver', 0);
    });
  });
});

/** Of three processes one dies at any step. A second permit is there for whoever lives. */
function deaths(victim: 'loop' | 'giver'): Describe {
  return (m) => {
    const here = scene(m);
    const mortal = (name: typeof victim) => ({ mayDie: name === victim });
    loop(here, 'loop', 1, mortal('loop'));
    loop(here, 'other', 2);
    giver(here, 'giver', 3, mortal('giver'));
    here.cast.reaper();
  };
}

describe('a process dies at any step, and nobody sleeps beside a permit:', () => {
  test('one in which a loop waits', () => void holds('doorbell, death of a loop', core, deaths('loop')));
  test('the one that gives', () => void holds('doorbell, death of the giver', core, deaths('giver')));
});

/** A node of a list: how its waiter sleeps nobody has noted. */
const condition: Describe = (m) => {
  const here = new ConditionScene(m);
  m.name(m.call('doorbell'), 'doorbell');
  const me = here.cast.worker('loop', (self) => here.asyncWaiter(self), { ...here.patient(1), process: 1 });
  const gate = m.call('lockGate', here.lock);
  here.cast.task('ear', me, earFor(m, [gate], [here.nodes[1] as number]), { maySleep: true });
  here.cast.worker('notifier', () => here.notifier(1), { process: 0 });
};

test('a condition is notified in one process, an event loop waits in another', () => {
  holds('doorbell, condition', core, condition);
});

/** A call that puts is cut off in one process; an event loop in another waits for what may be in by then. */
const cutOff =
  (process: 0 | 1): Describe =>
  (m) => {
    const cast = new Cast(m);
    const queue = cast.make('queue', 'queueCreate', [0], []);
    const gate = m.call('queueNotEmptyGate', queue);
    const pump = pumpOf(m);
    const attempt = call('queueGet', [queue, 0]) as CallStep;
    const isEmpty = () => m.look('queueSize', queue) === 0;
    const me = cast.worker('loop', () => awaited(gate, pump, attempt), { maySleep: isEmpty, process });
    if (process === 1) cast.task('ear', me, earFor(m, [gate]), { maySleep: true });
    const puts = call('queuePutNumber', [queue, 7, 0]);
    cast.worker('puts', () => [puts], { process: 0, mayBeCut: { object: queue, afterwards: [] } });
  };

planted(
  'a put is cut off in one process, an event loop waits in another',
  { bad: { file: 'lifecycle/cut-off.ts', find: '      ringFor(word + gate + 4);\n', replace: '' } },
  ({ bad }) => {
    holds('doorbell, cut off', core, cutOff(1));
    breaks('doorbell, cut off and silent', bad, cutOff(1), /^sleeps for ever: loop$/);
  },
);

planted(
  'a put is cut off beside an event loop of the same process',
  { bad: { file: 'lifecycle/cut-off.ts', find: '      add(word + gate, 1);\n', replace: '' } },
  ({ bad }) => {
    holds('doorbell, cut off beside it', core, cutOff(0));
    breaks('doorbell, cut off and nothing moves', bad, cutOff(0), /^sleeps for ever: loop$/);
  },
);

describe('planted bugs are found:', () => {
  const eventCount = (find: string, replace: string): Edit => ({ file: 'waiting/event-count.ts', find, replace });
  const bell = (find: string, replace: string): Edit => ({ file: 'waiting/doorbell.ts', find, replace });
  const ring = "  ringFor(gate + offsetof<Gate>('waiters'));\n";

  planted('a gate that rings nobody', { bad: eventCount(ring, '') }, ({ bad }) => {
    breaks('no ring', bad, oneLoop, /^sleeps for ever: loop$/);
    breaks('no ring, 2 loops', bad, twoLoops, /^sleeps for ever: loop \d/);
  });

  planted('a gate that rings for two only', { bad: bell('load(waiters) > 0', 'load(waiters) > 1') }, ({ bad }) => {
    breaks('one is forgotten', bad, oneLoop, /^sleeps for ever: loop$/);
  });

  planted('a ring that changes nothing', { bad: bell('  add(doorbell(), 1);\n', '') }, ({ bad }) => {
    breaks('the word stays', bad, oneLoop, /^sleeps for ever: loop$/);
  });

  planted(
    'an ear that wakes its loop, and leaves it counted',
    { bad: eventCount("if (woken) add(gate + offsetof<Gate>('waiters'), -woken);", '') },
    ({ bad }) => {
      breaks('still counted', bad, oneLoop, /still counted/);
    },
  );

  planted('a list that rings nobody', { bad: bell('  if (notifyHere(word, -1) == 0) ring();\n', '') }, ({ bad }) => {
    breaks('no ring for a node', bad, condition, /^sleeps for ever: loop$/);
  });

  test('an ear that begins to listen when it first runs', () => {
    breaks(
      'listens too late',
      core,
      (m) => {
        const here = scene(m);
        const { me } = loop(here, 'loop', 1, {}, false);
        const [listens, ...rest] = earFor(m, [here.gate]);
        const late = rest[1] as CallStep;
        here.cast.task('ear', me, [late, listens, ...rest] as Program, { maySleep: true });
        giver(here, 'giver', 0);
      },
      /^sleeps for ever: loop$/,
    );
  });
});
