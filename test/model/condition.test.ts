/**
 * assembly/sync/condition.ts and waitlist.ts: a notify wakes exactly min(n, waiters), first in, first out, and a death takes nobody with it.
 */
import { describe, test } from 'vitest';
import { buildCore, type Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import type { WorkerOptions } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { type After, atomic, call, label, must, type Program, repeat, run, waitAsync } from './program.ts';
import { awaited, type CallStep, Cast, Fields, FOREVER, inside, type Me, pumpOf, SOON, Status } from './sync.ts';

const core = await buildCore();
const mutant = (...mutant: Edit[]) => buildCore({ mutant });

/** NodeState */
const WAITING = 1;
const NOTIFIED = 2;
const ALL = 9;
const ABANDONED = 1 << 30;

interface Options {
  /** The condition is on an RLock, held so deep. 0: on a Lock. */
  readonly depth?: number;
  readonly takeOver?: boolean;
}

class Scene {
  readonly cast: Cast;
  readonly lock: number;
  readonly condition: number;
  /** Who waits, as decimal digits in the order in which they came; bits of those who were notified; who was told of a death. */
  readonly ghost: { queue: number; told: number; repairs: number };
  readonly nodes: number[] = [];
  private readonly depth: number;
  private readonly kind: string;

  constructor(
    readonly m: Model,
    { depth = 0, takeOver = false }: Options = {},
  ) {
    this.depth = Math.max(depth, 1);
    this.kind = depth ? 'rlock' : 'lock';
    this.cast = new Cast(m);
    this.lock = this.cast.make('lock', `${this.kind}Create`, [Number(takeOver)], Fields.rlock);
    this.condition = this.cast.make('condition', 'conditionCreate', [this.lock, depth ? 1 : 0], Fields.condition);
    this.ghost = m.ghost({ queue: 0, told: 0, repairs: 0 });
    m.finally(() => {
      const word = m.load(this.lock);
      return word && !(word & ABANDONED) ? 'the lock is still held' : undefined;
    });
  }

  acquire(): Program {
    const first = call(`${this.kind}Acquire`, [this.lock, FOREVER], (status, flow) => this.acquired(status, flow));
    return [first, ...repeat(this.depth - 1, [call('rlockAcquire', [this.lock, FOREVER])])];
  }

  private readonly acquired: After = (status, flow) => {
    if (status !== Status.OWNER_DIED) must(status === Status.OK, `acquire answered ${status}`);
    else if (this.m.look('lockDeadOwner', this.lock)) flow.stop();
    else must(++this.ghost.repairs === 1, 'a death was told twice');
  };

  release(): Program {
    return repeat(this.depth, [
      call(`${this.kind}Release`, [this.lock], (status) => must(status === Status.OK, 'released what it did not hold')),
    ]);
  }

  /** May sleep as long as nobody has notified it. */
  patient(number: number): WorkerOptions {
    return { maySleep: () => this.waits(number) };
  }

  private waits(number: number): boolean {
    return String(this.ghost.queue).includes(String(number));
  }

  private readonly comes = ({ number }: Me) =>
    run('is about to wait', () => {
      this.ghost.queue = this.ghost.queue * 10 + number;
    });

  /** What a wait answered. The lock is held again. */
  private leaves(me: Me, status: number, timed: boolean): void {
    const { ghost, m, lock } = this;
    const bit = 1 << me.number;
    must(m.look('lockOwner', lock) === me.tid, 'back from a wait without the lock');
    if (status === Status.OK) must((ghost.told & bit) !== 0 || m.victim >= 0, 'woken, but nobody has notified it');
    else {
      must(status === Status.TIMEOUT && timed, `wait answered ${status}`);
      must(!(ghost.told & bit), 'timed out, though it was notified');
    }
    this.forget(me.number);
    ghost.told &= ~bit;
  }

  forget(number: number): void {
    this.ghost.queue = Number(String(this.ghost.queue).replace(String(number), ''));
  }

  /** Back at the depth it had. */
  private after(): Program {
    const deep = call('rlockCount', [this.lock], (count) => must(count === this.depth, `${count} deep, should be ${this.depth}`));
    return [...(this.kind === 'rlock' ? [deep] : []), ...this.release()];
  }

  waiter(me: Me, timeout = FOREVER): Program {
    this.nodes[me.number] = me.node;
    return [
      ...this.acquire(),
      this.comes(me),
      call('conditionWait', [this.condition, me.node, timeout], (status, flow) => {
        if (status === Status.OWNER_DIED) flow.stop();
        else this.leaves(me, status, timeout !== FOREVER);
      }),
      ...this.after(),
    ];
  }

  /** The async twin, on a node of its own. */
  asyncWaiter(me: Me, { timed = false } = {}): Program {
    const { m, condition, lock } = this;
    const node = m.call('allocate', 16);
    m.name(node, 'node', ['state', 'next', 'tid', 'index']);
    this.nodes[me.number] = node;
    const own = m.ghost({ depth: 0 });
    const enter = call('conditionEnter', [condition, node], (depth) => {
      must(depth > 0, `enter answered ${depth}`);
      own.depth = depth;
    });
    const look = atomic('load', [node], (state, flow) => {
      if (state !== WAITING) flow.goto('takes the lock back');
    });
    const sleep = waitAsync([node, WAITING], (result, flow) => flow.goto(result === 2 ? 'takes the lock back' : 'sleeps'), {
      timed,
    });
    const attempt = call(`${this.kind}TryOrMark`, [lock], this.acquired) as CallStep;
    return [
      ...this.acquire(),
      this.comes(me),
      enter,
      label('sleeps'),
      look,
      sleep,
      label('takes the lock back'),
      ...awaited(m.call('lockGate', lock), pumpOf(m), attempt),
      call(
        'conditionLeave',
        () => [condition, node, own.depth],
        (status) => this.leaves(me, status, timed),
      ),
      ...this.after(),
    ];
  }

  notifier(count: number): Program {
    const notify = call('conditionNotify', [this.condition, count], (woken) => this.notified(woken, count));
    return [...this.acquire(), notify, ...this.release()];
  }

  /** Resets the lock if it is broken, and notifies when the reaper is done: by then nobody dead is in the list. */
  lastNotify(count: number): Program {
    const look = run('sees whom the dead one had notified', () => this.note(this.numbers()));
    const notify = call('conditionNotify', [this.condition, count], (woken) => {
      const living = this.numbers().filter((number) => !this.cast.isDead(number));
      must(woken === Math.min(count, living.length), `${woken} woken of the living ${living}`);
      this.notified(woken, count);
    });
    return [call('lockReset', [this.lock]), ...this.acquire(), look, notify, ...this.release()];
  }

  private numbers(): number[] {
    return this.ghost.queue ? [...String(this.ghost.queue)].map(Number) : [];
  }

  /** Who was notified must be the first ones, and as many as were asked for or are there; a dead one may still be among them. */
  private notified(woken: number, count: number): void {
    const queue = this.numbers();
    const living = queue.filter((number) => !this.cast.isDead(number));
    const most = Math.min(count, queue.length);
    must(woken <= most && woken >= Math.min(count, living.length), `${woken} woken, should be ${most}`);
    const told = this.note(queue);
    const first = (numbers: number[]) => String(numbers.slice(0, told.length)) === String(told);
    must(first(queue) || first(living), `woke ${told} of ${queue}: not the first ones`);
  }

  /** Those of `queue` who have been notified. */
  private note(queue: number[]): number[] {
    const told = queue.filter((number) => this.m.load(this.nodes[number]) === NOTIFIED);
    for (const number of told) {
      this.ghost.told |= 1 << number;
      this.forget(number);
    }
    return told;
  }
}

/** Waiters with these timeouts, and one worker for each of `notifiers`, which notifies so many, one after the other. */
function model(timeouts: number[], notifiers: number[][], options: Options = {}): Describe {
  return (m) => {
    const here = new Scene(m, options);
    timeouts.forEach((timeout, i) => {
      here.cast.worker(`waiter${i + 1}`, (me) => here.waiter(me, timeout), here.patient(i + 1));
    });
    notifiers.forEach((counts, i) => {
      here.cast.worker(`notifier${i}`, () => counts.flatMap((count) => here.notifier(count)));
    });
  };
}

const Two = [FOREVER, FOREVER];
const Three = [...Two, FOREVER];

describe('a notify wakes exactly min(n, waiters), first in, first out:', () => {
  test('1 waiter, notify(1)', () => void holds('condition 1, 1', core, model([FOREVER], [[1]])));
  test('2 waiters, notify(1)', () => void holds('condition 2, 1', core, model(Two, [[1]])));
  test('2 waiters, notify(1) twice', () => void holds('condition 2, 1+1', core, model(Two, [[1, 1]])));
  test('2 waiters, notify(2)', () => void holds('condition 2, 2', core, model(Two, [[2]])));
  test('3 waiters, notify(2)', () => void holds('condition 3, 2', core, model(Three, [[2]])));
  test('1 waiter, 2 notifiers', () => void holds('condition 1, 1, 1', core, model([FOREVER], [[1], [1]])));
  test('on an RLock, 2 levels deep', () => void holds('condition 2, 1, RLock', core, model(Two, [[1]], { depth: 2 })));
  test('2 waiters, one of them with a timeout', () => void holds('condition 2, 1, timed', core, model([SOON, FOREVER], [[1]])));
  test('2 waiters with timeouts', () => void holds('condition 2, 1, 2 timed', core, model([SOON, SOON], [[1]])));
  test('a waiter with a timeout on an RLock', () =>
    void holds('condition 1, 1, RLock, timed', core, model([SOON], [[1]], { depth: 2 })));

  test('a waiter comes twice', () => {
    holds('condition, twice', core, (m) => {
      const here = new Scene(m);
      here.cast.worker('waiter1', (me) => repeat(2, here.waiter(me)), here.patient(1));
      here.cast.worker('waiter2', (me) => here.waiter(me, SOON), here.patient(2));
      here.cast.worker('notifier', () => here.notifier(1));
    });
  });

  test('nobody waits or notifies who does not hold the lock', () => {
    holds('condition, not owned', core, (m) => {
      const here = new Scene(m);
      const refused: After = (status) => must(status === Status.NOT_OWNER, `answered ${status}`);
      here.cast.worker('waiter1', (me) => here.waiter(me, SOON));
      here.cast.worker('stranger', ({ node }) => [
        call('conditionWait', [here.condition, node, FOREVER], refused),
        call('conditionNotify', [here.condition, 1], refused),
      ]);
    });
  });
});

function mixed(notifies: number[], { timed = false, zombie = false, depth = 0 } = {}): Describe {
  return (m) => {
    const here = new Scene(m, { depth });
    here.cast.worker('loop', (me) => here.asyncWaiter(me, { timed }), { ...here.patient(1), zombie });
    here.cast.worker('waiter', (me) => here.waiter(me), here.patient(2));
    here.cast.worker('notifier', () => notifies.flatMap((count) => here.notifier(count)));
  };
}

describe('event loops wait beside blocking workers:', () => {
  test('notify(1)', () => void holds('condition, async, 1', core, mixed([1])));
  test('notify(1), with a timeout', () => void holds('condition, async, 1, timed', core, mixed([1], { timed: true })));
  test('notify(2), on an RLock', () => void holds('condition, async, 2, RLock', core, mixed([2], { depth: 1 })));
  test('a loop that never turns holds up nobody', () => void holds('condition, zombie', core, mixed([2], { zombie: true })));
});

interface Deaths extends Options {
  readonly timeouts?: number[];
  readonly notifies?: number[];
  readonly loop?: boolean;
}

/** The first waiter may die. Whoever lives and waits when the reaper is done is woken by its notify. */
function waiterDies({ timeouts = Two, notifies = [], loop = false, ...options }: Deaths): Describe {
  return (m) => {
    const here = new Scene(m, options);
    timeouts.forEach((timeout, i) => {
      const mortal = { ...here.patient(i + 1), mayDie: i === 0 };
      here.cast.worker(`waiter${i + 1}`, (me) => (loop && i === 0 ? here.asyncWaiter(me) : here.waiter(me, timeout)), mortal);
    });
    if (notifies.length > 0) here.cast.worker('notifier', () => notifies.flatMap((count) => here.notifier(count)));
    here.cast.reaper(here.lastNotify(1));
  };
}

/** The notifier may die. Nobody who waits is lost: the reaper's notify reaches all of them. */
function notifierDies(timeouts: number[], notifies: number, options: Options): Describe {
  return (m) => {
    const here = new Scene(m, options);
    timeouts.forEach((timeout, i) => {
      here.cast.worker(`waiter${i + 1}`, (me) => here.waiter(me, timeout), here.patient(i + 1));
    });
    here.cast.worker('notifier', () => here.notifier(notifies), { mayDie: true });
    here.cast.reaper(here.lastNotify(ALL));
  };
}

const give = { takeOver: true };
const fine = { fine: true };

describe('a worker dies at any step:', () => {
  test('a waiter', () => void holds('condition, death of a waiter', core, waiterDies(give)));
  test('a waiter, and the lock breaks', () => void holds('condition, death of a waiter, broken', core, waiterDies({})));
  test('a waiter, beside a notifier', () =>
    void holds('condition, death of a waiter, 1', core, waiterDies({ ...give, notifies: [1] })));
  test('a waiter, inside a list edit', () =>
    void holds('condition, fine death of a waiter', core, waiterDies({ ...give, depth: 1 }), fine));
  test('a waiter with a timeout, inside a list edit', () => {
    holds('condition, fine death of a waiter, timed', core, waiterDies({ ...give, timeouts: [SOON, FOREVER] }), fine);
  });
  test('an event loop', () => void holds('condition, death of a loop', core, waiterDies({ ...give, loop: true })));
  test('a notifier', () => void holds('condition, death of a notifier', core, notifierDies(Two, 1, give)));
  test('a notifier, inside a list edit', () => {
    holds('condition, fine death of a notifier', core, notifierDies([FOREVER], 1, give), fine);
  });
  test('a notifier of two, inside a list edit', () => {
    holds('condition, fine death of a notifier of 2', core, notifierDies(Two, 2, give), fine);
  });
});
