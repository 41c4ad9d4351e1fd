/**
 * assembly/sync/barrier.ts: a round lets all its parties go, each with an index of its own, or none; nobody
 * waits in a broken one.
 */
import { describe, test } from 'vitest';
import { Party } from '../../assembly/abi.ts';
import { Scene, type Upset } from './barrier.ts';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import type { Describe } from './model.ts';
import { planted } from './planted.ts';
import { call, label, must, type Program, run } from './program.ts';
import { Fields, FOREVER, type Me, NodeState, SOON } from './sync.ts';

interface Plan {
  readonly parties?: number;
  /** Rounds of each worker. */
  readonly rounds: number[];
  readonly timeouts?: number[];
  readonly upset?: Upset;
  /** The action throws. */
  readonly throws?: boolean;
}

function model({ parties = 2, rounds, timeouts = [], upset, throws = false }: Plan): Describe {
  return (m) => {
    const here = new Scene(m, parties, { resets: upset === 'barrierReset' });
    rounds.forEach((times, i) => {
      const timeout = timeouts[i] ?? FOREVER;
      here.cast.worker(`w${i}`, (me) => here.party(me, { rounds: times, timeout, throws }), here.patient(i));
    });
    if (upset) here.cast.worker('upsets', () => [...here.once(upset === 'barrierAbort' ? 1 : 0), ...here.upsetting(upset)]);
  };
}

const Two = [1, 1];
const Three = [1, 1, 1];
/** One party is a round: with two workers one gathers behind the other. */
const behind: Plan = { parties: 1, rounds: Two };
const behindTimed: Plan = { ...behind, timeouts: [FOREVER, SOON] };

/** One leads its round; another gathers behind it, before a reset or after it. */
const resetBehind: Describe = (m) => {
  const here = new Scene(m, 1, { resets: true });
  here.begin(here.cast.worker('w0', (me) => here.leading(me), here.patient(0)));
  here.cast.worker('w1', (me) => here.party(me), here.patient(1));
  here.cast.worker('upsets', () => here.upsetting('barrierReset'));
};

describe('a round lets all its parties go, each with another index:', () => {
  test('2 parties, 2 rounds', () => void holds('barrier 2x2', core, model({ rounds: [2, 2] })));
  test('2 parties, 3 rounds', () => void holds('barrier 2x3', core, model({ rounds: [3, 3] })));
  test('3 parties', () => void holds('barrier 3x1', core, model({ parties: 3, rounds: Three })));
  test('3 workers, 2 parties: one goes on waiting', () => void holds('barrier 2 of 3', core, model({ rounds: Three })));
  test('2 workers, 1 party, 2 rounds', () => void holds('barrier 1 of 2', core, model({ parties: 1, rounds: [2, 2] })));
});

describe('a round lets all its parties go, or none:', () => {
  test('a party with a timeout', () => void holds('barrier, timed', core, model({ rounds: Two, timeouts: [SOON] })));
  test('parties with timeouts', () => void holds('barrier, 2 timed', core, model({ rounds: Two, timeouts: [SOON, SOON] })));
  test('a timeout of one who gathers behind a complete round', () =>
    void holds('barrier 1 of 2, timed', core, model(behindTimed)));
  test('a reset', () => void holds('barrier, reset', core, model({ rounds: Two, upset: 'barrierReset' })));
  test('an abort', () => void holds('barrier, abort', core, model({ rounds: Two, upset: 'barrierAbort' })));
  test('a reset while others gather', () => void holds('barrier 1 of 2, reset', core, resetBehind));
  test('an action that throws', () => void holds('barrier, throws', core, model({ rounds: Two, throws: true })));
});

/**
 * An event loop and a worker that blocks; `breaking`: what the loop's timeout does to the round, -1: it has
 * none.
 */
function mixed(breaking: number, timeout = FOREVER): Describe {
  return (m) => {
    const here = new Scene(m, 2);
    here.cast.worker('loop', (me) => here.asyncParty(me, { breaking }), here.patient(0));
    here.cast.worker('w', (me) => here.party(me, { timeout }), here.patient(1));
  };
}

