/**
 * Public objects: kept while anybody has a reference, taken apart once when the last one goes; what a dead
 * worker held is given back.
 */
import { describe, expect, test } from 'vitest';
import { Kind } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { classOf, usedIn, wordsOf } from './heap.ts';
import type { Model } from './model.ts';
import { World } from './objects.ts';
import { planted } from './planted.ts';
import { call, must, run } from './program.ts';

const OBJECTS = 'heap/object-table.ts';

/** One gives its reference back, the last or not; others try to get one. */
const lastGoes = (visitors: number) => (m: Model) => {
  const world = new World(m);
  const event = world.make('eventCreate', Kind.EVENT);
  world.add('u', [
    run('uses it', () => must(world.isWhole(event), 'freed while there is a reference')),
    call('release', [event.id, event.generation]),
  ]);
  for (let i = 0; i < visitors; i++) world.add(`v${i}`, world.visits(event));
  m.finally(() => {
    if (world.references(event) !== 0) return 'nobody has a reference, and it lives';
    return usedIn(m, classOf(64)) === 0 ? undefined : 'it was not freed exactly once';
  });
};

/** One gives the last reference back and makes a new object, which gets the same entry. */
const entryComesRound = (m: Model) => {
  const world = new World(m);
  const own = m.ghost({ fresh: 0 });
  const event = world.make('eventCreate', Kind.EVENT);
  world.add('u', [
    call('release', [event.id, event.generation]),
    call('lockCreate', [0], (ref) => {
      own.fresh = ref;
    }),
    call(
      'refObject',
      () => [own.fresh],
      (object) => must(object !== 0, 'it is gone'),
    ),
    call('refClose', () => [own.fresh]),
  ]);
  world.add('v', world.visits(event));
  m.finally(() => (usedIn(m, classOf(64)) === 0 ? undefined : 'not everything was freed exactly once'));
};

describe('an object', () => {
  planted(
    'lives while anybody has a reference, and goes with the last one',
    {
      bad: {
        file: OBJECTS,
        find: 'if (swapRefWord(entry, before, before - 1)) return;\n    } else if (swapRefWord(entry, before, doomedBy(generation, self))) {',
        replace:
          "store64(entry + offsetof<Entry>('refWord'), before - 1);\n      return;\n    } else {\n      store64(entry + offsetof<Entry>('refWord'), doomedBy(generation, self));",
      },
    },
    ({ bad }) => {
      holds('objects, 1 visitor', core, lastGoes(1), fine);
      holds('objects, 2 visitors', core, lastGoes(2));
      breaks(
        'a release without a compare-and-swap',
        bad,
        lastGoes(1),
        /freed while|freed exactly once|in a cycle|it lives/,
        fine,
      );
    },
  );

  planted(
    'that is gone is not found again in what has its entry now',
    {
      bad: {
        file: OBJECTS,
        find: '(<i64>(generationOf(refWordOf(entry)) + 1)) << 32',
        replace: '(<i64>(generationOf(refWordOf(entry)) - 1)) << 32',
      },
    },
    ({ bad }) => {
      holds('objects, an entry comes round', core, entryComesRound, fine);
      breaks('a generation for ever', bad, entryComesRound, /freed while|freed exactly once|it is gone/, fine);
    },
  );

  planted(
    'is freed once, not twice',
    { bad: { file: OBJECTS, find: 'if (<i32>before != 1) {', replace: 'if (<i32>before > 2) {' } },
    ({ bad }) => {
      breaks('freed at 2 and at 1', bad, lastGoes(1), /freed while|freed exactly once|in a cycle/, fine);
    },
  );

  test('is one of its own for each who makes one', () => {
    const model = (m: Model) => {
      const world = new World(m);
      const own = m.ghost({ u: 0, v: 0 });
      for (const name of ['u', 'v'] as const) {
        world.add(name, [
          call('eventCreate', [], (ref) => {
            must(ref > 0, 'no memory');
            own[name] = ref;
          }),
          run('has it', () => {
            const [mine, other] = [own[name], own[name === 'u' ? 'v' : 'u']].map((ref) => (ref ? entryOf(m, ref) : 0));
            must(mine !== 0 && mine !== other, 'two objects in one entry');
          }),
        ]);
      }
      m.finally(() => (usedIn(m, classOf(64)) === 2 ? undefined : 'a block was lost'));
    };
    holds('objects, two are made', core, model, fine);
  });

  test('takes along what it keeps alive', () => {
    const model = (m: Model) => {
      const world = new World(m);
      const lock = world.make('lockCreate', Kind.LOCK, 0);
      const condition = world.make('conditionCreate', Kind.CONDITION, lock.object, 0);
      world.add('u', [call('release', [condition.id, condition.generation])]);
      world.add('v', [call('release', [lock.id, lock.generation])]);
      world.add('w', world.visits(lock));
      m.finally(() => (world.references(lock) + world.references(condition) === 0 ? undefined : 'not both are gone'));
    };
    holds('objects, a condition and its lock', core, model, fine);
  });
});

