/**
 * A death at every step of what the other models do only alive: making objects, handles, names, short calls.
 * Whoever dies, the heap is sound, what others hold stays, and nothing is left that nobody has.
 */
import { describe, test } from 'vitest';
import { Encoding, Kind, Status } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { enlist, entriesLost, heapTrouble, makeHeap, type Name, reaps, referencesTo } from './heap.ts';
import type { Describe, Handle, Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Program, type Step } from './program.ts';
import { FOREVER, OWNER, SOON } from './sync.ts';

/** An object of the setup's, which holds one reference to it. */
interface Thing {
  readonly at: number;
  readonly ref: number;
  readonly name: Name;
}

class Scene {
  private readonly tids: number[] = [];
  /** Of each who has been added. */
  readonly handles: Handle[] = [];

  constructor(readonly m: Model) {
    makeHeap(m, 24);
    m.finally(() => heapTrouble(m));
    m.finally(() => (entriesLost(m) > (m.victim < 0 ? 0 : 1) ? `${entriesLost(m)} entries are lost` : undefined));
  }

  make(create: string, ...args: number[]): Thing {
    const { m } = this;
    const ref = m.call(create, ...args);
    const at = m.call('refObject', ref);
    return { at, ref, name: [m.call('objectId', at), m.call('objectGeneration', at)] };
  }

  add(name: string, program: Program, mayDie = false): Handle {
    const handle = this.m.worker(name, program, { mayDie });
    this.tids[handle.index] = enlist(this.m, handle);
    this.handles.push(handle);
    return handle;
  }

  reaper(afterwards: Program = []): void {
    enlist(this.m, this.m.reaper('reaper', [...reaps(this.m, this.tids), ...afterwards]));
  }

  /** A record in a worker's scratch: `words` of payload. */
  fills(handle: Handle, words: readonly number[], at = 0): number {
    const scratch = handle.call('scratch') + at;
    for (const [i, word] of [words.length * 4, Encoding.BYTES, ...words].entries()) this.m.store(scratch + i * 4, word);
    return scratch;
  }

  /** There are `least` references to it at the end, and not more than `most` after a death. */
  counts({ name }: { name: Name }, least: number, most = least): void {
    this.m.finally(() => {
      const references = referencesTo(this.m, name);
      const allowed = this.m.victim < 0 ? references === least : references >= least && references <= most;
      return allowed ? undefined : `${references} references, where ${least} are held`;
    });
  }
}

const ok = (status: number) => must(status === Status.OK, `answered ${status}`);
const isOneOf =
  (...allowed: number[]) =>
  (status: number) =>
    must(allowed.includes(status), `answered ${status}`);

/** Who may die does `steps`; the others `beside`; who repairs then `afterwards`. */
const mortal =
  (
    plan: (scene: Scene) => { steps: Program; beside?: Program; afterwards?: Program; begin?: (dying: Handle) => void },
  ): Describe =>
  (m) => {
    const scene = new Scene(m);
    const { steps, beside, afterwards, begin } = plan(scene);
    const dying = scene.add('u', steps, true);
    if (beside) scene.add('v', beside);
    scene.reaper(afterwards);
    begin?.(dying);
  };

/** Makes an object, and closes its handle. */
function makes(m: Model, create: string, args: readonly number[]): Step[] {
  const own = m.ghost({ ref: 0 });
  return [
    call(create, args, (ref) => {
      must(ref > 0, `answered ${ref}`);
      own.ref = ref;
    }),
    call('refClose', () => [own.ref]),
  ];
}