describe('event loops wait beside blocking workers:', () => {
  test('for ever', () => void holds('barrier, async', core, mixed(-1)));
  test('with a timeout', () => void holds('barrier, async, timed', core, mixed(1)));
  test('until one is aborted, which the others do not notice', () => void holds('barrier, async, gives up', core, mixed(0)));
  test('until one is aborted, or the other is timed out', () => void holds('barrier, async, 2 give up', core, mixed(0, SOON)));
});

interface Deaths {
  readonly parties?: number;
  /** The index of who may die. */
  readonly mortal?: number;
  readonly loop?: boolean;
  readonly timeout?: number;
}

/** The second party comes after the first. */
function deaths(rounds: number[], { parties = 2, mortal = 0, loop = false, timeout = FOREVER }: Deaths = {}): Describe {
  return (m) => {
    const here = new Scene(m, parties);
    here.ghost.upsets = 1;
    rounds.forEach((times, i) => {
      const mayDie = i === mortal;
      const options = { rounds: times, timeout: mayDie ? timeout : FOREVER };
      const program = (me: Me) => [...here.once(i), ...(loop && mayDie ? here.asyncParty(me) : here.party(me, options))];
      here.cast.worker(`w${i}`, program, { ...here.patient(i), mayDie });
    });
    here.cast.reaper();
  };
}

/**
 * Who upsets a round dies. `complete`: its leader is about to act, otherwise one waits for another to come.
 */
function upsetDies(upset: Upset, complete: boolean, looks = false): Describe {
  return (m) => {
    const here = new Scene(m, 2, { resets: true });
    here.begin(here.cast.worker('w0', (me) => [...here.waiting(me), label('out 0')], here.patient(0)));
    const second = (me: Me) => (complete ? here.leading(me) : []);
    const leader = here.cast.worker('w1', second, here.patient(1));
    if (complete) here.begin(leader);
    here.cast.worker('upsets', () => here.upsetting(upset), { mayDie: true });
    if (looks) here.cast.worker('looks', ({ node }) => [call('listHas', [here.barrier, node])]);
    here.cast.reaper();
  };
}

/**
 * Whoever is told by one who dies then must not be in the barrier's list any more when its node is in another
 * one.
 */
const twoLists: Describe = (m) => {
  const here = new Scene(m, 2, { resets: true });
  const lock = here.cast.make('lock', 'lockCreate', [0], Fields.lock);
  const other = here.cast.make('other', 'conditionCreate', [lock, 0], Fields.condition);
  const goOn = (me: Me) => [call('lockAcquire', [lock, FOREVER]), call('conditionEnter', [other, me.node])];
  const first = here.cast.worker('w0', (me) => [...here.waiting(me), label('out 0'), ...goOn(me)], here.patient(0));
  here.begin(first);
  here.cast.worker('upsets', () => here.upsetting('barrierAbort'), { mayDie: true });
  here.cast.reaper();
  m.finally(() =>
    here.ghost.failed && m.load(first.node) !== NodeState.WAITING ? 'told in a list that it has left' : undefined,
  );
};

/**
 * One waits, another comes and may die; a third one uses the barrier, before the death, after it, or after
 * the repair.
 */
const beside =
  (third: (here: Scene, me: Me) => Program): Describe =>
  (m) => {
    const here = new Scene(m, 2, { resets: true });
    here.ghost.upsets = 1;
    here.begin(here.cast.worker('w0', (me) => [...here.waiting(me), ...here.leading(me)], here.patient(0)));
    here.cast.worker('w1', (me) => here.party(me), { ...here.patient(1), mayDie: true });
    here.cast.worker('third', (me) => third(here, me), here.patient(2));
    here.cast.reaper();
  };

