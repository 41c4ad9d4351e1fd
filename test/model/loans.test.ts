/**
 * Slots and leases: items that are written and read where they lie in the heap. Who dies or is cut off with
 * one in hand, who refuses an item, and who reserves and goes away.
 */
import { describe, test } from 'vitest';
import type { LineOptions, Member } from './account.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { LARGE, Loans, SMALL } from './loans.ts';
import type { WorkerOptions } from './machine.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { call, type Program } from './program.ts';

const IN_PLACE = 'queue/in-place.ts';
const LOAN = 'heap/loan.ts';

const withLoans = (options: LineOptions, members: (line: Loans) => void) => (m: Model) => {
  const line = new Loans(m, options);
  members(line);
  line.begin();
};

type Steps = (line: Loans, me: Member) => Program;
const sends: Steps = (line, me) => line.sends(me, 1);
const leases: Steps = (line, me) => line.leases(me, 1);
const getsInto: Steps = (line, me) => line.getsInto(me, () => 0);

function sender(line: Loans, name: string, steps: Steps = sends, options: WorkerOptions = {}): void {
  line.add(name, (me) => steps(line, me), { maySleep: () => line.isFull(), ...options });
}

function taker(line: Loans, name: string, steps: Steps = leases, options: WorkerOptions = {}): void {
  line.add(name, (me) => steps(line, me), { maySleep: () => line.isEmpty(), ...options });
}

/** Into a block of this worker's own, which the setup takes. */
function getsIntoHeap(line: Loans): Steps {
  const to = line.m.call('allocate', 80);
  return (_, me) => line.getsInto(me, () => to);
}

const sizes = [
  ['a stage', SMALL],
  ['a block', LARGE],
] as const;

describe.each(sizes)('an item that is written in %s', (name, words) => {
  test('is read as it was written', () => {
    const model = withLoans({ sizes: [words], maxsize: 1 }, (line) => {
      sender(line, 'p', (_, me) => line.sends(me, 2));
      taker(line, 'c', (_, me) => line.leases(me, 2));
    });
    holds(`loans, ${name}`, core, model, fine);
  });

  test('is copied to where its consumer says', () => {
    for (const way of ['out of the heap', 'within it']) {
      const model = withLoans({ sizes: [words], maxsize: 1 }, (line) => {
        sender(line, 'p');
        sender(line, 'q');
        taker(line, 'c', way === 'within it' ? getsIntoHeap(line) : getsInto);
      });
      holds(`loans, ${name}, copied ${way}`, core, model);
    }
  });

  test('may be one of two', () => {
    const model = withLoans({ sizes: [words] }, (line) => {
      line.atATime = 2;
      sender(line, 'p', (_, me) => line.sendsCrosswise(me));
      taker(line, 'c', (_, me) => line.leasesTwo(me));
    });
    holds(`loans, ${name}, two at a time`, core, model);
  });

  test('is there or not when its producer dies, and no other one’s is lost', () => {
    const model = withLoans({ sizes: [words] }, (line) => {
      sender(line, 'p', sends, { mayDie: true });
      taker(line, 'c');
      line.reaper();
    });
    holds(`loans, ${name}, the producer dies`, core, model, fine);
    const beside = withLoans({ sizes: [words] }, (line) => {
      sender(line, 'p', sends, { mayDie: true });
      sender(line, 'q');
      line.reaper((me) => line.leases(me, 1));
    });
    holds(`loans, ${name}, the producer dies, another puts`, core, beside, fine);
  });

  test('goes to another when its consumer dies, or is gone with its memory', () => {
    for (const [way, steps] of [
      ['lease', leases],
      ['copy', getsInto],
    ] as const) {
      const model = withLoans({ sizes: [words] }, (line) => {
        if (words > 0) line.fill(1);
        else sender(line, 'p');
        taker(line, 'c', steps, { mayDie: true });
        taker(line, 'd');
        line.reaper();
      });
      holds(`loans, ${name}, the consumer of a ${way} dies, another takes`, core, model);
      const alone = withLoans({ sizes: [words] }, (line) => {
        sender(line, 'p');
        taker(line, 'c', steps, { mayDie: true });
        line.reaper();
      });
      holds(`loans, ${name}, the consumer of a ${way} dies`, core, alone, fine);
    }
  });

  test('and a slot that comes to nothing leave nothing when their worker dies', () => {
    const model = withLoans({ sizes: [words] }, (line) => {
      sender(line, 'p', (_, me) => line.givesUp(me), { mayDie: true });
      sender(line, 'q');
      line.reaper((me) => line.leases(me, 1));
    });
    holds(`loans, ${name}, who gives up dies`, core, model);
  });

  test('is in one hand when a call is cut off', () => {
    const put = withLoans({ sizes: [words] }, (line) => {
      line.cut(
        'w',
        (me) => line.sends(me, 1),
        (me) => line.sends(me, 1),
      );
      sender(line, 'q');
    });
    holds(`loans, ${name}, cut off, put`, core, put);
    const get = withLoans({ sizes: [words] }, (line) => {
      line.cut(
        'w',
        (me) => line.leases(me, 1),
        (me) => line.leases(me, 1),
        { maySleep: () => line.isEmpty() },
      );
      sender(line, 'p');
    });
    holds(`loans, ${name}, cut off, lease`, core, get);
  });
});

/** Both wait; what comes is a number, which only one of them takes. */
const refuses = (steps: Steps) =>
  withLoans({ sizes: [0] }, (line) => {
    taker(line, 'refuses', steps);
    line.consumer('takes', 1);
    line.producer('p', 1);
  });

