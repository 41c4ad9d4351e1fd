/**
 * The doomed: objects of which the last reference is gone. Whatever hangs on them goes, too, once, at the end
 * of the call that dropped it; and whoever dies in the midst of that leaves them to the reaper, whatever
 * others do before it comes.
 */
import { describe, expect, test } from 'vitest';
import { Encoding, Kind } from '../../assembly/abi.ts';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { classOf, enlist, reaps, SMALL_CLASSES, sizeOfClass, usedIn } from './heap.ts';
import type { Model } from './model.ts';
import { type Thing, World } from './objects.ts';
import { planted } from './planted.ts';
import { call, must, type Program, run } from './program.ts';

const OBJECTS = 'heap/object-table.ts';
const CALLS = 'lifecycle/calls.ts';
const REAPER = 'lifecycle/reaper.ts';
const SCRATCH = 256;
/** What a death may lose: one block, of no more than an object's size. */
const LOST = sizeOfClass(classOf(512));
const mortal = { mayDie: true };

/** Something wrong that comes of taking apart twice, or what lives, or not at all. */
const WRONG =
  /taken apart while|is said to be there|is doomed|freed while|in a cycle|two free lists|free and untouched|in use|references|no word at|is gone|and it lives|was closed/;

/** What is dropped: the outer one by one worker; the inner ones live by it alone. */
interface Chain {
  readonly outer: Thing;
  readonly inner: Thing;
  /** There is more than one reference to the inner one in it: as for an Other. */
  readonly shares?: boolean;
}

type Make = (world: World) => Chain;

const queue = (world: World) => world.make('queueCreate', Kind.QUEUE, 0);
const nested = (outer: Thing, ...inner: Thing[]): ((world: World) => Chain) => {
  return (world) => {
    let around = outer;
    for (const thing of inner) {
      world.puts(thing, around);
      world.closes(thing);
      around = thing;
    }
    return { outer, inner: around };
  };
};

const chains = {
  'a queue in a queue in a queue': (world) => nested(queue(world), queue(world), queue(world))(world),
  'an event in a queue': (world) => nested(queue(world), world.make('eventCreate', Kind.EVENT))(world),
  'a queue in a dict': (world) => nested(world.make('tableCreate', Kind.TABLE), queue(world))(world),
  'a dict in a list': (world) => nested(world.make('vectorCreate', Kind.VECTOR), world.make('tableCreate', Kind.TABLE))(world),
  'a lock and its condition': (world) => {
    const inner = world.make('lockCreate', Kind.LOCK, 0);
    const outer = world.make('conditionCreate', Kind.CONDITION, inner.object, 0);
    world.closes(inner);
    return { outer, inner };
  },
  'a lock of a value in a queue': (world) => {
    const inner = world.make('rlockCreate', Kind.RLOCK, 0);
    const value = world.make('valueCreate', Kind.VALUE, 8, inner.object);
    const outer = queue(world);
    world.puts(value, outer);
    world.closes(inner, value);
    return { outer, inner };
  },
  'a queue and the end of a pipe': (world) => {
    // For the end to come before the queue, when somebody walks over them.
    const place = world.make('eventCreate', Kind.EVENT);
    const inner = queue(world);
    const event = world.make('eventCreate', Kind.EVENT);
    world.puts(event, inner);
    world.closes(place);
    const outer = world.make('connectionCreate', Kind.CONNECTION, inner.object, 0);
    world.closes(event, inner);
    return { outer, inner };
  },
  'a queue and both ends of its pipe in a list': (world) => {
    const inner = queue(world);
    const ends = [0, 1].map((i) => world.make('connectionCreate', Kind.CONNECTION, i ? inner.object : 0, i ? 0 : inner.object));
    const outer = world.make('vectorCreate', Kind.VECTOR);
    for (const end of ends) world.puts(end, outer);
    world.closes(inner, ...ends);
    return { outer, inner, shares: true };
  },
} satisfies Record<string, Make>;

/** Who else is there. */
interface Other {
  /** Answers how many bytes they keep to the end. */
  readonly joins: (world: World, chain: Chain) => number;
  /**
   * They count references beside the one who dies: in a model it may leak one then (see
   * heap/object-table.ts).
   */
  readonly shares?: boolean;
}

const noted = (own: { ref: number }) => (ref: number) => {
  must(ref > 0, 'no memory');
  own.ref = ref;
};

/** Opens and closes, or drops, beside the one who may die. */
const visiting = (steps: (world: World, chain: Chain) => Program): Other => ({
  shares: true,
  joins: (world, chain) => {
    world.add('v', steps(world, chain));
    return 0;
  },
});