describe('a worker dies at any step, and another uses the barrier before anybody repairs:', () => {
  test('it comes, too', () =>
    void holds(
      'barrier, death, a third party',
      core,
      beside((here, me) => here.party(me)),
    ));
  test('it comes, with a timeout', () => {
    holds(
      'barrier, death, a third party, timed',
      core,
      beside((here, me) => here.party(me, { timeout: SOON })),
    );
  });
  test('it resets', () => {
    holds(
      'barrier, fine death, reset by another',
      core,
      beside((here) => here.upsetting('barrierReset')),
    );
  });
  test('it aborts', () => {
    holds(
      'barrier, fine death, aborted by another',
      core,
      beside((here) => here.upsetting('barrierAbort')),
    );
  });
});

/** One dies as it comes to a barrier; then that is reset, and two come who are a round. */
const again: Describe = (m) => {
  const here = new Scene(m, 2, { resets: true });
  const turn = m.ghost({ isReset: 0 });
  here.ghost.upsets = 1;
  const isReset = run('is reset', () => {
    turn.isReset ||= 1;
  });
  // Then nothing is to be seen.
  const lives = run('lives', () => {
    turn.isReset = 2;
  });
  const waits: Program = [
    label('not yet'),
    run('waits for the reset', (_, flow) => {
      if (turn.isReset === 0) flow.goto('not yet');
      if (turn.isReset === 2) flow.stop();
    }),
  ];
  const party = (me: Me): Program => [
    ...waits,
    call('barrierArrive', [here.barrier, me.node], (result, flow) => {
      if (result === Party.LEADS) flow.goto('leads');
    }),
    call('barrierAwait', [here.barrier, me.node, FOREVER], (result, flow) => {
      must(result === 0, `was told ${result}`);
      flow.stop();
    }),
    label('leads'),
    call('barrierTrip', [here.barrier, me.node], (result) => must(result === 1, `was told ${result}`)),
  ];
  here.cast.worker('w0', (me) => [call('barrierArrive', [here.barrier, me.node]), lives], { mayDie: true });
  here.cast.worker('w1', party);
  here.cast.worker('w2', party);
  here.cast.reaper([call('barrierReset', [here.barrier]), isReset]);
  m.finally(() => (turn.isReset === 1 && m.look('barrierIsBroken', here.barrier) ? 'it was whole, and is broken' : undefined));
};

describe('a worker dies at any step:', () => {
  planted(
    'a party, and the barrier is reset',
    {
      bad: {
        file: 'sync/wait-list.ts',
        find: "  storePlain(list + offsetof<WaitList>('count'), count);\n",
        replace: '',
      },
    },
    ({ bad }) => {
      holds('barrier, fine death, reset, a round', core, again, fine);
      breaks('barrier, death, waiters miscounted', bad, again, /^sleeps for ever: w|was told/, fine);
    },
  );
  test('a party', () => void holds('barrier, death', core, deaths([1, 2])));
  test('a party, inside a list edit', () => void holds('barrier, fine death', core, deaths([1, 2]), fine));
  test('the leader, inside a list edit', () => {
    holds('barrier, fine death of the leader', core, deaths([2, 1], { mortal: 1 }), fine);
  });
  test('a party with a timeout, inside a list edit', () => {
    holds('barrier, fine death, timed', core, deaths(Two, { timeout: SOON }), fine);
  });
  test('an event loop', () => void holds('barrier, death of a loop', core, deaths(Two, { loop: true })));
  test('the leader, and others gather behind its round', () =>
    void holds('barrier 1 of 2, death', core, deaths(Two, { parties: 1 })));
  test('who gathers behind a round', () => {
    holds('barrier 1 of 2, death of the second', core, deaths(Two, { parties: 1, mortal: 1 }));
  });
  test('who gathers behind a round, with a timeout', () => {
    holds('barrier 1 of 2, death of the second, timed', core, deaths(Two, { parties: 1, mortal: 1, timeout: SOON }));
  });
  test('who resets, inside a list edit', () => {
    holds('barrier, fine death of reset', core, upsetDies('barrierReset', false), fine);
    holds('barrier, death of reset, complete', core, upsetDies('barrierReset', true));
  });
  test('who aborts, inside a list edit', () => {
    holds('barrier, fine death of abort', core, upsetDies('barrierAbort', false), fine);
  });
  test('who aborts, and somebody looks at the list before anybody repairs it', () => {
    holds('barrier, death of abort, looked at', core, upsetDies('barrierAbort', false, true));
  });
  test('who aborts, inside a list edit, and whom it told goes on to another list', () => {
    holds('barrier, fine death of abort, another list', core, twoLists, fine);
  });
});