/** Both wait; what comes is too long for one of them. */
const tooLong = withLoans({ sizes: [SMALL] }, (line) => {
  taker(line, 'refuses', (_, me) => line.getsInto(me, () => 0, 4));
  taker(line, 'takes', getsInto);
  sender(line, 'p');
});

/** Both wait for room; the first one reserves only. */
const reservesOnly = withLoans({ sizes: [SMALL], maxsize: 1 }, (line) => {
  line.fill(1);
  sender(line, 'reserves', (_, me) => [...line.givesUp(me)]);
  sender(line, 'puts', (_, me) => line.puts(me, 1));
  line.consumer('c', 1);
});

describe('nobody sleeps who need not', () => {
  planted(
    'when a consumer refuses what it was woken for',
    {
      bad: {
        file: IN_PLACE,
        find: 'if (status < 0 && deadline != UNSET && !isIdle(queue)) eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);',
        replace: '',
      },
    },
    ({ bad }) => {
      holds('loans, a lease refuses', core, refuses(leases));
      holds('loans, a copy refuses', core, refuses(getsInto));
      holds('loans, too long', core, tooLong);
      breaks('a refusal that keeps the wake-up', bad, refuses(leases), /^sleeps for ever: takes/);
      breaks('a refusal that keeps the wake-up, too long', bad, tooLong, /^sleeps for ever: takes/);
    },
  );

  planted(
    'when a producer reserves, and does not put',
    { bad: { file: IN_PLACE, find: '  if (deadline != UNSET) passOnRoom(queue);\n', replace: '' } },
    ({ bad }) => {
      holds('loans, reserves only', core, reservesOnly);
      breaks('a reserve that keeps the wake-up', bad, reservesOnly, /^sleeps for ever: puts/);
    },
  );

  test('when a producer that has reserved dies', () => {
    const model = withLoans({ sizes: [SMALL], maxsize: 1 }, (line) => {
      line.fill(1);
      sender(line, 'p', sends, { mayDie: true });
      sender(line, 'q');
      line.consumer('c', 1);
      line.reaper();
    });
    holds('loans, maxsize 1, a producer dies', core, model);
  });
});

describe('an end', () => {
  test('finds a slot that is committed too late, and it is given up', () => {
    const model = withLoans({ sizes: [SMALL] }, (line) => {
      sender(line, 'p');
      taker(line, 'c');
      line.add('s', () => [call('queueShutdown', () => [line.queue, 0])]);
    });
    holds('loans, shut down', core, model);
  });
});

describe('planted', () => {
  const WRONG = /nobody put|garbled|too many|free|in a cycle|no word at|taken twice|lost|written over|is there/;
  const producerDies = (words: number) =>
    withLoans({ sizes: [words] }, (line) => {
      sender(line, 'p', sends, { mayDie: true });
      taker(line, 'c');
      line.reaper();
    });
  planted(
    'a stage that is lent and free at once is found out',
    {
      bad: {
        file: IN_PLACE,
        find: '  storePlain(selfScratch + 4, <i32>loanPayload(stage));\n  stageTake();\n',
        replace: '  storePlain(selfScratch + 4, <i32>loanPayload(stage));\n',
      },
    },
    ({ bad }) => {
      const model = withLoans({ sizes: [SMALL] }, (line) => {
        sender(line, 'p', (_, me) => line.sends(me, 2));
        taker(line, 'c', (_, me) => line.leasesTwo(me));
      });
      breaks('a stage that is lent twice', bad, model, WRONG);
    },
  );

  planted(
    'a block that is listed when it is too late is found out',
    {
      bad: {
        file: LOAN,
        find: "  storePlain(inFlight + offsetof<InFlight>('index'), IN_FLIGHT);\n",
        replace: '',
      },
    },
    ({ bad }) => {
      breaks('a block that is on no list', bad, producerDies(LARGE), WRONG, fine);
    },
  );

  planted(
    'a stage that is on no list is found out',
    {
      bad: {
        file: LOAN,
        find: '  listAdd(stage, NODE, 0);\n',
        replace: "  storePlain(stage + offsetof<Ref>('index'), NODE);\n",
      },
    },
    ({ bad }) => {
      breaks('a stage that is on no list', bad, producerDies(SMALL), WRONG, fine);
    },
  );

  planted(
    'a slot that is put and kept is found out',
    { bad: { file: IN_PLACE, find: '  if (status == Status.OK) loanEnd(slot);\n', replace: '' } },
    ({ bad }) => {
      const model = withLoans({ sizes: [SMALL] }, (line) => sender(line, 'p', (_, me) => line.sends(me, 2)));
      breaks('a slot that is put and kept', bad, model, WRONG);
    },
  );

  planted(
    'a lease of what lies in the ring still is found out',
    {
      bad: {
        file: 'queue/fifo-bytes.ts',
        find: '    ringRead(segment, at + RECORD, to, length);\n    setPosition(side, after);\n',
        replace:
          '    setPosition(side, after);\n    unlock(side);\n    ringRead(segment, at + RECORD, to, length);\n    lockInternal(side);\n',
      },
    },
    ({ bad }) => {
      // As many as the first segment holds: the next one takes the place of what was just read.
      const model = withLoans({ sizes: [SMALL], maxsize: 4 }, (line) => {
        line.fill(4);
        sender(line, 'p');
        taker(line, 'c');
      });
      breaks('read when it is no more', bad, model, WRONG, fine);
    },
  );
});