describe('who makes an object and dies', () => {
  const made: readonly (readonly [create: string, args: readonly number[]])[] = [
    ['lockCreate', [1]],
    ['rlockCreate', [0]],
    ['semaphoreCreate', [1, 1]],
    ['barrierCreate', [2, 0]],
    ['queueCreate', [1]],
    ['singleLockCreate', [Kind.LIFO, 1]],
    ['tableCreate', []],
    ['vectorCreate', []],
    ['workerCreate', [0]],
  ];
  test.each(made)('%s', (create, args) => {
    holds(
      `dies, ${create}`,
      core,
      mortal(({ m }) => ({ steps: makes(m, create, args), afterwards: makes(m, 'eventCreate', []) })),
      fine,
    );
  });

  const behind: readonly (readonly [create: string, thing: string, args: (at: number) => number[]])[] = [
    ['valueCreate', 'lockCreate', (at) => [8, at]],
    ['arrayCreate', 'rlockCreate', (at) => [8, at]],
    ['conditionCreate', 'lockCreate', (at) => [at, 0]],
    ['connectionCreate', 'queueCreate', (at) => [at, at]],
  ];
  test.each(behind)('%s, which keeps another one alive', (create, thing, args) => {
    const model = mortal((scene) => {
      const kept = scene.make(thing, 0);
      // Counted, and not noted yet: it outlives its last user.
      scene.counts(kept, 1, 2);
      return { steps: makes(scene.m, create, args(kept.at)) };
    });
    holds(`dies, ${create} of another`, core, model, fine);
  });

  planted(
    'an object that is counted before its handle is in the list is left behind',
    {
      bad: {
        file: 'heap/handles.ts',
        find: "  listAdd(ref, 0, generation);\n  countFirst(index, generation);\n  storePlain(ref + offsetof<Ref>('index'), index);",
        replace: '  countFirst(index, generation);\n  listAdd(ref, index, generation);',
      },
    },
    ({ bad }) => {
      const model = mortal((scene) => {
        scene.m.finally(() => (scene.m.look('objectKind', 1) === Kind.FREE ? undefined : 'an object that nobody has'));
        return { steps: makes(scene.m, 'eventCreate', []) };
      });
      const unseen = mortal(({ m }) => ({ steps: makes(m, 'eventCreate', []) }));
      holds('dies, eventCreate', core, unseen, fine);
      breaks('dies, counted before it is listed', bad, model, /^an object that nobody has$/, fine);
    },
  );
});

describe('who has handles and dies', () => {
  test('giving up all of them', () => {
    const model = mortal((scene) => {
      const things = [scene.make('eventCreate'), scene.make('lockCreate', 0)];
      // One that is not given back yet, and is not noted any more, stays.
      for (const thing of things) scene.counts(thing, 1, 2);
      const opens = (dying: Handle) => {
        for (const { name } of things) must(dying.call('refOpen', ...name) > 0, 'no handle');
        dying.call('nodeCreate');
      };
      return { steps: [call('refCloseOwn')], begin: opens };
    });
    holds('dies, closing all', core, model, fine);
  });

  test('taking over a reference, or giving one back', () => {
    const adopts = mortal((scene) => {
      const thing = scene.make('eventCreate');
      const own = scene.m.ghost({ ref: 0 });
      scene.m.call('retain', ...thing.name);
      scene.counts(thing, 1, 2);
      const adopt = call('refAdopt', thing.name, (ref) => {
        own.ref = ref;
      });
      return { steps: [adopt, call('refClose', () => [own.ref])] };
    });
    holds('dies, taking over a reference', core, adopts, fine);
    const releases = mortal((scene) => {
      const thing = scene.make('queueCreate', 0);
      scene.m.call('retain', ...thing.name);
      scene.m.call('refClose', thing.ref);
      scene.counts(thing, 0, 1);
      return { steps: [call('release', thing.name)] };
    });
    holds('dies, giving back the last reference', core, releases, fine);
  });

  test('dropping a box with a handle', () => {
    const boxed = (drop: 'boxedDrop' | 'boxedDropAt') =>
      mortal((scene) => {
        const { m } = scene;
        const thing = scene.make('eventCreate');
        const [box, word] = [m.call('allocate', 32), m.call('allocate', 16)];
        for (const [i, value] of [8, Encoding.BYTES, 1, 2, ...thing.name].entries()) m.store(box + i * 4, value);
        m.store(word, box);
        ok(m.call('boxedCountHandles', box, 1));
        scene.counts(thing, 1, 2);
        return { steps: [call(drop, [drop === 'boxedDrop' ? box : word])] };
      });
    holds('dies, dropping a box', core, boxed('boxedDrop'), fine);
    holds('dies, dropping a box at a word', core, boxed('boxedDropAt'), fine);
  });

  test('making another chunk of the table', () => {
    const model = mortal((scene) => {
      const { m } = scene;
      for (let entries = 1; entries < 15; entries++) scene.make('eventCreate');
      const more = () => [...makes(m, 'eventCreate', []), ...makes(m, 'eventCreate', [])];
      const two = [call('eventCreate'), call('eventCreate')];
      return { steps: two, afterwards: more() };
    });
    holds('dies, another chunk', core, model, fine);
  });
});

