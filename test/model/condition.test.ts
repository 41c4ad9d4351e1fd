/**
 * assembly/sync/condition.ts and waitlist.ts: a notify wakes exactly min(n, waiters), first in, first out,
 * and a death takes nobody with it.
 */
import { describe, test } from 'vitest';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { ALL, type Options, Scene } from './condition.ts';
import { core, fine } from './core.ts';
import type { Describe } from './model.ts';
import { planted } from './planted.ts';
import { type After, call, must, repeat } from './program.ts';
import { Fields, FOREVER, type Me, SOON, Status } from './sync.ts';

/**
 * Waiters with these timeouts, and one worker for each of `notifiers`, which notifies so many, one after the
 * other.
 */
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
const staged = { staged: true };
const Three = [...Two, FOREVER];

/** Two wait; somebody asks of each, and of itself, whether it does. */
const asked: Describe = (m) => {
  const here = new Scene(m);
  const waiting = ['first', 'second'].map((name) => here.cast.worker(name, () => []));
  for (const me of waiting) {
    here.cast.call(me, 'lockAcquire', here.lock, 0);
    here.cast.call(me, 'conditionEnter', here.condition, me.node);
  }
  const asks = (node: number, expected: number) =>
    call('listHas', [here.condition, node], (has) => must(has === expected, `answered ${has}, not ${expected}`));
  here.cast.worker('asks', ({ node }) => [...waiting.map((me) => asks(me.node, 1)), asks(node, 0)]);
};

test('who is asked for is found in the list if it waits', () => void holds('condition, asked', core, asked));