function entryOf(m: Model, ref: number): number {
  return wordsOf(m)[(ref + 8) >> 2] as number;
}

describe('the death of a worker', () => {
  const dying = (m: Model) => {
    const world = new World(m);
    const own = m.ghost({ busy: 0 });
    const event = world.make('eventCreate', Kind.EVENT);
    const busy = (value: number) =>
      run(value ? 'begins' : 'has ended', () => {
        own.busy = value;
      });
    const u = world.add('u', [busy(1), ...world.visits(event), busy(0)], { mayDie: true });
    must(u.call('refOpen', event.id, event.generation) > 0, 'no handle');
    const v = world.add('v', [
      run('uses it', () => must(world.isWhole(event), 'freed while there is a reference')),
      call('refClose', () => [handle]),
    ]);
    const handle = v.call('refOpen', event.id, event.generation);
    world.reaper();
    m.call('refClose', event.ref);
    m.outcome(() => `${m.victim < 0 ? 'alive' : own.busy ? 'busy' : 'idle'}: ${world.references(event)}`);
  };

  /** The same, and another opens a handle and closes it before anybody repairs. */
  const visited = (m: Model) => {
    const world = new World(m);
    const own = m.ghost({ busy: 0 });
    const event = world.make('eventCreate', Kind.EVENT);
    const busy = (value: number) =>
      run(value ? 'begins' : 'has ended', () => {
        own.busy = value;
      });
    const u = world.add('u', [busy(1), ...world.visits(event), busy(0)], { mayDie: true });
    must(u.call('refOpen', event.id, event.generation) > 0, 'no handle');
    world.add('v', world.visits(event));
    world.reaper();
    m.call('refClose', event.ref);
    m.outcome(() => `${m.victim < 0 ? 'alive' : own.busy ? 'busy' : 'idle'}: ${world.references(event)}`);
  };

  planted(
    'gives its handles back: an object may outlive its last user, never the other way round',
    { bad: { file: 'lifecycle/reaper.ts', find: '  releaseAllOf(slotOf(tid));\n', replace: '' } },
    ({ bad }) => {
      const { outcomes } = holds('objects, death', core, dying, fine);
      expect(outcomes).toEqual(new Set(['alive: 1', 'idle: 0', 'busy: 0', 'busy: 1']));
      const visits = holds('objects, death, another visits', core, visited, fine);
      expect([...visits.outcomes].filter((words) => !outcomes.has(words))).toEqual([]);
      expect(holds('objects, death, nothing given back', bad, dying, fine).outcomes).not.toEqual(outcomes);
    },
  );

  planted(
    'is repaired in what is in an entry, not in what was',
    {
      bad: {
        file: 'lifecycle/reaper.ts',
        find: '    const object = objectPin(index);\n    if (!object) continue;\n    const kind = objectKind(index);\n    underRepair = object;\n    if (clean) abandon(object, kind, tid, true);\n',
        // Its lock lets go first: a barrier is only broken by a death in the midst.
        replace:
          '    const kind = objectKind(index);\n    const object = objectPin(index);\n    if (!object) continue;\n    abandon(object, kind, tid, clean);\n',
      },
    },
    ({ bad }) => {
      const model = (m: Model) => {
        const world = new World(m);
        const own = m.ghost({ event: 0 });
        const barrier = world.make('barrierCreate', Kind.BARRIER, 2);
        world.add('u', [], { mayDie: true });
        world.add('v', [
          call('release', [barrier.id, barrier.generation]),
          call('eventCreate', [], (ref) => {
            own.event = m.look('refObject', ref);
          }),
          call('eventSet', () => [own.event]),
        ]);
        world.reaper();
        m.finally(() => (m.look('eventIsSet', own.event) ? undefined : 'the event was repaired like a barrier'));
      };
      holds('objects, an entry changes its kind before the reaper', core, model);
      breaks('the kind before the pin', bad, model, /^the event was repaired like a barrier$/);
    },
  );
});
