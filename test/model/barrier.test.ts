/**
 * assembly/sync/barrier.ts: a round lets all its parties go, each with an index of its own, or none; nobody waits in a broken one.
 */
import { describe, expect, test } from 'vitest';
import { buildCore, type Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import type { WorkerOptions } from './machine.ts';
import type { Describe, Model } from './model.ts';
import { atomic, call, type Flow, label, must, type Program, run, waitAsync } from './program.ts';
import { Cast, Fields, FOREVER, type Me, NodeState, SOON, Status } from './sync.ts';

const core = await buildCore();
const mutant = (...mutant: Edit[]) => buildCore({ mutant });

const { WAITING, LEADER } = NodeState;
const LEADS = 1 << 16;

class Scene {
  readonly cast: Cast;
  readonly barrier: number;
  /** Arrivals, rounds whose action ran, parties let go, parties that failed; how often each index was given; resets and the like that were begun. */
  readonly ghost: Record<'came' | 'acts' | 'left' | 'failed' | 'index0' | 'index1' | 'index2' | 'upsets', number>;
  private victimNode = 0;

  constructor(
    readonly m: Model,
    readonly parties: number,
  ) {
    this.cast = new Cast(m);
    this.barrier = this.cast.make('barrier', 'barrierCreate', [parties], Fields.barrier);
    const ghost = m.ghost({ came: 0, acts: 0, left: 0, failed: 0, index0: 0, index1: 0, index2: 0, upsets: 0 });
    this.ghost = ghost;
    m.finally(() => {
      if (m.victim >= 0) return undefined;
      const indices = [ghost.index0, ghost.index1, ghost.index2].slice(0, parties);
      if (indices.some((times) => times !== indices[0])) return `indices were given ${indices} times`;
      if (!ghost.upsets && ghost.left !== ghost.acts * parties) return 'a round let go some of its parties';
      return undefined;
    });
  }

  /** May sleep only while a round gathers that is not complete, and nobody has died who had come. */
  readonly patient: WorkerOptions = {
    maySleep: () => {
      const waiting = this.m.look('barrierWaiting', this.barrier);
      if (this.m.victim >= 0 && [WAITING as number, LEADER].includes(this.m.load(this.victimNode))) return false;
      return waiting > 0 && waiting < this.parties;
    },
  };

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

  private leads(node: number): Program {
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

  /** What `result` means: goes on in the program, or to `leads` or `out`, which end in `round`. */
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

  party({ node }: Me, { rounds = 1, timeout = FOREVER, mayDie = false } = {}): Program {
    const { barrier } = this;
    if (mayDie) this.victimNode = node;
    return Array.from({ length: rounds }, (_, round) => [
      ...this.comes(),
      call('barrierArrive', [barrier, node], (result, flow) => {
        if (result !== Status.OK) this.decide(result, flow, round);
        else if (timeout !== FOREVER) this.upset();
      }),
      call('barrierAwait', [barrier, node, timeout], (result, flow) => this.decide(result, flow, round)),
      label(`leads ${round}`),
      ...this.leads(node),
      label(`out ${round}`),
    ]).flat();
  }

  /** The async twin, on a node of its own; `breaking` 0: it leaves the round alone, 1: it breaks it, -1: it has no timeout. */
  asyncParty({ node: own }: Me, { breaking = -1, mayDie = false } = {}): Program {
    const { barrier, m } = this;
    const node = m.call('allocate', 16);
    m.name(node, 'node', ['state', 'next', 'tid', 'index']);
    if (mayDie) this.victimNode = node;
    must(own !== node, 'the node of blocking waits');
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
      label('leads 0'),
      ...this.leads(node),
      label('out 0'),
    ];
  }

  upsetting(name: 'barrierReset' | 'barrierAbort'): Program {
    return [run('is about to', () => this.upset()), call(name, [this.barrier])];
  }
}

interface Plan {
  readonly parties?: number;
  /** Rounds of each worker. */
  readonly rounds: number[];
  readonly timeouts?: number[];
  readonly upset?: 'barrierReset' | 'barrierAbort';
}

function model({ parties = 2, rounds, timeouts = [], upset }: Plan): Describe {
  return (m) => {
    const here = new Scene(m, parties);
    rounds.forEach((times, i) => {
      here.cast.worker(`w${i}`, (me) => here.party(me, { rounds: times, timeout: timeouts[i] ?? FOREVER }), here.patient);
    });
    if (upset) here.cast.worker('upsets', () => here.upsetting(upset));
  };
}

const Two = [1, 1];
const Three = [1, 1, 1];

describe('a round lets all its parties go, each with another index:', () => {
  test('2 parties, 2 rounds', () => void holds('barrier 2x2', core, model({ rounds: [2, 2] })));
  test('2 parties, 3 rounds', () => void holds('barrier 2x3', core, model({ rounds: [3, 3] })));
  test('3 parties', () => void holds('barrier 3x1', core, model({ parties: 3, rounds: Three })));
  test('1 party', () => void holds('barrier 1x2', core, model({ parties: 1, rounds: [2] })));
  test('3 workers, 2 parties: one goes on waiting', () => void holds('barrier 2 of 3', core, model({ rounds: Three })));
});

describe('a round lets all its parties go, or none:', () => {
  test('a party with a timeout', () => void holds('barrier, timed', core, model({ rounds: Two, timeouts: [SOON] })));
  test('parties with timeouts', () => void holds('barrier, 2 timed', core, model({ rounds: Two, timeouts: [SOON, SOON] })));
  test('a reset', () => void holds('barrier, reset', core, model({ rounds: Two, upset: 'barrierReset' })));
  test('an abort', () => void holds('barrier, abort', core, model({ rounds: Two, upset: 'barrierAbort' })));
  test('a timeout of one who gathers behind a complete round', () => {
    holds('barrier 2 of 3, timed', core, model({ rounds: Three, timeouts: [FOREVER, FOREVER, SOON] }));
  });
});

interface Deaths {
  /** Who may die: a worker's index, or -1: who upsets the barrier. */
  readonly mortal?: number;
  readonly loop?: boolean;
  readonly timeout?: number;
  readonly upset?: Plan['upset'];
}

/** The parties come one after the other, and from the third on while the first round is complete: fewer orders in which to come by the guard. */
function deaths(rounds: number[], { mortal = 0, loop = false, timeout = FOREVER, upset }: Deaths = {}): Describe {
  return (m) => {
    const here = new Scene(m, 2);
    const { ghost } = here;
    ghost.upsets = 1;
    const ready = (i: number) => m.victim >= 0 || ghost.failed > 0 || (i < 2 ? ghost.came >= i : ghost.acts > 0);
    rounds.forEach((times, i) => {
      const mayDie = i === mortal;
      const turn = run('looks whether it is its turn', (_, flow) => {
        if (!ready(i)) flow.goto('not yet');
      });
      const program = (me: Me) => [
        label('not yet'),
        turn,
        ...(loop && mayDie
          ? here.asyncParty(me, { mayDie })
          : here.party(me, { rounds: times, timeout: mayDie ? timeout : FOREVER, mayDie })),
      ];
      here.cast.worker(`w${i}`, program, { ...here.patient, mayDie });
    });
    if (upset) here.cast.worker('upsets', () => here.upsetting(upset), { mayDie: mortal < 0 });
    here.cast.reaper();
  };
}

const fine = { fine: true };

describe('a worker dies at any step:', () => {
  test('a party', () => void holds('barrier, death', core, deaths([1, 2])));
  test('a party, inside a list edit', () => void holds('barrier, fine death', core, deaths([1, 2]), fine));
  test('the leader, inside a list edit', () =>
    void holds('barrier, fine death of the leader', core, deaths([2, 1], { mortal: 1 }), fine));
  test('a party with a timeout', () => void holds('barrier, death, timed', core, deaths(Two, { timeout: SOON }), fine));
  test('an event loop', () => void holds('barrier, death of a loop', core, deaths(Two, { loop: true })));
  test('a leader, and others gather behind its round', () =>
    void holds('barrier, 2 of 3, death of the leader', core, deaths(Three, { mortal: 1 })));
  test('who gathers behind a complete round', () => void holds('barrier, 2 of 3, death', core, deaths(Three, { mortal: 2 })));
  test('who resets', () => void holds('barrier, death of reset', core, deaths(Two, { mortal: -1, upset: 'barrierReset' })));
  test('who resets, inside a list edit', () =>
    void holds('barrier, fine death of reset', core, deaths([1], { mortal: -1, upset: 'barrierReset' }), fine));
  test('who aborts', () => void holds('barrier, death of abort', core, deaths(Two, { mortal: -1, upset: 'barrierAbort' })));
});