describe('who dies in a call on a list', () => {
  /** One item is there; whoever comes after a death finds a length that is right. */
  const atVector = (steps: (vector: number) => Program, ...lengths: number[]) =>
    mortal((scene) => {
      const vector = scene.make('vectorCreate').at;
      ok(scene.m.call('vectorAppendNumber', vector, 1));
      scene.counts({ name: [scene.m.call('objectId', vector), scene.m.call('objectGeneration', vector)] }, 1);
      const asks = call('vectorLength', [vector], isOneOf(...lengths));
      return { steps: steps(vector), beside: [asks], afterwards: [asks], begin: (dying) => void scene.fills(dying, [7]) };
    });

  test('and others find it whole', () => {
    const closes = (m: Model) => m.ghost({ batch: 0 });
    const updated: Describe = mortal((scene) => {
      const vector = scene.make('vectorCreate').at;
      const appends = call('vectorAppendNumber', [vector, 5], ok);
      const update = [call('updateLockAcquire', [vector, FOREVER], isOneOf(Status.OK, Status.OWNER_DIED)), appends];
      return { steps: [appends], beside: [...update, call('updateLockRelease', [vector])], afterwards: [appends] };
    });
    holds('dies, appending behind an update', core, updated, fine);
    const arranged: Describe = mortal((scene) => {
      const own = { batch: 0, cells: 0 };
      const arrange = call('cellBatchArrange', () => [own.batch, own.cells]);
      const begin = (dying: Handle) => {
        scene.fills(dying, [7]);
        own.batch = dying.call('cellBatchCreate', 1);
        ok(dying.call('cellBatchAdd', own.batch, 0));
        own.cells = dying.call('allocate', 32);
        // The batch's cells lie in its third 16 bytes (see World.litter in table.ts).
        for (const i of [0, 4]) scene.m.store(own.cells + i, scene.m.load(own.batch + 48 + i));
      };
      return { steps: [arrange, call('cellBatchClose', () => [own.batch])], begin };
    });
    holds('dies, arranging a batch', core, arranged, fine);
    holds(
      'dies, appending a number',
      core,
      atVector((at) => [call('vectorAppendNumber', [at, 5], ok)], 1, 2),
      fine,
    );
    holds(
      'dies, setting an item',
      core,
      atVector((at) => [call('vectorSet', [at, 0], ok)], 1),
      fine,
    );
    holds(
      'dies, asking for the length',
      core,
      atVector((at) => [call('vectorLength', [at], isOneOf(1))], 1),
      fine,
    );
    const copies: Describe = (m) => {
      const own = closes(m);
      const take = (at: number) =>
        call('vectorSnapshot', [at, 0, 9], (batch) => {
          must(batch > 0, `answered ${batch}`);
          own.batch = batch;
        });
      atVector((at) => [take(at), call('cellBatchClose', () => [own.batch])], 1)(m);
    };
    holds('dies, copying all', core, copies, fine);
  });
});

