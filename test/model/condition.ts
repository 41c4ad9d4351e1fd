/**
 * Who waits at a condition and who notifies, and what they check: for condition.test.ts.
 */

import type { WorkerOptions } from './machine.ts';
import type { Model } from './model.ts';
import { type After, atomic, call, label, must, type Program, repeat, run, waitAsync } from './program.ts';
import { ABANDONED, awaited, type CallStep, Cast, Fields, FOREVER, type Me, NodeState, pumpOf, Status } from './sync.ts';

const { WAITING, NOTIFIED } = NodeState;
export const ALL = 9;

export interface Options {
  /** The condition is on an RLock, held so deep. 0: on a Lock. */
  readonly depth?: number;
  readonly takeOver?: boolean;
  /**
   * Waiters come one after the other, and notifiers when all are there: fewer orders in which to come by the
   * lock, more waiters.
   */
  readonly staged?: boolean;
}

export class Scene {
  readonly cast: Cast;
  readonly lock: number;
  readonly condition: number;
  /**
   * Who waits, as decimal digits in the order in which they came; bits of those who were notified; who was
   * told of a death.
   */
  readonly ghost: { queue: number; came: number; told: number; repairs: number };
  readonly nodes: number[] = [];
  private readonly depth: number;
  private readonly kind: string;
  private readonly staged: boolean;

  constructor(
    readonly m: Model,
    { depth = 0, takeOver = false, staged = false }: Options = {},
  ) {
    this.staged = staged;
    this.depth = Math.max(depth, 1);
    this.kind = depth ? 'rlock' : 'lock';
    this.cast = new Cast(m);
    this.lock = this.cast.make('lock', `${this.kind}Create`, [Number(takeOver)], Fields.rlock);
    this.condition = this.cast.make('condition', 'conditionCreate', [this.lock, depth ? 1 : 0], Fields.condition);
    this.ghost = m.ghost({ queue: 0, came: 0, told: 0, repairs: 0 });
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

  /** Begins when so many have come. */
  private once(came: number): Program {
    if (!this.staged) return [];
    const look = run('looks whether it is its turn', (_, flow) => {
      if (this.ghost.came < came && this.m.victim < 0) flow.goto('not yet');
    });
    return [label('not yet'), look];
  }

  private waits(number: number): boolean {
    return String(this.ghost.queue).includes(String(number));
  }

  private readonly comes = ({ number }: Me) =>
    run('is about to wait', () => {
      this.ghost.queue = this.ghost.queue * 10 + number;
      this.ghost.came++;
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
      ...this.once(me.number - 1),
      ...this.acquire(),
      this.comes(me),
      call('conditionWait', [this.condition, me.node, timeout], (status, flow) => {
        if (status === Status.OWNER_DIED) {
          this.forget(me.number);
          flow.stop();
        } else this.leaves(me, status, timeout !== FOREVER);
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
      ...this.once(me.number - 1),
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

  /** Waiters that are in the list when the model begins, in this order. */
  begin(...waiters: Me[]): void {
    for (const me of waiters) {
      this.cast.call(me, 'lockAcquire', this.lock, FOREVER);
      this.cast.call(me, 'conditionEnter', this.condition, me.node);
      this.ghost.queue = this.ghost.queue * 10 + me.number;
      this.ghost.came++;
    }
  }

  /** What is left to do for one of these. */
  sleeper(me: Me): Program {
    const leave = call('conditionLeave', [this.condition, me.node, 1], (status) => this.leaves(me, status, false));
    return [...this.sleep(me), ...this.acquire(), leave, ...this.release()];
  }

  /** Does not take the lock back, but goes into another list with the same node. */
  listener(me: Me, other = 0): Program {
    const leave = call('conditionLeave', [this.condition, me.node, 1], (status) => {
      must(status === Status.OK, `leave answered ${status}`);
      this.forget(me.number);
    });
    return [...this.sleep(me), leave, ...(other ? [...this.acquire(), call('conditionEnter', [other, me.node])] : [])];
  }

  private sleep({ number, node }: Me): Program {
    this.nodes[number] = node;
    const look = atomic('load', [node], (state, flow) => {
      if (state !== WAITING) flow.goto('is told');
    });
    const sleep = waitAsync([node, WAITING], (_, flow) => flow.goto('sleeps'));
    return [label('sleeps'), look, sleep, label('is told')];
  }

  notifier(count: number): Program {
    const notify = call('conditionNotify', [this.condition, count], (woken) => this.notified(woken, count));
    return [...this.once(this.nodes.length - 1), ...this.acquire(), notify, ...this.release()];
  }

  /** Not looked at: listeners leave before it is over. */
  notifyListeners(count: number): Program {
    const notify = call('conditionNotify', [this.condition, count]);
    return [...this.once(this.nodes.length - 1), ...this.acquire(), notify, ...this.release()];
  }

  /**
   * Resets the lock if it is broken, and notifies when the reaper is done: by then nobody dead is in the
   * list.
   */
  lastNotify(count: number): Program {
    const own = this.m.ghost({ living: 0 });
    const look = run('sees whom the dead one had notified', () => {
      this.note(this.numbers());
      own.living = this.numbers().filter((number) => !this.cast.isDead(number)).length;
    });
    const notify = call('conditionNotify', [this.condition, count], (woken) => {
      must(woken === Math.min(count, own.living), `${woken} woken of ${own.living} who live`);
      const told = this.note(this.numbers());
      must(!told.some((number) => this.cast.isDead(number)), 'a dead one was notified');
    });
    return [call('lockReset', [this.lock]), ...this.acquire(), look, notify, ...this.release()];
  }

  private numbers(): number[] {
    return this.ghost.queue ? [...String(this.ghost.queue)].map(Number) : [];
  }

  /**
   * Who was notified must be the first ones, and as many as were asked for or are there; a dead one may still
   * be among them.
   */
  private notified(woken: number, count: number): void {
    const { m } = this;
    const queue = this.numbers();
    const living = queue.filter((number) => !this.cast.isDead(number));
    const most = Math.min(count, queue.length);
    must(woken <= most && woken >= Math.min(count, living.length), `${woken} woken, should be ${most}`);
    const told = this.note(queue);
    must(told.length === woken || m.victim >= 0, `woke ${told}, and said ${woken}`);
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
