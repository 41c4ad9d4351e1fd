/**
 * assembly/lifecycle/cut-off.ts: a call is cut off at any operation, its worker lives and goes on; somebody
 * else uses the same object meanwhile.
 * Nobody sleeps for ever, nothing is in two hands, and at most what the call had in its hands is gone.
 */
import { describe, test } from 'vitest';
import { Kind, Party } from '../../assembly/abi.ts';
import { Belongings } from './belongings.ts';
import { breaks, holds } from './check.ts';
import { Scene as Meeting } from './condition.ts';
import { core, fine } from './core.ts';
import { explore } from './explore.ts';
import { type LineOptions, withLine } from './line.ts';
import type { Describe, Model } from './model.ts';
import { planted } from './planted.ts';
import { call, label, must, type Program, run } from './program.ts';
import { SingleLockQueue } from './single-lock.ts';
import { ABANDONED, Cast, Fields, FOREVER, NodeState, OWNER, Status } from './sync.ts';
import { KEY, World } from './table.ts';

const CUT_OFF = 'lifecycle/cut-off.ts';

/** A put is cut off, and its worker puts again; another one puts, or, where there is room for one, gets. */
const puts = (options: LineOptions) =>
  withLine(options, (line) => {
    line.cut(
      'w',
      (me) => line.puts(me, 1),
      (me) => line.puts(me, 1),
      { maySleep: () => line.isFull() },
    );
    if (options.maxsize) line.consumer('c', 2);
    else line.producer('q', 1);
  });

/**
 * A get is cut off, and its worker gets again; another one gets, too, or, where there is room for one, puts.
 */
const gets = (options: LineOptions) =>
  withLine(options, (line) => {
    const inBlocks = options.sizes?.includes(-1);
    if (!inBlocks) line.fill(options.maxsize ?? 2);
    line.cut(
      'w',
      (me) => line.gets(me, 1),
      (me) => line.gets(me, 1),
      { maySleep: () => line.isEmpty() },
    );
    if (options.maxsize || inBlocks) line.producer('p', 1);
    else line.consumer('c', 1);
  });

/** The same, and it calls nothing any more: what it does at once must do for the others. */
const getsNoMore = withLine({ maxsize: 1 }, (line) => {
  line.fill(1);
  line.add('w', (me) => line.gets(me, 1), { mayBeCut: { object: line.queue, afterwards: [] }, maySleep: () => line.isEmpty() });
  line.producer('p', 1);
});

describe('a queue, and a call is cut off', () => {
  test('that puts', () => {
    holds('cut off, put', core, puts({ sizes: [1] }));
    holds('cut off, put, maxsize 1', core, puts({ maxsize: 1 }));
  });
  test('that gets', () => {
    holds('cut off, get', core, gets({ sizes: [1] }));
    holds('cut off, get, maxsize 1', core, gets({ maxsize: 1 }));
    holds('cut off, get, and no call after it', core, getsNoMore);
  });
  test('with an item in a block', () => {
    holds('cut off, put of a block', core, puts({ sizes: [-1] }));
    holds('cut off, get of a block', core, gets({ sizes: [-1] }));
  });
});

/** A put or a get is cut off; its worker does it again, and another one does, too. */
const pile =
  (kind: Kind.LIFO | Kind.PRIORITY, mortal: 'p' | 'c'): Describe =>
  (m) => {
    const line = new SingleLockQueue(m, kind, { priorities: [4, 3, 2, 1, 5], forms: [{ words: 1 }, { words: 3 }] });
    line.fill([1, 2]);
    const empty = { maySleep: () => line.isEmpty() };
    if (mortal === 'p') {
      line.cut(
        'w',
        (me) => [line.put(me, [3])],
        (me) => [line.put(me, [4])],
      );
      line.producer('q', [5]);
    } else {
      line.cut(
        'w',
        (me) => line.gets(me, 1),
        (me) => line.gets(me, 1),
        empty,
      );
      line.consumer('c', 1);
    }
  };

describe.each([
  ['stack', Kind.LIFO],
  ['heap', Kind.PRIORITY],
] as const)('a %s, and a call is cut off', (name, kind) => {
  test('that puts', () => void holds(`cut off, ${name}, put`, core, pile(kind, 'p')));
  test('that gets', () => void holds(`cut off, ${name}, get`, core, pile(kind, 'c')));
});