describe('who dies in a call on a dict', () => {
  const atTable = (steps: (table: number) => Program, pauses = false) =>
    mortal((scene) => {
      const table = scene.make('tableCreate').at;
      const asks = call('tableSize', [table], isOneOf(0));
      const update: Step[] = pauses
        ? [call('updateLockAcquire', [table, FOREVER], isOneOf(Status.OK, Status.OWNER_DIED)), call('updateLockRelease', [table])]
        : [];
      return {
        steps: steps(table),
        beside: [...update, asks],
        afterwards: [...update, asks],
        begin: (dying) => void scene.fills(dying, [7], KEY),
      };
    });
  /** Where in the scratch a key lies. */
  const KEY = 128;

  test('and others find it whole', () => {
    holds(
      'dies, asking for the size',
      core,
      atTable((at) => [call('tableSize', [at], isOneOf(0))]),
      fine,
    );
    holds(
      'dies, asking for a key',
      core,
      atTable((at) => [call('tableHas', [at])]),
      fine,
    );
    const updates = (at: number) => [
      call('updateLockAcquire', [at, FOREVER], isOneOf(Status.OK, Status.OWNER_DIED)),
      call('updateLockPause', [at]),
      call('updateLockResume', [at]),
      call('updateLockRelease', [at]),
    ];
    holds('dies, in an update', core, atTable(updates, true));
  });
});

describe('who dies over an item', () => {
  /** There is room for one; whoever comes after a death can put and get. */
  const atQueue = (kind: number, steps: (queue: Thing, m: Model) => Program, filled: boolean, words = [7, 8]) =>
    mortal((scene) => {
      const { m } = scene;
      const queue = kind === Kind.QUEUE ? scene.make('queueCreate', 1) : scene.make('singleLockCreate', kind, 1);
      const setup = { call: (name: string, ...args: number[]) => m.call(name, ...args) } as Handle;
      scene.fills(setup, words);
      if (filled) ok(m.call('queuePut', queue.at, words.length * 4, Encoding.BYTES, 0));
      const empties = call('queueGet', [queue.at, 0], isOneOf(Encoding.BYTES, Encoding.NUMBER, Status.TIMEOUT));
      const puts = call('queuePutNumber', [queue.at, 5, 0], ok);
      const afterwards = [empties, puts, call('queueGet', [queue.at, 0], isOneOf(Encoding.NUMBER, Status.TIMEOUT))];
      const beside = [call('queueGet', [queue.at, 0], isOneOf(Encoding.BYTES, Encoding.NUMBER, Status.TIMEOUT))];
      return { steps: steps(queue, m), beside, afterwards, begin: (dying) => void scene.fills(dying, words) };
    });
  const bytes = (name: string, { at }: Thing) => [call(name, [at, 8, Encoding.BYTES, 0], isOneOf(Status.OK, Status.TIMEOUT))];

  test('that it puts', () => {
    holds(
      'dies, a put into a pipe',
      core,
      atQueue(Kind.QUEUE, (queue) => bytes('pipePut', queue), false),
      fine,
    );
    holds(
      'dies, a put on a stack',
      core,
      atQueue(Kind.LIFO, (queue) => bytes('queuePut', queue), false),
      fine,
    );
    const from: Parameters<typeof atQueue>[1] = ({ at }, m) => {
      const place = m.call('allocate', 16);
      for (const i of [0, 1]) m.store(place + i * 4, i + 7);
      return [call('queuePutFrom', [at, place, 8, 0], ok)];
    };
    holds('dies, a put from the heap', core, atQueue(Kind.QUEUE, from, false), fine);
  });

  test('that it puts into a pipe, from a block or in place', () => {
    const block: Parameters<typeof atQueue>[1] = ({ at }, m) => {
      const own = m.ghost({ block: 0, inFlight: 0 });
      return [
        call('allocate', [48], (place) => {
          own.block = place;
        }),
        call(
          'inFlightCreate',
          () => [own.block, 8, Encoding.BYTES],
          (inFlight) => {
            own.inFlight = inFlight;
          },
        ),
        call('pipePutBlock', () => [at, own.block, own.inFlight, 8, Encoding.BYTES, 0], ok),
      ];
    };
    const place: Parameters<typeof atQueue>[1] = ({ at }, m) => {
      const own = m.ghost({ slot: 0 });
      return [
        call('queueReserve', [at, 8, 0], (slot) => {
          must(slot > 0, `answered ${slot}`);
          own.slot = slot;
        }),
        call('pipeCommit', () => [at, own.slot, 8, 0], ok),
      ];
    };
    const sent: Parameters<typeof atQueue>[1] = (queue) => [...bytes('queuePut', queue), call('pipeSent', [queue.at])];
    const alone = (steps: typeof block) =>
      mortal((scene) => {
        const queue = scene.make('queueCreate', 1);
        return { steps: steps(queue, scene.m) };
      });
    holds('dies, a block into a pipe', core, alone(block), fine);
    holds('dies, a commit into a pipe', core, alone(place), fine);
    holds('dies, telling what was put', core, atQueue(Kind.QUEUE, sent, false), fine);
  });

  test('that it takes', () => {
    const numbers: Parameters<typeof atQueue>[1] = ({ at }) => [call('queueGetNumbers', [at, 2, 0])];
    const into: Parameters<typeof atQueue>[1] = ({ at }, m) => {
      const place = m.call('allocate', 16);
      return [call('queueGetInto', [at, place, 16, 0], isOneOf(8, Status.TIMEOUT))];
    };
    holds('dies, numbers', core, atQueue(Kind.QUEUE, numbers, true), fine);
    holds('dies, bytes off a stack', core, atQueue(Kind.LIFO, into, true), fine);
  });
});

