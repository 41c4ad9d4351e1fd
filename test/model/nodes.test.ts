/**
 * Nodes of their own (assembly/heap/handles.ts): a worker whose slot's node is in a barrier's list, because
 * it leads a round and runs the action, waits elsewhere; and event loops wait on nodes that go with them.
 */
import { describe, test } from 'vitest';
import { Party, Size } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { classOf, heapTrouble, usedIn } from './heap.ts';
import { Status as Stands, type Worker } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { plantedIn } from './planted.ts';
import { atomic, call, label, must, type Program, run, waitAsync } from './program.ts';
import { Cast, Fields, FOREVER, type Me, NodeState, Status } from './sync.ts';

/** All of them: a suite of theirs has no other test. */
const planted = plantedIn([], { always: true });

const HANDLES = 'heap/handles.ts';
const REF = 16;
const NODES = classOf(REF + Size.NODE);

class Scene {
  readonly cast: Cast;
  /** waits: somebody is about to wait, or waits; busy: in a call in which a death may lose a block. */
  readonly ghost: { waits: number; busy: number; node: number; tripped: number };
  private readonly before: number;

  constructor(readonly m: Model) {
    this.cast = new Cast(m);
    this.ghost = m.ghost({ waits: 0, busy: 0, node: 0, tripped: 0 });
    // Its page is there, and the blocks of what follows are counted at the end of the setup.
    this.before = 0;
  }

  /** To be called last: every node is gone at the end. `others`: blocks of that size that come and stay. */
  begin(others: () => number = () => 0): void {
    const { m } = this;
    const before = usedIn(m, NODES);
    m.finally(() => {
      const wrong = heapTrouble(m);
      if (wrong !== undefined) return wrong;
      const more = usedIn(m, NODES) - before - others();
      return more < this.before || more > (m.victim < 0 ? 0 : this.ghost.busy) ? `${more} nodes more are in use` : undefined;
    });
  }

  /** A call in which a death may lose a block. */
  counts(name: string, args: () => number[], after: (result: number) => void = () => undefined) {
    return call(
      name,
      () => {
        this.ghost.busy = 1;
        return args();
      },
      (result) => {
        this.ghost.busy = 0;
        after(result);
      },
    );
  }

  takesNode(): Program {
    const { ghost } = this;
    return [
      this.counts(
        'nodeTake',
        () => [],
        (node) => {
          must(node > 0, `no node: ${node}`);
          ghost.node = node;
        },
      ),
    ];
  }

  givesNode(name = 'nodeGive'): Program {
    return [this.counts(name, () => [this.ghost.node])];
  }
}

/** One waits for the second, who leads the round and waits elsewhere in its action. */
function nested(m: Model, action: (here: Scene) => Program, others: (here: Scene) => void, dies: boolean): void {
  const here = new Scene(m);
  const barrier = here.cast.make('barrier', 'barrierCreate', [2], Fields.barrier);
  const told = (result: number) => must(result === 0 || (result === Status.BROKEN && m.victim >= 0), `was told ${result}`);
  const waits = here.cast.worker('waits', (me) => [call('barrierAwait', [barrier, me.node, FOREVER], told)]);
  const trips = (me: Me) =>
    call('barrierTrip', [barrier, me.node], (result) => {
      must(result === 1, `its own round answered ${result}`);
      here.ghost.tripped = 1;
    });
  const leads = here.cast.worker('leads', (me) => [...action(here), trips(me)], { mayDie: dies });
  others(here);
  here.cast.call(waits, 'barrierArrive', barrier, waits.node);
  must(here.cast.call(leads, 'barrierArrive', barrier, leads.node) === Party.LEADS, 'it does not lead');
  if (!dies) {
    here.begin();
    return;
  }
  // The third one acts first, as far as it can: side by side these would be too many orders. Who repairs then
  // takes a block of that size, and writes into it: nobody must find it in a list.
  const own = m.ghost({ block: 0 });
  const third = m.machine.workers[2] as Worker;
  const isBusy = run('looks whether the third one is done', (_, flow) => {
    if (m.machine.statusOf(third) === Stands.READY) flow.goto('it acts');
  });
  here.cast.reaper(
    [
      call('allocate', [REF + Size.NODE], (block) => {
        own.block = block;
      }),
      atomic('store', () => [own.block + REF, NodeState.WAITING]),
      atomic('store', () => [own.block + REF + 4, 4]),
    ],
    { before: [label('it acts'), isBusy] },
  );
  here.begin(() => (own.block ? 1 : 0));
}

/** The action waits at a condition; another notifies. */
const atCondition =
  (dies: boolean): Describe =>
  (m) => {
    let [lock, condition] = [0, 0];
    const action = (here: Scene): Program => {
      lock = here.cast.make('lock', 'lockCreate', [1], Fields.lock);
      condition = here.cast.make('condition', 'conditionCreate', [lock, 0], Fields.condition);
      return [
        call('lockAcquire', [lock, FOREVER]),
        ...here.takesNode(),
        run('is about to wait', () => {
          here.ghost.waits = 1;
        }),
        call(
          'conditionWait',
          () => [condition, here.ghost.node, FOREVER],
          (status) => must(status === Status.OK, `wait answered ${status}`),
        ),
        call('lockRelease', [lock]),
        ...here.givesNode(),
      ];
    };
    const others = (here: Scene) => {
      here.cast.worker('notifies', () => [
        label('not yet'),
        run('looks whether it waits', (_, flow) => {
          if (!here.ghost.waits && m.victim < 0) flow.goto('not yet');
        }),
        call('lockAcquire', [lock, FOREVER]),
        call('conditionNotify', [condition, 1], (woken) => must(woken === 1 || m.victim >= 0, `woke ${woken}`)),
        call('lockRelease', [lock]),
      ]);
    };
    nested(m, action, others, dies);
  };