const nobody: Other = { joins: () => 0 };
const others: Record<string, Other> = {
  'opens the inner one': visiting((world, { inner }) => world.visits(inner)),
  'opens the outer one': visiting((world, { outer }) => world.visits(outer)),
  'drops its own handle of the inner one': {
    shares: true,
    joins: (world, { inner }) => {
      world.drops('v', inner);
      return 0;
    },
  },
  'walks over all of them': visiting((world, { outer, inner }) => world.walks([inner.id, outer.id])),
  'makes what gets the entry and the block': {
    joins: (world, { inner }) => {
      const own = world.m.ghost({ ref: 0 });
      const lives = () => world.references(world.of(own.ref)) > 0;
      const isQueue = inner.kind === Kind.QUEUE;
      world.add('v', [
        isQueue ? call('queueCreate', [0], noted(own)) : call('eventCreate', [], noted(own)),
        run('uses it', () => must(lives(), 'taken apart while there is a reference')),
      ]);
      world.m.finally(() => {
        if (!lives()) return 'what was made is gone';
        const isClosed = isQueue && world.m.look('queueIsShutDown', world.m.look('refObject', own.ref));
        return isClosed ? 'what was made was closed' : undefined;
      });
      // Its handle, the queue and its first segment, or the event.
      return 16 + (isQueue ? [464, 80] : [64]).reduce((sum, bytes) => sum + sizeOfClass(classOf(bytes)), 0);
    },
  },
};

function bytesIn(m: Model): number {
  let bytes = 0;
  for (let index = 0; index < SMALL_CLASSES; index++) bytes += usedIn(m, index) * sizeOfClass(index);
  return bytes;
}

/** One drops the last handle of a chain, and may die over it; others are at it too. */
const dropping = (make: Make, other: Other, dies: boolean) => (m: Model) => {
  const world = new World(m);
  // The first object brings the table's first chunk.
  world.closes(world.make('eventCreate', Kind.EVENT));
  const before = bytesIn(m);
  const chain = make(world);
  world.drops('u', chain.outer, dies ? mortal : {});
  const kept = other.joins(world, chain);
  world.closes(chain.outer);
  const scratches = SCRATCH * (world.tids.length + (dies ? 1 : 0));
  if (dies) world.burier();
  m.finally(() => {
    const references = world.references(chain.outer) + world.references(chain.inner);
    const dead = m.victim >= 0;
    if (references !== 0)
      return dead && (chain.shares || other.shares) && references <= 2 ? undefined : 'nobody has a reference, and it lives';
    const more = bytesIn(m) - before - scratches - kept + (dead ? SCRATCH : 0);
    return more < 0 || more > (dead ? LOST : 0) ? `${more} bytes more are in use than somebody has` : undefined;
  });
  m.outcome(() => (world.references(chain.outer) + world.references(chain.inner) === 0 ? 'gone' : 'leaked'));
};

describe.each(Object.entries<Make>(chains))('%s', (what, make) => {
  test('goes, with all that hangs on it, when its last user closes it, or dies over it', () => {
    const { outcomes } = holds(`doomed, ${what}`, core, dropping(make, nobody, true), fine);
    expect(outcomes).toContain('gone');
  });

  test.each(Object.entries(others))('goes while somebody %s', (doing, other) => {
    const { outcomes } = holds(`doomed, ${what}, ${doing}`, core, dropping(make, other, false), fine);
    expect(outcomes).toEqual(new Set(['gone']));
  });
});

const small = ['an event in a queue', 'a queue in a dict', 'a lock and its condition', 'a queue and the end of a pipe'] as const;

describe.each(small)('%s', (what) => {
  test.each(Object.entries(others))('goes when its last user dies, and somebody %s before it is buried', (doing, other) => {
    holds(`doomed, ${what}, death, ${doing}`, core, dropping(chains[what], other, true), { ...fine, maxStates: 2_000_000 });
  });
});

type Shared = 'the outer one' | 'the inner one';

/**
 * Both drop a handle of a chain, or of two chains with the same end, and die over it one after the other: one
 * in the setup, before that operation of its call, which `told` says whether it came to. Either is buried
 * first.
 */