describe('who dies in a short call', () => {
  test('on a lock, an event, a name', () => {
    const resets = mortal((scene) => {
      const lock = scene.make('lockCreate', 0).at;
      const gone = scene.m.call('slotTake');
      // Somebody has died over it before.
      scene.m.store(lock, gone | (1 << 30));
      const takes = call('lockAcquire', [lock, SOON], isOneOf(Status.OK, Status.OWNER_DIED, Status.TIMEOUT));
      const reset = call('lockReset', [lock]);
      return { steps: [reset], beside: [takes, reset], afterwards: [reset, takes] };
    });
    holds('dies, making a lock whole', core, resets);
    const reentrant = mortal((scene) => {
      const lock = scene.make('rlockCreate', 1).at;
      const tries = call('rlockTryOrMark', [lock], isOneOf(Status.OK, Status.TIMEOUT, Status.OWNER_DIED));
      const takes = call('rlockAcquire', [lock, FOREVER], isOneOf(Status.OK, Status.OWNER_DIED));
      const gives = call('rlockRelease', [lock], isOneOf(Status.OK, Status.NOT_OWNER));
      scene.m.finally(() => ((scene.m.load(lock) & OWNER) === 0 ? undefined : 'the lock is still held'));
      return { steps: [tries, tries, gives, gives], beside: [takes, gives], afterwards: [takes, gives] };
    });
    holds('dies, trying a reentrant lock', core, reentrant, fine);
    const waits = mortal((scene) => {
      const lock = scene.make('rlockCreate', 1).at;
      const condition = scene.make('conditionCreate', lock, 1).at;
      const own = { node: 0 };
      const takes = call('rlockAcquire', [lock, FOREVER], isOneOf(Status.OK, Status.OWNER_DIED));
      const gives = call('rlockRelease', [lock], ok);
      const notifies = [takes, call('conditionNotify', [condition, 1]), gives];
      const wait = call(
        'conditionWait',
        () => [condition, own.node, SOON],
        isOneOf(Status.OK, Status.TIMEOUT, Status.OWNER_DIED),
      );
      const begin = (dying: Handle) => {
        own.node = dying.call('nodeTake');
      };
      return { steps: [takes, takes, wait, gives, gives], beside: notifies, afterwards: notifies, begin };
    });
    holds('dies, waiting under a reentrant lock', core, waits);
    const clears = mortal((scene) => {
      const event = scene.make('eventCreate').at;
      const sets = call('eventSet', [event]);
      const waits = call('eventWait', [event, SOON], isOneOf(Status.OK, Status.TIMEOUT));
      return { steps: [sets, call('eventClear', [event])], beside: [sets, waits], afterwards: [sets] };
    });
    holds('dies, clearing an event', core, clears);
    const names = mortal((scene) => {
      const record = scene.make('workerCreate', 0).at;
      const box = scene.m.call('allocate', 32);
      for (const [i, word] of [8, Encoding.BYTES, 1, 2].entries()) scene.m.store(box + i * 4, word);
      scene.m.call('workerSetName', record, box);
      const reads = call('workerName', [record], isOneOf(Encoding.BYTES));
      return { steps: [reads], beside: [reads], afterwards: [reads] };
    });
    holds('dies, reading a name', core, names, fine);
  });

  test('of the registry', () => {
    const frees = mortal((scene) => {
      const tid = scene.m.call('slotTake');
      scene.m.finally(() => (scene.m.victim >= 0 || !scene.m.look('workerIsKnown', tid) ? undefined : 'it is still there'));
      return {
        steps: [call('slotFree', [tid])],
        afterwards: [call('slotTake', [], (other) => must(other > 0 && other !== tid, 'no slot'))],
      };
    });
    holds('dies, giving back a slot', core, frees, fine);
    const numbered = mortal((scene) => {
      const record = scene.make('workerCreate', 0).at;
      const asks = call('workerOsPid', [record], isOneOf(77));
      return {
        steps: [asks],
        beside: [asks],
        afterwards: [],
        begin: () => void scene.add('w', [call('workerSetOsPid', [record, 77])]),
      };
    });
    holds('dies, waiting for a number', core, numbered);
  });

  test('of who waits for several at once, or for all tasks', () => {
    const watches = mortal((scene) => {
      const own = scene.m.ghost({ epoch: 0 });
      const queue = scene.make('queueCreate', 0).at;
      const enters = [
        call('multiWaitEnter'),
        call('multiWaitEpoch', [], (epoch) => {
          own.epoch = epoch;
        }),
        call('multiWaitPark', () => [own.epoch, SOON]),
        call('multiWaitLeave'),
      ];
      return { steps: enters, beside: [call('pipePutNumber', [queue, 1, 0], ok)] };
    });
    holds('dies, watching', core, watches);
    const joins = mortal((scene) => {
      const queue = scene.make('queueCreate', 0).at;
      ok(scene.m.call('queuePutNumber', queue, 1, 0));
      const waits = call('queueJoin', [queue, FOREVER], ok);
      const done = call('queueTaskDone', [queue], ok);
      return { steps: [waits], beside: [waits], begin: () => void scene.add('w', [done]) };
    });
    holds('dies, joining', core, joins);
  });

  test('that makes what there is once', () => {
    const model = mortal((scene) => {
      const own = scene.m.ghost({ table: 0 });
      const table = scene.make('tableCreate');
      scene.m.call('retain', ...table.name);
      const named = (at: number) => {
        must(own.table === 0 || own.table === at, 'two of them');
        own.table = at;
      };
      const steps = [call('nextNumber', [1], (number) => must(number > 0, 'no number')), call('namesTable', [table.at], named)];
      return { steps, beside: [...steps], afterwards: [call('namesTable', [0])] };
    });
    holds('dies, naming the dict of names', core, model, fine);
  });
});
