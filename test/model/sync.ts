/**
 * What the models of assembly/sync/ have in common: a small heap, workers who know themselves, and the steps
 * of the async twins as src/heap/gate.ts takes them.
 */
import { SlotField, Status } from '../../assembly/abi.ts';
import { Field, Status as Parked, type Worker, type WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { type After, atomic, call, label, listen, must, type Program, run, type Step, waitAsync } from './program.ts';

export { Status };

/** Timeouts: what the number is makes no difference to a model. */
export const FOREVER = Number.POSITIVE_INFINITY;
export const SOON = 5;
export const AT_ONCE = 0;

export type CallStep = Extract<Step, { kind: 'call' }>;

/** A worker, as its own program sees it. */
export interface Me {
  /** From 1 on. */
  readonly number: number;
  readonly tid: number;
  /** On which it waits when it blocks. */
  readonly node: number;
}

/** The people of a model. */
export class Cast {
  private readonly tids: number[] = [];
  private readonly handles: Handle[] = [];
  /** By the worker's index. */
  private readonly nodes = new Map<number, number>();

  constructor(readonly m: Model) {
    m.call('rootInit', 32, 32);
    m.call('workerBecome', m.call('slotTake'));
    m.finally(() => this.wrongSleeper());
  }

  /** Who has come to its end is said to wait for something. */
  private wrongSleeper(): string | undefined {
    const { machine, victim } = this.m;
    for (const [index, node] of this.nodes) {
      const worker = machine.workers[index] as Worker;
      const word = machine.words[(node - SlotField.NODE + SlotField.WAITING_ON) >> 2];
      if (index !== victim && machine.statusOf(worker) === Parked.DONE && word !== 0) return `${worker.name} is done, and waits`;
    }
    return undefined;
  }

  /** A new object: `create` is the export that makes it. */
  make(name: string, create: string, args: readonly number[], fields: readonly string[]): number {
    const object = this.m.call('refObject', this.m.call(create, ...args));
    this.m.name(object, name, fields);
    const leaving = fields.indexOf('leaving');
    if (leaving > 0) this.leavesNobody(object, leaving * 4);
    return object;
  }

  /** Who leaves a list is told of by a word, as long as somebody has the list's lock, or has died with it. */
  private leavesNobody(list: number, leaving: number): void {
    const isOver = () => this.m.load(list) !== 0 || this.m.load(list + leaving) === 0;
    this.m.finally(() => (isOver() ? undefined : 'a list that nobody holds says that somebody leaves it'));
  }

  worker(name: string, program: (me: Me) => Program, options: WorkerOptions = {}): Me {
    const tid = this.m.call('slotTake');
    const me = { number: this.tids.length + 1, tid, node: this.m.call('slotNode', tid) };
    this.tids.push(tid);
    this.m.name(me.node, `${name}.node`, ['state', 'next', 'tid', 'index']);
    const handle = this.m.worker(name, program(me), options);
    this.handles[me.number] = handle;
    this.nodes.set(handle.index, me.node);
    handle.call('workerBecome', tid);
    return me;
  }

  /** Calls an export as `me`, now: in the setup. */
  call(me: Me, name: string, ...args: number[]): number {
    return this.handles[me.number].call(name, ...args);
  }

  /** Another task on the thread of `peer`. */
  task(name: string, peer: Me, program: Program, options: WorkerOptions = {}): void {
    this.tids.push(peer.tid);
    this.m.worker(name, program, { ...options, thread: this.m.machine.workers[peer.number - 1].name });
  }

  /** Who repairs after a death, and what it does then. `clean`: the dead one had ended by itself. */
  reaper(then: Program = [], { clean = false, before = [] }: { clean?: boolean; before?: Program } = {}): void {
    const { m, tids } = this;
    const tid = m.call('slotTake');
    m.reaper('reaper', [...before, call('reap', () => [tids[m.victim], clean ? 1 : 0]), ...then]).call('workerBecome', tid);
  }

  /** Whether the worker called `number` has died. */
  isDead(number: number): boolean {
    return this.m.victim === number - 1;
  }
}

/** Of assembly/sync/lock.ts. */
export const OWNER = (1 << 29) - 1;
export const ABANDONED = 1 << 30;
export const CONTENDED = 1 << 31;

/** Of assembly/waitlist.ts. */
export const NodeState = { WAITING: 1, NOTIFIED: 2, LEADER: 4 } as const;

/** Names for the words of each kind of object. */
export const Fields = {
  lock: ['word', 'gateSeq', 'gateWaiters', 'flags'],
  rlock: ['word', 'gateSeq', 'gateWaiters', 'flags', 'count'],
  semaphore: ['permits', 'waiters', 'gateSeq', 'gateWaiters', 'limit'],
  event: ['generation', 'waiters', 'gateSeq', 'gateWaiters'],
  condition: ['guard', 'gateSeq', 'gateWaiters', 'flags', 'head', 'tail', 'count', 'leaving'],
  barrier: ['guard', 'gateSeq', 'gateWaiters', 'flags', 'head', 'tail', 'count', 'leaving', 'parties', 'phase', 'breakNext'],
} as const;

/** How many sleep on a word now. */
export function asleepOn({ machine }: Model, word: number): number {
  const isThere = ({ at }: { at: number }) => machine.words[at + Field.P] === word;
  return machine.workers.filter((worker) => machine.statusOf(worker) === Parked.PARKED && isThere(worker)).length;
}

/** Is inside for a moment that others can see. */
export function inside(ghost: { inside: number }, { number }: Me): Program {
  return [
    run('is inside', () => {
      ghost.inside = number;
    }),
    run('goes out', () => must(ghost.inside === number, 'two inside')),
  ];
}

/**
 * What an async waiter keeps between two tries: what it saw, whether its attempt was the last one, whether
 * its time is up.
 */
export interface Pump {
  seen: number;
  got: number;
  over: number;
}

export function pumpOf(m: Model): Pump {
  return m.ghost({ seen: 0, got: 0, over: 0 });
}

const same = (status: number) => status;

/**
 * Sleeps while the gate's word is what was seen, and goes on at `again`, off the gate's count: who was woken
 * was taken off it.
 */
export function asleep(gate: () => number, seen: () => number, again: string): Step[] {
  return [
    waitAsync(
      () => [gate(), seen()],
      (result, flow) => {
        if (result === 0) flow.goto(again);
      },
    ),
    label(`leaves, and ${again}`),
    call(
      'gateLeave',
      () => [gate()],
      (_, flow) => flow.goto(again),
    ),
  ];
}

/**
 * Awaits what `attempt` asks for, as the pump of an AsyncGate does: counts itself, then reads the gate's
 * word, then tries. An attempt that answers TIMEOUT (or what `means` that) is tried again when the gate has
 * opened; any other answer goes to `attempt.after`, and the program goes on.
 * Who gives up ends here.
 */
export function awaited(gate: number, pump: Pump, attempt: CallStep, means: (result: number) => number = same): Program {
  return [
    label('looks'),
    call('gateEnter', [gate]),
    atomic('load', [gate], (seq, flow) => {
      pump.seen = seq;
      if (pump.over) flow.goto('leaves');
    }),
    call(attempt.name, attempt.args, (result, flow) => {
      if (means(result) === Status.TIMEOUT) return;
      pump.got = 1;
      flow.goto('leaves');
      attempt.after?.(result, flow);
    }),
    ...asleep(
      () => gate,
      () => pump.seen,
      'looks',
    ),
    label('leaves'),
    call('gateLeave', [gate], (_, flow) => {
      if (!pump.got) flow.stop();
    }),
  ];
}

/**
 * The ear of an event loop, as a task of its thread (assembly/waiting/doorbell.ts): sleeps on the doorbell,
 * and looks after the gates then. It listens from before the loop's first wait on.
 */
export function earFor(m: Model, gates: readonly number[], words: readonly number[] = []): Program {
  const bell = m.call('doorbell');
  const ear = m.ghost({ heard: m.load(bell) });
  const looks: Step[] = [
    ...gates.map((gate) => call('gateWakeHere', [gate])),
    ...words.map((word) => atomic('notifyHere', [word, -1])),
  ];
  const last = { ...(looks.pop() as CallStep), after: ((_, flow) => flow.goto('listens')) satisfies After };
  return [
    label('listens'),
    listen(() => [bell, ear.heard]),
    atomic('load', [bell], (rung) => {
      ear.heard = rung;
    }),
    ...looks,
    last,
  ];
}

/** A timer on the thread of who runs `awaited`: at some moment it does not want to wait any longer. */
export function givingUp(gate: number, pump: Pump): Program {
  return [
    run('time is up', () => {
      pump.over = 1;
    }),
    call('gateWakeAll', [gate]),
  ];
}
