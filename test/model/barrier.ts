/**
 * The parties of a barrier, and what they check: for barrier.test.ts.
 */
import type { WorkerOptions } from './machine.ts';
import type { Model } from './model.ts';
import { atomic, call, type Flow, label, must, type Program, run, waitAsync } from './program.ts';
import { Cast, Fields, FOREVER, type Me, NodeState, Status } from './sync.ts';

export type Upset = 'barrierReset' | 'barrierAbort';

const { WAITING, LEADER } = NodeState;
const LEADS = 1 << 16;

export class Scene {
  readonly cast: Cast;
  readonly barrier: number;
  /**
   * Arrivals, rounds whose action ran, parties let go, parties that failed; how often each index was given;
   * resets and the like that were begun; bits of those who slept then.
   */
  readonly ghost: Record<'came' | 'acts' | 'left' | 'failed' | 'index0' | 'index1' | 'index2' | 'upsets' | 'owed', number>;
  /** Of each party, by its number. */
  private readonly nodes: number[] = [];

  constructor(
    readonly m: Model,
    readonly parties: number,
    { resets = false } = {},
  ) {
    this.cast = new Cast(m);
    this.barrier = this.cast.make('barrier', 'barrierCreate', [parties], Fields.barrier);
    const ghost = m.ghost({ came: 0, acts: 0, left: 0, failed: 0, index0: 0, index1: 0, index2: 0, upsets: 0, owed: 0 });
    this.ghost = ghost;
    m.finally(() => {
      if (m.victim >= 0) return undefined;
      const indices = [ghost.index0, ghost.index1, ghost.index2].slice(0, parties);
      if (indices.some((times) => times !== indices[0])) return `indices were given ${indices} times`;
      if (!ghost.upsets && ghost.left !== ghost.acts * parties) return 'a round let go some of its parties';
      const broken = m.look('barrierIsBroken', this.barrier) !== 0;
      return ghost.failed > 0 && !broken && !resets ? 'somebody failed, and the barrier is not broken' : undefined;
    });
  }

  /**
   * May sleep only while a round gathers that is not complete, if nobody has died who had come, and no reset
   * was to end it.
   */
  patient(index: number): WorkerOptions {
    return {
      maySleep: () => {
        const waiting = this.m.look('barrierWaiting', this.barrier);
        const { victim } = this.m;
        if (victim < 0 && this.ghost.owed & (1 << index)) return false;
        const dead = this.nodes[victim + 1];
        if (dead !== undefined && [WAITING as number, LEADER].includes(this.m.load(dead))) return false;
        return waiting > 0 && waiting < this.parties;
      },
    };
  }

  private leaves(result: number): void {
    const { ghost, parties } = this;
    if (result === Status.BROKEN) {
      must(ghost.upsets > 0, 'broken by nobody');
      ghost.failed++;
      return;
    }
    must(result >= 0 && result < parties, `wait answered ${result}`);
    must(++ghost.left <= ghost.acts * parties, 'a party left before its round was complete');
    ghost[`index${result}` as 'index0']++;
  }

  private leads(node: number, throws = false): Program {
    if (throws) return [...this.upsetting('barrierAbort'), run('throws', () => this.leaves(Status.BROKEN))];
    return [
      run('runs the action', () => {
        must(++this.ghost.acts * this.parties <= this.ghost.came, 'a round was complete without all its parties');
      }),
      call('barrierTrip', [this.barrier, node], (result) => this.leaves(result)),
    ];
  }

  private comes(): Program {
    return [
      run('comes', () => {
        this.ghost.came++;
      }),
    ];
  }

  /** What a call of `me` answered: goes on to lead `round`, or past it. */
  private decide(result: number, flow: Flow, round: number): void {
    if (result === LEADS) flow.goto(`leads ${round}`);
    else {
      this.leaves(result);
      flow.goto(`out ${round}`);
    }
  }

  private upset(): void {
    this.ghost.upsets++;
  }

  /** Begins when so many have come: fewer orders in which to come by the guard. */
  once(came: number): Program {
    const look = run('looks whether it is its turn', (_, flow) => {
      if (this.ghost.came < came && this.m.victim < 0) flow.goto('not yet');
    });
    return [label('not yet'), look];
  }

  /** Parties that have come when the model begins; the last one leads. */
  begin(...parties: Me[]): void {
    for (const me of parties) {
      this.ghost.came++;
      this.cast.call(me, 'barrierArrive', this.barrier, me.node);
    }
  }

  party(me: Me, { rounds = 1, timeout = FOREVER, throws = false } = {}): Program {
    return Array.from({ length: rounds }, (_, round) => [
      ...this.comes(),
      call('barrierArrive', [this.barrier, me.node], (result, flow) => {
        if (result !== Status.OK) this.decide(result, flow, round);
        else if (timeout !== FOREVER) this.upset();
      }),
      ...this.waiting(me, { round, timeout }),
      ...this.leading(me, { round, throws }),
    ]).flat();
  }

  /** What is left to do for one who has come, and for the last one. */
  waiting({ node, number }: Me, { round = 0, timeout = FOREVER } = {}): Program {
    this.nodes[number] = node;
    const result = call('barrierAwait', [this.barrier, node, timeout], (index, flow) => this.decide(index, flow, round));
    return [result];
  }

  leading({ node, number }: Pick<Me, 'node' | 'number'>, { round = 0, throws = false } = {}): Program {
    this.nodes[number] = node;
    return [label(`leads ${round}`), ...this.leads(node, throws), label(`out ${round}`)];
  }

  /**
   * The async twin, on a node of its own; `breaking` 0: it leaves the round alone, 1: it breaks it, -1: it
   * has no timeout.
   */
  asyncParty({ number }: Me, { breaking = -1 } = {}): Program {
    const { barrier, m } = this;
    const node = m.call('allocate', 16);
    m.name(node, 'node', ['state', 'next', 'tid', 'index']);
    this.nodes[number] = node;
    const wait = (name: string, timed: boolean): Program => [
      label(name),
      atomic('load', [node], (state, flow) => {
        if (state !== WAITING) flow.goto('asks');
      }),
      waitAsync([node, WAITING], (result, flow) => (result === 2 ? undefined : flow.goto(name)), { timed }),
    ];
    return [
      ...this.comes(),
      call('barrierArrive', [barrier, node], (result, flow) => {
        if (result !== Status.OK) this.decide(result, flow, 0);
        else if (breaking === 1) this.upset();
      }),
      ...wait('waits', breaking >= 0),
      call('barrierGiveUp', [barrier, node, breaking], (result, flow) => {
        if (result === Status.BROKEN && breaking === 0) flow.stop();
        else if (result !== Status.OK) this.decide(result, flow, 0);
      }),
      ...wait('waits for the leader', false),
      label('asks'),
      call('barrierOutcome', [barrier, node], (result, flow) => this.decide(result, flow, 0)),
      ...this.leading({ number, node }),
    ];
  }

  upsetting(name: Upset): Program {
    const note = run('is about to', () => {
      this.upset();
      this.nodes.forEach((node, number) => {
        if (this.m.load(node) === WAITING) this.ghost.owed |= 1 << (number - 1);
      });
    });
    return [note, call(name, [this.barrier])];
  }
}