/**
 * Somebody is cut off in `steps` with the value under 1, repairs, puts another one and gives back all that it
 * has; others delete that key.
 */
const atTable =
  (steps: (here: Belongings, at: () => number) => Program): Describe =>
  (m) => {
    const here = new Belongings(m, 'table');
    here.lost = 512;
    here.fillHandles(1);
    here.fill([2, 2]);
    let scratch = () => 0;
    const afterwards: Program = [call('callRepair'), ...here.put(() => scratch(), 3, 3), call('refCloseOwn')];
    const begins = (at: () => number) => {
      scratch = at;
      return [...here.writes(at, KEY, 1), ...steps(here, at)];
    };
    here.add('w', begins, { mayBeCut: { object: here.at, afterwards } });
    here.add('x', (at) => [...here.delete(at, 1)]);
    here.begin();
  };

/** The same in a vector. */
const atVector =
  (steps: (here: World, at: () => number) => Program): Describe =>
  (m) => {
    const here = new World(m, 'vector');
    here.lost = 512;
    here.fill([0, 1], [0, 102], [0, 3]);
    const afterwards: Program = [call('callRepair'), call('vectorAppendNumber', [here.at, 9]), call('refCloseOwn')];
    here.add('w', (at) => steps(here, at), { mayBeCut: { object: here.at, afterwards } });
    here.add('x', (at) => [...here.append(at, 7), call('vectorTake', [here.at, 0])]);
    here.begin();
  };

const splicing = atVector((here, at) => here.splice(at, 1, 1, 120, here.m.ghost({ at: 0 })));
const deleting = atTable((here) => [call('tableDelete', [here.at])]);

describe('a container, and a call is cut off', () => {
  test('that deletes a value with a handle', () => void holds('cut off, table, delete', core, deleting));
  test('that puts in place of one', () =>
    void holds(
      'cut off, table, put',
      core,
      atTable((here, at) => here.put(at, 1, 111)),
    ));
  test('that clears', () =>
    void holds(
      'cut off, table, clear',
      core,
      atTable((here) => [call('tableClear', [here.at])]),
    ));
  test('that splices', () => void holds('cut off, vector, splice', core, splicing));
});

/**
 * A notify is cut off. Whoever it had told is awake then, and whoever not is first in line as before. `then`:
 * whether another one notifies.
 */
const notifying =
  (another: boolean): Describe =>
  (m) => {
    const here = new Meeting(m, { takeOver: true });
    const { condition, lock } = here;
    const first = here.cast.worker('waiter1', (me) => here.sleeper(me), {
      maySleep: () => m.load(here.nodes[1] as number) === 1 && !another,
    });
    here.begin(first);
    let self = 0;
    const afterwards: Program = [
      run('looks whether it holds the lock', (_, flow) => {
        if (m.look('lockOwner', lock) !== self) flow.goto('is out');
      }),
      call('lockRelease', [lock]),
      label('is out'),
    ];
    const cut = here.cast.worker('notifier1', () => here.notifier(1), {
      mayBeCut: { object: condition, afterwards, calls: /^conditionNotify$/ },
    });
    self = cut.tid;
    if (another) here.cast.worker('notifier2', () => here.lastNotify(1).slice(1));
  };

describe('a condition, and a notify is cut off', () => {
  test('and another notifies', () => void holds('cut off, notify, notify', core, notifying(true), fine));
  test('and nobody else comes by', () => void holds('cut off, notify', core, notifying(false), fine));
});