/** The action waits at another barrier; another one comes there. */
const atBarrier =
  (dies: boolean): Describe =>
  (m) => {
    let other = 0;
    const arrives = (node: () => number, after: () => void = () => undefined): Program => {
      const told = (result: number) => must(result >= 0 || (result === Status.BROKEN && m.victim >= 0), `was told ${result}`);
      return [
        call(
          'barrierArrive',
          () => [other, node()],
          (result, flow) => {
            after();
            if (result === Party.LEADS) flow.goto('leads');
            else if (result !== Status.OK) {
              told(result);
              flow.goto('out');
            }
          },
        ),
        call(
          'barrierAwait',
          () => [other, node(), FOREVER],
          (result, flow) => {
            told(result);
            flow.goto('out');
          },
        ),
        label('leads'),
        call('barrierTrip', () => [other, node()], told),
        label('out'),
      ];
    };
    const action = (here: Scene): Program => {
      other = here.cast.make('other', 'barrierCreate', [2], Fields.barrier);
      const came = () => {
        here.ghost.waits = 1;
      };
      return [...here.takesNode(), ...arrives(() => here.ghost.node, came), ...here.givesNode()];
    };
    const others = (here: Scene) => {
      const alone = { maySleep: () => m.victim >= 0 && !here.ghost.waits };
      here.cast.worker('comes', (me) => arrives(() => me.node), alone);
    };
    nested(m, action, others, dies);
  };

describe('who leads a round waits in its action', () => {
  test('at a condition', () => {
    holds('node, at a condition', core, atCondition(false));
    holds('node, at a condition, death', core, atCondition(true));
  });

  test('at another barrier', () => {
    holds('node, at a barrier', core, atBarrier(false));
    holds('node, at a barrier, death', core, atBarrier(true));
  });

  planted(
    'on the very node that is in the first list',
    {
      bad: {
        file: HANDLES,
        find: 'return isListed(own) ? nodeCreate() : <i32>own;',
        replace: 'return <i32>own;',
      },
    },
    ({ bad }) => {
      breaks('one node, a condition', bad, atCondition(false), /^sleeps for ever: waits$|^its own round answered/);
      breaks('one node, a barrier', bad, atBarrier(false), /^sleeps for ever|^its own round answered/);
    },
  );
});

/** An event loop that waits at a condition, and may die; another notifies. */
const loopDies: Describe = (m) => {
  const here = new Scene(m);
  const { ghost } = here;
  const lock = here.cast.make('lock', 'lockCreate', [1], Fields.lock);
  const condition = here.cast.make('condition', 'conditionCreate', [lock, 0], Fields.condition);
  const node = () => ghost.node;
  here.cast.worker(
    'loop',
    () => [
      here.counts(
        'nodeCreate',
        () => [],
        (made) => {
          ghost.node = made;
        },
      ),
      call('lockAcquire', [lock, FOREVER]),
      call(
        'conditionEnter',
        () => [condition, node()],
        () => {
          ghost.waits = 1;
        },
      ),
      label('sleeps'),
      atomic(
        'load',
        () => [node()],
        (state, flow) => {
          if (state !== NodeState.WAITING) flow.goto('is told');
        },
      ),
      waitAsync(
        () => [node(), NodeState.WAITING],
        (_, flow) => flow.goto('sleeps'),
      ),
      label('is told'),
      call('lockAcquire', [lock, FOREVER]),
      call('conditionLeave', () => [condition, node(), 1]),
      call('lockRelease', [lock]),
      ...here.givesNode('nodeFree'),
    ],
    { mayDie: true, maySleep: () => !ghost.tripped },
  );
  here.cast.worker('notifies', () => [
    call('lockAcquire', [lock, FOREVER]),
    call('conditionNotify', [condition, 1], (woken) => {
      if (woken) ghost.tripped = 1;
    }),
    call('lockRelease', [lock]),
  ]);
  here.cast.reaper();
  here.begin(() => (m.victim < 0 && ghost.waits && !ghost.tripped ? 1 : 0));
};

describe('the node of an event loop', () => {
  planted(
    'goes with it',
    {
      bad: {
        file: 'lifecycle/owned.ts',
        find: '      storePlain(head, <i32>nextRef(ref));\n      free(ref);\n',
        replace: '      storePlain(head, <i32>nextRef(ref));\n      if (!isNode(ref)) free(ref);\n',
      },
    },
    ({ bad }) => {
      holds('node, death of a loop', core, loopDies, fine);
      breaks('a node that stays', bad, loopDies, /^1 nodes more are in use$/, fine);
    },
  );
});