describe('planted bugs are found:', () => {
  const barrier = (find: string, replace: string): Edit => ({ file: 'sync/barrier.ts', find, replace });

  planted(
    'parties that are not told of their round',
    {
      bad: barrier(
        '      wakeFirstWaiter(barrier, NodeState.NOTIFIED);\n',
        '      removeWaiter(barrier, firstWaiter(barrier));\n',
      ),
    },
    ({ bad }) => {
      breaks('not told', bad, model({ rounds: Two }), /wait answered|broken by nobody|sleeps for ever/);
    },
  );

  planted(
    'a timeout that leaves a complete round',
    {
      bad: barrier(
        'if (!filling && placeOf(barrier, node) < barrierParties(barrier)) status = Status.OK;',
        'if (false) status = Status.OK;',
      ),
    },
    ({ bad }) => {
      breaks(
        'leaves a complete round',
        bad,
        model({ rounds: Two, timeouts: [SOON] }),
        /indices were given|answered|no word|sleeps/,
      );
    },
  );

  planted(
    'a round that was complete at once, and has no leader',
    { bad: barrier('    tellWaiter(leader, NodeState.LEADER);\n', '') },
    ({ bad }) => {
      breaks('no leader', bad, model(behind), /^sleeps for ever: w\d$/);
    },
  );

  planted(
    'a timeout behind a complete round that breaks nothing',
    { bad: barrier("      else if (breaking) storePlain(barrier + offsetof<Barrier>('breakNext'), 1);\n", '') },
    ({ bad }) => {
      breaks('breaks nothing', bad, model(behindTimed), /^somebody failed, and the barrier is not broken$/);
    },
  );

  planted(
    'an aborted party that breaks the round for the others',
    { bad: barrier('if (breaking && filling)', 'if (filling)') },
    ({ bad }) => {
      breaks('breaks too much', bad, mixed(0), /^broken by nobody$/);
    },
  );

  planted(
    'a reset that leaves who waits asleep',
    { bad: barrier('  failAll(barrier);\n  storePlain(', '  storePlain(') },
    ({ bad }) => {
      breaks('waits on', bad, model({ rounds: [1], upset: 'barrierReset' }), /^sleeps for ever: w0$/);
    },
  );

  planted(
    'a party that takes its node elsewhere while it may be put back',
    { bad: barrier(' && isLeaving(barrier, node)', ' && false') },
    ({ bad }) => {
      breaks('in two lists', bad, twoLists, /^told in a list that it has left$/, fine);
    },
  );

  planted(
    'a look at the list that passes for a repair',
    {
      bad: {
        file: 'sync/wait-list.ts',
        find: '    lockAbandon(list, self);\n    lockWakeAll(list);\n  } else waitListUnlock(list);\n',
        replace: '    waitListUnlock(list);\n  } else waitListUnlock(list);\n',
      },
    },
    ({ bad }) => {
      breaks('looked at', bad, upsetDies('barrierAbort', false, true), /^sleeps for ever: w0$/);
    },
  );

  planted(
    'a reaper that does not break what the dead waited for',
    { bad: barrier('if (removeWaitersOf(barrier, tid) > 0) breakIt(barrier);', 'removeWaitersOf(barrier, tid);') },
    ({ bad }) => {
      breaks('not broken', bad, deaths(Two), /^sleeps for ever: w1$/);
    },
  );

  planted(
    'a death under the guard that breaks nothing',
    { bad: barrier('if (waitListLock(barrier)) breakIt(barrier);', 'waitListLock(barrier);') },
    ({ bad }) => {
      breaks('half told, a leader', bad, deaths([1, 2]), /^sleeps for ever: w1$/);
      breaks('half told, abort', bad, upsetDies('barrierAbort', false), /^sleeps for ever/);
    },
  );
});