describe('a notify wakes exactly min(n, waiters), first in, first out:', () => {
  test('1 waiter, notify(1)', () => void holds('condition 1, 1', core, model([FOREVER], [[1]])));
  test('2 waiters, notify(1)', () => void holds('condition 2, 1', core, model(Two, [[1]])));
  test('2 waiters, notify(1) twice', () => void holds('condition 2, 1+1', core, model(Two, [[1, 1]], staged)));
  test('2 waiters, notify(2)', () => void holds('condition 2, 2', core, model(Two, [[2]], staged)));
  test('3 waiters, notify(2)', () => void holds('condition 3, 2', core, model(Three, [[2]], staged)));
  test('1 waiter, 2 notifiers', () => void holds('condition 1, 1, 1', core, model([FOREVER], [[1], [1]])));
  test('on an RLock, 2 levels deep', () => void holds('condition 2, 1, RLock', core, model(Two, [[1]], { ...staged, depth: 2 })));
  test('2 waiters, one of them with a timeout', () =>
    void holds('condition 2, 1, timed', core, model([SOON, FOREVER], [[1]], staged)));
  test('a waiter with a timeout on an RLock', () =>
    void holds('condition 1, 1, RLock, timed', core, model([SOON], [[1]], { depth: 2 })));

  test('a waiter comes twice', () => {
    holds('condition, twice', core, (m) => {
      const here = new Scene(m);
      here.cast.worker('waiter1', (me) => repeat(2, here.waiter(me, SOON)));
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
    const here = new Scene(m, { depth, staged: true });
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

const give = { takeOver: true };

interface Deaths extends Options {
  readonly timeouts?: number[];
  readonly loop?: boolean;
}

/** The first waiter may die. Whoever lives and waits when the reaper is done is woken by its notify. */
function waiterDies({ timeouts = Two, loop = false, ...options }: Deaths): Describe {
  return (m) => {
    const here = new Scene(m, options);
    timeouts.forEach((timeout, i) => {
      const mortal = { ...here.patient(i + 1), mayDie: i === 0 };
      here.cast.worker(`waiter${i + 1}`, (me) => (loop && i === 0 ? here.asyncWaiter(me) : here.waiter(me, timeout)), mortal);
    });
    here.cast.reaper(here.lastNotify(1));
  };
}

/** Two are asleep. One of them may die while one is notified. */
const sleeperDies: Describe = (m) => {
  const here = new Scene(m, give);
  const first = here.cast.worker('waiter1', (me) => here.sleeper(me), { ...here.patient(1), mayDie: true });
  const second = here.cast.worker('waiter2', (me) => here.sleeper(me), here.patient(2));
  here.begin(first, second);
  here.cast.worker('notifier', () => here.notifier(1));
  here.cast.reaper();
};

/**
 * A notifier dies inside of its notify; another takes the lock over, perhaps before the reaper has come to
 * the condition, and notifies.
 */
const takenOver: Describe = (m) => {
  const here = new Scene(m, give);
  here.begin(here.cast.worker('waiter1', (me) => here.sleeper(me), here.patient(1)));
  here.cast.worker('notifier1', () => here.notifier(1), { mayDie: true });
  here.cast.worker('notifier2', () => here.lastNotify(1).slice(1));
  here.cast.reaper();
};

interface NotifierDies extends Options {
  /** They take no lock back: fewer states. */
  readonly listeners?: boolean;
}

/**
 * Some are asleep. The notifier may die, and nobody who waits is lost: the reaper's notify reaches all of
 * them.
 */
function notifierDies(waiters: number, count: number, { listeners = false, ...options }: NotifierDies): Describe {
  return (m) => {
    const here = new Scene(m, options);
    const program = (me: Me) => (listeners ? here.listener(me) : here.sleeper(me));
    for (let i = 1; i <= waiters; i++) here.begin(here.cast.worker(`waiter${i}`, program, here.patient(i)));
    here.cast.worker('notifier', () => (listeners ? here.notifyListeners(count) : here.notifier(count)), { mayDie: true });
    here.cast.reaper(here.lastNotify(ALL));
  };
}

/**
 * Whoever is told by a notifier that dies then must not be in its list any more when its node is in another
 * one.
 */
const twoLists: Describe = (m) => {
  const here = new Scene(m, give);
  const other = here.cast.make('other', 'conditionCreate', [here.lock, 0], Fields.condition);
  here.begin(here.cast.worker('waiter1', (me) => here.listener(me, other), here.patient(1)));
  here.cast.worker('notifier', () => here.notifyListeners(1), { mayDie: true });
  here.cast.reaper(here.lastNotify(ALL));
};

describe('a worker dies at any step:', () => {
  test('a waiter', () => void holds('condition, death of a waiter', core, waiterDies(give)));
  test('a waiter, and the lock breaks', () => void holds('condition, death of a waiter, broken', core, waiterDies({})));
  test('a waiter, beside a notifier', () => void holds('condition, death of a waiter, 1', core, sleeperDies));
  test('a waiter, inside a list edit', () =>
    void holds('condition, fine death of a waiter', core, waiterDies({ ...give, depth: 1 }), fine));
  test('a waiter with a timeout, inside a list edit', () => {
    holds('condition, fine death of a waiter, timed', core, waiterDies({ ...give, timeouts: [SOON, FOREVER] }), fine);
  });
  test('an event loop', () => void holds('condition, death of a loop', core, waiterDies({ ...give, loop: true })));
  test('a notifier', () => void holds('condition, death of a notifier', core, notifierDies(1, 1, give)));
  test('a notifier, and the lock breaks', () =>
    void holds('condition, death of a notifier, broken', core, notifierDies(2, 1, {})));
  test('a notifier, inside a list edit', () =>
    void holds('condition, fine death of a notifier', core, notifierDies(1, 1, give), fine));
  test('a notifier of one of two, inside a list edit', () => {
    holds('list, fine death of a notifier', core, notifierDies(2, 1, { ...give, listeners: true }), fine);
  });
  test('a notifier of two', () => {
    holds('list, death of a notifier of 2', core, notifierDies(2, 2, { ...give, listeners: true }));
  });

  test('a notifier, and another takes the lock over and notifies before anybody repairs', () => {
    holds('condition, taken over', core, takenOver, fine);
  });

  test('a waiter, inside a list edit, beside a notifier', () => {
    holds('condition, fine death of a waiter, 1', core, sleeperDies, fine);
  });

  test('a notifier, inside a list edit, and whom it woke goes on to another list', () => {
    holds('list, fine death of a notifier, another list', core, twoLists, fine);
  });
});

describe('planted bugs are found:', () => {
  const condition = (find: string, replace: string): Edit => ({ file: 'sync/condition.ts', find, replace });
  const waitlist = (find: string, replace: string): Edit => ({ file: 'sync/wait-list.ts', find, replace });

  const append = '  waitListLock(condition);\n  appendWaiter(condition, node);\n  waitListUnlock(condition);\n';
  planted(
    'a node that is appended after the lock is given up',
    {
      bad: [condition(append, ''), condition('  lockRelease(lock);\n  return 1;', `  lockRelease(lock);\n${append}  return 1;`)],
    },
    ({ bad }) => {
      breaks('appended too late', bad, model([FOREVER], [[1]]), /^0 woken, should be 1$/);
    },
  );

  planted('a notify of one more', { bad: condition('woken < count', 'woken <= count') }, ({ bad }) => {
    breaks('one more', bad, model(Two, [[1]], staged), /^2 woken, should be 1$/);
  });

  planted(
    'a waiter that is timed out because its sleep was',
    {
      bad: condition(
        'const outcome = conditionLeave(condition, node, depth);',
        'conditionLeave(condition, node, depth);\n  const outcome = slept == Parked.TIMED_OUT ? Status.TIMEOUT : Status.OK;',
      ),
    },
    ({ bad }) => {
      breaks('the sleep decides', bad, model([SOON], [[1]]), /^timed out, though it was notified$/);
    },
  );

  planted(
    'who leaves at a timeout, and stays in the list',
    { bad: condition('  if (timedOut) removeWaiter(condition, node);\n', '') },
    ({ bad }) => {
      breaks('stays in the list', bad, model([SOON, FOREVER], [[1]], staged), /^woke , and said 1$/);
    },
  );

  planted(
    'levels that do not come back',
    { bad: condition('if (conditionIsReentrant(condition)) rlockRestore(conditionLock(condition), depth);', '') },
    ({ bad }) => {
      breaks('levels', bad, model([FOREVER], [[1]], { depth: 2 }), /^1 deep, should be 2$/);
    },
  );

  planted(
    'a reaper that leaves the dead in the list',
    { bad: { file: 'lifecycle/reaper.ts', find: '      removeWaitersOf(object, tid);\n', replace: '' } },
    ({ bad }) => {
      breaks('the dead wait', bad, waiterDies(give), /^a dead one was notified$|woken of/);
    },
  );

  planted('hints that nobody rebuilds', { bad: waitlist('  rebuildHints(list);\n}', '}') }, ({ bad }) => {
    breaks('no rebuildHints', bad, waiterDies({ ...give, timeouts: [SOON, FOREVER] }), /woken of/, fine);
  });

  planted(
    'whoever was being woken is forgotten',
    { bad: waitlist("if (isListed(leaving)) storePlain(list + offsetof<WaitList>('head'), <i32>leaving);\n    else ", '') },
    ({ bad }) => {
      breaks('forgotten', bad, notifierDies(1, 1, give), /woken of/, fine);
    },
  );

  planted(
    'whoever was told, and not woken',
    { bad: waitlist("    else notifyOne(leaving + offsetof<WaitNode>('state'));\n", '') },
    ({ bad }) => {
      breaks('told in its sleep', bad, notifierDies(1, 1, give), /^sleeps for ever: waiter1$/);
    },
  );

  planted(
    'a notifier that takes a list for empty whose only waiter the dead one had in its hands',
    {
      bad: condition('if (!leavingOf(condition) && !firstWaiter(condition)) return 0;', 'if (!firstWaiter(condition)) return 0;'),
    },
    ({ bad }) => {
      breaks('looks at the head alone', bad, takenOver, /^0 woken of 1 who live$|^sleeps for ever/, fine);
    },
  );

  planted(
    'a waiter that takes its node elsewhere while it may be put back',
    { bad: condition(' && !isLeaving(condition, node)', '') },
    ({ bad }) => {
      breaks('in two lists', bad, twoLists, /woken of/, fine);
    },
  );
});