const twoDie = (shared: Shared, operations: number, firstFirst: boolean, told: (isCut: boolean) => void) => (m: Model) => {
  const world = new World(m);
  const inner = world.make('eventCreate', Kind.EVENT);
  const outer = queue(world);
  world.puts(inner, outer);
  const second = shared === 'the outer one' ? outer : queue(world);
  if (second !== outer) world.puts(inner, second);
  world.closes(inner);
  world.drops('u', outer, mortal);
  const dead = world.add('d', []);
  const ref = dead.call('refOpen', second.id, second.generation);
  world.closes(...new Set([outer, second]));
  told(dead.dies(operations, 'refClose', ref));
  world.isBuried = () => m.victim >= 0;
  const first = ['reapLocks', 'reap'].map((name) => call(name, [world.tids[dead.index] as number, 0]));
  const then = reaps(m, world.tids);
  enlist(m, m.reaper('reaper', firstFirst ? [...first, ...then] : [...then, ...first]));
  const left = () => [...new Set([outer, second, inner])].filter((thing) => world.references(thing) > 0).length;
  // A death over what is not the last reference may leak that.
  m.finally(() => (m.victim < 0 || left() <= 2 ? undefined : 'nobody has a reference, and it lives'));
  m.outcome(() => (m.victim < 0 ? 'alive' : left() === 0 ? 'gone' : 'leaked'));
};

describe('two who die one after the other', () => {
  test.each(['the outer one', 'the inner one'] as const)('over chains that share %s leave what they doomed once', (shared) => {
    const all = new Set<string>();
    for (const firstFirst of [true, false]) {
      let isCut = true;
      for (let operations = 0; isCut; operations++) {
        const model = twoDie(shared, operations, firstFirst, (cut) => {
          isCut = cut;
        });
        const { outcomes } = holds(`doomed, two die over ${shared}, ${operations}`, core, model, fine);
        for (const outcome of outcomes) all.add(outcome);
        expect(outcomes).toContain('alive');
      }
    }
    expect(all).toEqual(new Set(['alive', 'gone', 'leaked']));
  });
});