/** One waits, the other leads and its call to let the round go is cut off; then it repairs. */
const tripping: Describe = (m: Model) => {
  const cast = new Cast(m);
  const barrier = cast.make('barrier', 'barrierCreate', [2], Fields.barrier);
  const told = (result: number) => must(result >= 0 || (result === Status.BROKEN && m.victim >= 0), `was told ${result}`);
  const waits = cast.worker('waits', (me) => [call('barrierAwait', [barrier, me.node, FOREVER], told)]);
  const leads = cast.worker('leads', (me) => [call('barrierTrip', [barrier, me.node], told)], {
    mayBeCut: { object: barrier, afterwards: [call('callRepair')] },
  });
  cast.worker(
    'comes',
    (me) => [
      call('barrierArrive', [barrier, me.node], (result, flow) => {
        must(result === Status.OK || (result === Status.BROKEN && m.victim >= 0), `arrived: ${result}`);
        if (result !== Status.OK) flow.stop();
      }),
      call('barrierAwait', [barrier, me.node, FOREVER], told),
    ],
    { maySleep: () => m.look('barrierWaiting', barrier) === 1 },
  );
  cast.call(waits, 'barrierArrive', barrier, waits.node);
  must(cast.call(leads, 'barrierArrive', barrier, leads.node) === Party.LEADS, 'it does not lead');
  m.finally(() => {
    const word = m.load(barrier);
    return word & OWNER && !(word & ABANDONED) ? 'the list is still locked' : undefined;
  });
};

/** The leader's action puts something, and that call is cut off: the round is complete all the same. */
const acting: Describe = (m: Model) => {
  const cast = new Cast(m);
  const barrier = cast.make('barrier', 'barrierCreate', [2], Fields.barrier);
  const queue = cast.make('queue', 'queueCreate', [0], []);
  const told = (result: number) => must(result >= 0, `was told ${result}`);
  const own = { node: 0 };
  const trips = call('barrierTrip', () => [barrier, own.node], told);
  const puts = call('queuePutNumber', [queue, 7, 0]);
  const waits = cast.worker('waits', (me) => [call('barrierAwait', [barrier, me.node, FOREVER], told)]);
  const leads = cast.worker('leads', () => [puts, trips], {
    mayBeCut: { object: queue, afterwards: [call('callRepair'), trips], calls: /^queuePutNumber$/ },
  });
  own.node = leads.node;
  cast.worker('puts', () => [puts]);
  cast.call(waits, 'barrierArrive', barrier, waits.node);
  must(cast.call(leads, 'barrierArrive', barrier, leads.node) === Party.LEADS, 'it does not lead');
};

describe('a barrier, and the leader is cut off', () => {
  test('as it lets the round go', () => void holds('cut off, trip', core, tripping, fine));
  test('in a call of its action', () => void holds('cut off, a call of the action', core, acting));
  planted(
    'or the round breaks, if a call of its action is taken for its own',
    {
      bad: [
        { file: CUT_OFF, find: 'if (object == cutObject) leave(', replace: 'leave(' },
        {
          file: CUT_OFF,
          find: 'if (kind == Kind.BARRIER && cutNode) barrierLeave(list, cutNode);',
          replace: "if (kind == Kind.BARRIER) barrierLeave(list, selfSlot + offsetof<Slot>('state'));",
        },
      ],
    },
    ({ bad }) => void breaks('cut off, the round breaks', bad, acting, /^was told -/),
  );
});

/**
 * A wait that has a node of its own is cut off. Whoever waits besides gets the notify that comes then; or the
 * node was told before, and that is spent.
 */
const nested: Describe = (m: Model) => {
  const cast = new Cast(m);
  const lock = cast.make('lock', 'lockCreate', [1], Fields.lock);
  const condition = cast.make('condition', 'conditionCreate', [lock, 0], Fields.condition);
  const seen = m.ghost({ repaired: 0 });
  const own = { node: 0, tid: 0 };
  const afterwards: Program = [
    call('callRepair'),
    run('looks whether it holds the lock', (_, flow) => {
      if (m.look('lockOwner', lock) !== own.tid) flow.goto('is out');
    }),
    call('lockRelease', [lock]),
    label('is out'),
    run('is repaired', () => {
      seen.repaired = 1;
    }),
  ];
  const waits = cast.worker(
    'waits',
    () => [
      call('conditionWait', () => [condition, own.node, 0]),
      call('lockRelease', [lock]),
      run('is over', () => {
        seen.repaired = 1;
      }),
    ],
    { mayBeCut: { object: condition, afterwards, calls: /^conditionWait$/ } },
  );
  own.tid = waits.tid;
  own.node = cast.call(waits, 'nodeCreate');
  m.name(own.node, 'waits.own', ['state', 'next', 'tid', 'index']);
  must(cast.call(waits, 'lockAcquire', lock, 0) === Status.OK, 'the lock is not free');
  const other = cast.worker('other', (me) => [
    call('lockAcquire', [lock, FOREVER]),
    call('conditionWait', [condition, me.node, FOREVER], (status) => must(status === Status.OK, `was told ${status}`)),
    call('lockRelease', [lock]),
  ]);
  const wait = run('waits', (_, flow) => {
    if (seen.repaired === 0 || m.load(other.node) !== NodeState.WAITING) flow.goto('not yet');
  });
  cast.worker('notifies', () => [
    label('not yet'),
    wait,
    call('lockAcquire', [lock, FOREVER]),
    call('conditionNotify', [condition, 1], (woken) => must(woken === 1, `${woken} were woken`)),
    call('lockRelease', [lock]),
  ]);
};

