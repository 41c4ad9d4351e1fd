/**
 * Public objects: kept while anybody has a reference, taken apart once when the last one goes; what a dead worker held is given back.
 */
import { describe, expect, test } from 'vitest';
import { Kind } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine, mutant } from './core.ts';
import { classOf, enlist, heapTrouble, makeHeap, usedIn, wordsOf } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { call, label, must, type Program, run, type Step } from './program.ts';

const OBJECTS = 'heap/object-table.ts';

/** Words of the root: the first chunk of the object table. */
const CHUNKS = 64 + 128 + (16 + 2) * 64;
const HEADER = 16;
/** What refOpen answers when the object is gone. */
const GONE = 1;

interface Thing {
  readonly kind: Kind;
  readonly id: number;
  readonly generation: number;
  readonly object: number;
  /** The setup's handle. */
  readonly ref: number;
}

class World {
  private readonly tids: number[] = [];

  constructor(readonly m: Model) {
    makeHeap(m, 24);
    m.finally(() => heapTrouble(m));
  }

  /** A new object, of which the setup has a handle. `create`: the export that makes it. */
  make(create: string, kind: Kind, ...args: number[]): Thing {
    const { m } = this;
    const ref = m.call(create, ...args);
    const object = m.call('refObject', ref);
    const id = m.call('objectId', object);
    m.name(object - HEADER, `header ${id}`, ['kind', 'id', 'generation', 'unused']);
    m.name(this.entryOf(id), `row ${id}`, ['references', 'generation', 'pointer', 'kind']);
    return { kind, ref, object, id, generation: m.call('objectGeneration', object) };
  }

  private entryOf(id: number): number {
    return (wordsOf(this.m)[CHUNKS >> 2] as number) + id * 16;
  }

  /** The references that are counted; 0 when it is gone. */
  references({ id, generation }: Thing): number {
    const at = this.entryOf(id) >> 2;
    return wordsOf(this.m)[at + 1] === generation ? (wordsOf(this.m)[at] as number) : 0;
  }

  /** Whether the object lies where it did. To be asked by who has a reference. */
  isWhole({ object, kind, id, generation }: Thing): boolean {
    const [was, row, when] = wordsOf(this.m).subarray((object - HEADER) >> 2, object >> 2);
    return was === kind && row === id && when === generation;
  }

  add(name: string, program: Program, options: WorkerOptions = {}): Handle {
    const handle = this.m.worker(name, program, options);
    this.tids[handle.index] = enlist(this.m, handle);
    return handle;
  }

  reaper(then: Program = []): void {
    enlist(this.m, this.m.reaper('reaper', [call('reap', () => [this.tids[this.m.victim] as number, 0]), ...then]));
  }

  /** Opens a handle, uses it and closes it, unless the object is gone. */
  visits(thing: Thing): Step[] {
    const own = this.m.ghost({ ref: 0 });
    return [
      call('refOpen', [thing.id, thing.generation], (ref, flow) => {
        must(ref !== 0, 'no memory');
        own.ref = ref;
        if (ref === GONE) flow.goto('it is gone');
      }),
      run('uses it', () => must(this.isWhole(thing), 'freed while there is a reference')),
      call('refClose', () => [own.ref]),
      label('it is gone'),
    ];
  }
}

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

/** One gives the last reference back and makes a new object, which gets the same row. */
const rowComesRound = (m: Model) => {
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
  test('lives while anybody has a reference, and goes with the last one', async () => {
    holds('objects, 1 visitor', core, lastGoes(1), fine);
    holds('objects, 2 visitors', core, lastGoes(2));
    const bad = await mutant({
      file: OBJECTS,
      find: 'if (cas64(entry, life, after) != life) continue;\n    if (!last) return;',
      replace: 'store64(entry, after);\n    if (!last) return;',
    });
    breaks('a release without a compare-and-swap', bad, lastGoes(1), /freed while|freed exactly once|in a cycle|it lives/, fine);
  });

  test('that is gone is not found again in what has its row now', async () => {
    holds('objects, a row comes round', core, rowComesRound, fine);
    const bad = await mutant({
      file: OBJECTS,
      find: 'const after = last ? (<i64>(generation + 1)) << 32 : life - 1;',
      replace: 'const after = life - 1;',
    });
    breaks('a generation for ever', bad, rowComesRound, /freed while|freed exactly once|it is gone/, fine);
  });

  test('is freed once, not twice', async () => {
    const bad = await mutant({ file: OBJECTS, find: 'if (!last) return;', replace: 'if (<i32>life > 2) return;' });
    breaks('freed at 2 and at 1', bad, lastGoes(1), /freed while|freed exactly once|in a cycle/, fine);
  });

  test('is one of its own for each who makes one', () => {
    const model = (m: Model) => {
      const world = new World(m);
      const own = m.ghost({ u: 0, v: 0 });
      for (const name of ['u', 'v'] as const) {
        world.add(name, [
          call('eventCreate', [], (ref) => {
            must(ref !== 0, 'no memory');
            own[name] = ref;
          }),
          run('has it', () => {
            const [mine, other] = [own[name], own[name === 'u' ? 'v' : 'u']].map((ref) => (ref ? rowOf(m, ref) : 0));
            must(mine !== 0 && mine !== other, 'two objects in one row');
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

function rowOf(m: Model, ref: number): number {
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
    must(u.call('refOpen', event.id, event.generation) > GONE, 'no handle');
    const v = world.add('v', [
      run('uses it', () => must(world.isWhole(event), 'freed while there is a reference')),
      call('refClose', () => [handle]),
    ]);
    const handle = v.call('refOpen', event.id, event.generation);
    world.reaper();
    m.call('refClose', event.ref);
    m.outcome(() => `${m.victim < 0 ? 'alive' : own.busy ? 'busy' : 'idle'}: ${world.references(event)}`);
  };

  test('gives its handles back: an object may outlive its last user, never the other way round', async () => {
    const { outcomes } = holds('objects, death', core, dying, fine);
    expect(outcomes).toEqual(new Set(['alive: 1', 'idle: 0', 'busy: 0', 'busy: 1']));
    const bad = await mutant({ file: 'lifecycle/reaper.ts', find: '  refCloseAll(slotOf(tid));\n', replace: '' });
    expect(holds('objects, death, nothing given back', bad, dying, fine).outcomes).not.toEqual(outcomes);
  });

  test('is repaired in what is in a row, not in what was', async () => {
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
    holds('objects, a row changes its kind before the reaper', core, model);
    const bad = await mutant(
      {
        file: 'lifecycle/reaper.ts',
        find: '    const object = objectPin(id);\n',
        replace: '    const kind = objectKind(id);\n    const object = objectPin(id);\n',
      },
      {
        file: 'lifecycle/reaper.ts',
        find: 'row could be given back and become something else in between.\n    const kind = objectKind(id);\n',
        replace: '',
      },
      // Its lock lets go first: a barrier is only broken by a death in the midst.
      {
        file: 'lifecycle/reaper.ts',
        find: 'if (burying) bury(',
        replace: 'abandon(object, kind, tid, clean);\n    if (burying) bury(',
      },
    );
    breaks('the kind before the pin', bad, model, /^the event was repaired like a barrier$/);
  });
});