describe('the doomed', () => {
  const closed = (world: World) => chains['a queue in a queue in a queue'](world);
  const dies = dropping(chains['an event in a queue'], nobody, true);
  const walked = dropping(chains['an event in a queue'], others['walks over all of them'] as Other, false);
  const made = dropping(
    chains['a queue and the end of a pipe'],
    others['makes what gets the entry and the block'] as Other,
    true,
  );
  const simple = (m: Model) => {
    const world = new World(m);
    const event = world.make('eventCreate', Kind.EVENT);
    world.drops('u', event);
    world.add('v', world.visits(event));
    world.closes(event);
  };

  /** While one drops its chain, another one dies, and is buried. */
  const besides = (m: Model) => {
    const world = new World(m);
    const { outer } = chains['an event in a queue'](world);
    world.drops('u', outer);
    world.closes(outer);
    world.add('v', [], mortal);
    world.burier();
  };

  /** Two at once. */
  const pair = (m: Model) => {
    const world = new World(m);
    const list = world.make('vectorCreate', Kind.VECTOR);
    const events = [0, 1].map(() => world.make('eventCreate', Kind.EVENT));
    for (const event of events) world.puts(event, list);
    world.closes(...events);
    world.drops('u', list);
    world.closes(list);
  };

  /** The last reference goes by itself. */
  const released = (m: Model) => {
    const world = new World(m);
    const { outer } = closed(world);
    world.add('u', [call('release', [outer.id, outer.generation])]);
  };

  /** Whoever sends to a pipe whose reader goes meanwhile drops what is in it, and what hangs on that. */
  const sending = (m: Model) => {
    const world = new World(m);
    const inner = world.make('eventCreate', Kind.EVENT);
    const pipe = queue(world);
    world.puts(inner, pipe);
    const reading = world.make('connectionCreate', Kind.CONNECTION, pipe.object, 0);
    world.make('connectionCreate', Kind.CONNECTION, 0, pipe.object);
    world.closes(inner, pipe);
    world.drops('u', reading);
    world.closes(reading);
    world.add('v', [call('pipePut', [pipe.object, 0, Encoding.NULL, 0])]);
    m.finally(() => (world.references(inner) === 0 ? undefined : 'nobody has a reference, and it lives'));
  };

  /** The call that drops the last handle of a chain is cut off; then its worker repairs, and goes on. */
  const cutOff = (m: Model) => {
    const world = new World(m);
    const { outer, inner } = chains['an event in a queue'](world);
    world.drops('u', outer, { mayBeCut: { object: 0, afterwards: [call('callRepair')], calls: /^refClose$/ } });
    world.closes(outer);
    m.finally(() => {
      const isLeft = world.references(outer) === 0 && world.references(inner) !== 0;
      return isLeft ? 'nobody has a reference, and it lives' : undefined;
    });
  };

  const bugs: readonly { what: string; model: (m: Model) => void; edit: Edit }[] = [
    {
      what: 'that nobody takes apart who has sent something',
      model: sending,
      edit: {
        file: CALLS,
        find: '  const status = pipePutOnly(queue, length, meta, timeoutMs);\n  drain();\n',
        replace: '  const status = pipePutOnly(queue, length, meta, timeoutMs);\n',
      },
    },
    {
      what: 'that nobody takes apart whose call was cut off',
      model: cutOff,
      edit: { file: 'lifecycle/cut-off.ts', find: '  discardDrop();\n  drain();\n', replace: '  discardDrop();\n' },
    },
    {
      what: 'whose generation is not odd',
      model: simple,
      edit: {
        file: OBJECTS,
        find: 'return ((<i64>(generation + 1)) << 32) | <i64>(<u32>worker);',
        replace: 'return ((<i64>generation) << 32) | <i64>(<u32>worker);',
      },
    },
    {
      what: 'that can still be had',
      model: twoDie('the inner one', 0, true, () => {}),
      edit: { file: OBJECTS, find: 'return isDoomed(refWord) ? 0 : <i32>refWord;', replace: 'return <i32>refWord;' },
    },
    {
      what: 'that are looked at as if they lived',
      model: walked,
      edit: {
        file: OBJECTS,
        find: 'if (generationOf(refWord) == generation && referencesIn(refWord) != 0) object = pointer;',
        replace: 'object = pointer;',
      },
    },
    {
      what: 'whose place is read once they are found alive',
      model: walked,
      edit: {
        file: OBJECTS,
        find: 'const pointer = pointerOf(entry);\n    const refWord = refWordOf(entry);',
        replace: 'const refWord = refWordOf(entry);\n    const pointer = pointerOf(entry);',
      },
    },
    {
      what: 'that are free before their generation moves on',
      model: dies,
      edit: {
        file: OBJECTS,
        find: "  store64(entry + offsetof<Entry>('refWord'), (<i64>(generationOf(refWordOf(entry)) + 1)) << 32);\n  free(object - HEADER);\n",
        replace:
          "  free(object - HEADER);\n  store64(entry + offsetof<Entry>('refWord'), (<i64>(generationOf(refWordOf(entry)) + 1)) << 32);\n",
      },
    },
    {
      what: 'whose handle goes before them',
      model: dies,
      edit: {
        file: OBJECTS,
        find: '      if (!swapRefWord(entry, before, doomedBy(generation, self))) continue;\n',
        replace:
          '      storePlain(handle, 0);\n      if (!swapRefWord(entry, before, doomedBy(generation, self))) {\n        storePlain(handle, index);\n        continue;\n      }\n',
      },
    },
    {
      what: 'that nobody adopts',
      model: dies,
      edit: { file: REAPER, find: '    adoptDoomed(index, tid);\n', replace: '' },
    },
    {
      what: 'that are adopted and not taken apart',
      model: dies,
      edit: { file: REAPER, find: '  slotReleaseRecord(tid);\n  drain();\n', replace: '  slotReleaseRecord(tid);\n' },
    },
    {
      what: 'that are adopted from the living',
      model: besides,
      edit: {
        file: OBJECTS,
        find: 'const isTheirs = isDoomed(before) && <i32>before == worker;',
        replace: 'const isTheirs = isDoomed(before);',
      },
    },
    {
      what: 'that are adopted to life',
      model: dies,
      edit: {
        file: OBJECTS,
        find: 'doomedBy(generationOf(before) - 1, self)',
        replace: 'doomedBy(generationOf(before) - 2, self)',
      },
    },
    {
      what: 'of which one forgets the next',
      model: pair,
      edit: {
        file: OBJECTS,
        find: '  storePlain(nextDoomed(object), <i32>firstDoomed);\n',
        replace: '  storePlain(nextDoomed(object), 0);\n',
      },
    },
    {
      what: 'that a close leaves',
      model: dropping(closed, nobody, false),
      edit: { file: CALLS, find: '  refDrop(ref);\n  drain();\n', replace: '  refDrop(ref);\n' },
    },
    {
      what: 'that a release leaves',
      model: released,
      edit: {
        file: CALLS,
        find: '  releaseOnly(index, generation);\n  drain();\n',
        replace: '  releaseOnly(index, generation);\n',
      },
    },
    {
      what: 'that are ends of pipes and name queues which are gone',
      model: made,
      edit: { file: 'pipe/pipe.ts', find: "  storePlain(connection + offsetof<Connection>('incoming'), 0);\n", replace: '' },
    },
  ];

  test('are taken apart whoever dies beside, however many they are, whatever call doomed them', () => {
    holds('doomed, another one dies', core, besides, fine);
    holds('doomed, two at once', core, pair, fine);
    holds('doomed, by release', core, released, fine);
    holds('doomed, by who sends', core, sending, fine);
    holds('doomed, cut off', core, cutOff, fine);
  });

  const most = { ...fine, maxStates: 2_000_000 };
  for (const { what, model, edit } of bugs)
    planted(`${what} are found out`, { bad: edit }, ({ bad }) => void breaks(`doomed ${what}`, bad, model, WRONG, most));
});