describe('a wait in a wait, which is cut off', () => {
  planted(
    'is out of the list, by who has its lock',
    {
      bad: {
        file: CUT_OFF,
        find: '  waitListLock(list);\n  if (cutNode && isListed(cutNode)) removeWaiter(list, cutNode);\n',
        replace: '  if (cutNode && isListed(cutNode)) removeWaiter(list, cutNode);\n',
      },
    },
    ({ bad }) => {
      holds('cut off, nested wait', core, nested, fine);
      breaks('cut off, out of the list without its lock', bad, nested, /^sleeps for ever|^spins for ever|were woken/, fine);
    },
  );
  planted(
    'or the next notify is for it',
    { bad: { file: CUT_OFF, find: '  if (cutNode && isListed(cutNode)) removeWaiter(list, cutNode);\n', replace: '' } },
    ({ bad }) => void breaks('cut off, it stays in the list', bad, nested, /^sleeps for ever: other/),
  );
});

describe('planted bugs are found:', () => {
  planted(
    'what the call had doomed is in the list twice',
    { bad: { file: CUT_OFF, find: '  forgetDoomed();\n', replace: '' } },
    ({ bad }) => {
      const gaveUp = /^no schedule comes to an end|^gave up|in a cycle|taken and free|two free lists/;
      const { failure } = explore('cut off, doomed twice', bad, deleting, { maxStates: 400_000 });
      must(failure !== undefined && gaveUp.test(failure.message), `found: ${failure?.message}`);
    },
  );

  planted(
    'locks that nobody gets',
    {
      bad: {
        file: CUT_OFF,
        find: '          owned = true;\n        } else if (i == 3) word = object + QUEUE_NOT_EMPTY;',
        replace: '          owned = i == 2;\n        } else if (i == 3) word = object + QUEUE_NOT_EMPTY;',
      },
    },
    ({ bad }) => {
      const model = withLine({}, (line) => {
        line.add('w', (me) => line.puts(me, 1), { mayBeCut: { object: line.queue, afterwards: [] } });
        line.producer('q', 1);
      });
      holds('cut off, put, and no call after it', core, model);
      breaks('cut off, the tail stays locked', bad, model, /^sleeps for ever: q$|still locked/);
    },
  );

  planted(
    'sleepers that nobody wakes',
    {
      bad: {
        file: CUT_OFF,
        find: '      const woken = notify(word, -1);\n',
        replace: '      const woken = 0;\n',
      },
    },
    ({ bad }) => {
      breaks('cut off, nobody is woken', bad, getsNoMore, /^sleeps for ever/);
    },
  );

  planted(
    'a barrier that is left and not broken',
    { bad: { file: 'sync/barrier.ts', find: '    if (!isListed(node)) breakIt(barrier);\n', replace: '' } },
    ({ bad }) => {
      breaks('cut off, the round goes on', bad, tripping, /^sleeps for ever: waits/, fine);
    },
  );

  planted(
    'a waiter that was told in its sleep',
    {
      bad: {
        file: CUT_OFF,
        find: "        if (leaving && (leaving & 3) == 0 && leaving < end) notifyOne(leaving + offsetof<WaitNode>('state'));\n",
        replace: '',
      },
    },
    ({ bad }) => {
      breaks('cut off, told in its sleep', bad, notifying(false), /^sleeps for ever: waiter1$/, fine);
    },
  );
});
