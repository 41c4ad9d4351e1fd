/**
 * Queues: nothing lost, nothing doubled, in order, and nobody asleep who need not be. How the ring grows, and
 * deaths inside of it: ring.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { Status } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import { Line, type Member, withLine } from './line.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { atomic, call, label, must, type Program, run } from './program.ts';
import { asleep, FOREVER } from './sync.ts';

const QUEUE = 'queue/queue.ts';
const FIFO = 'queue/fifo.ts';
const JOIN_GATE = 20;

const mixed = { sizes: [0, 1, 3] };

describe('items', () => {
  test('of 2 producers go to 1 consumer', () => {
    const model = withLine(mixed, (line) => {
      line.producer('p', 1);
      line.producer('q', 1);
      line.consumer('c', 2);
    });
    holds('queue 2+1', core, model);
  });

  test('of 1 producer go to 2 consumers', () => {
    holds('queue 1+2', core, oneToTwo);
    const model = withLine({}, (line) => {
      line.producer('p', 2);
      line.consumer('c', 1);
      line.consumer('d', 1);
    });
    holds('queue 1+2, both asleep', core, model);
  });

  test('of different sizes stay what they are, in a ring of one segment and in the next', () => {
    const model = withLine({ sizes: [0, 1, 3, 2] }, (line) => {
      line.producer('p', 4);
      line.consumer('c', 4);
    });
    holds('queue 1+1, sizes', core, model, { fine: true });
  });

  test('do not get past maxsize', () => {
    holds('queue 2+1, maxsize 1', core, twoAtOne);
    const model = withLine({ maxsize: 1, ...mixed }, (line) => {
      line.producer('p', 3);
      line.consumer('c', 3);
    });
    holds('queue 1+1, maxsize 1', core, model, { fine: true });
  });

  planted(
    'published before they are written',
    {
      bad: {
        file: FIFO,
        find: '  const place = ringAddress(segment, at);\n  storePlain(place, <i32>length);',
        replace:
          '  const place = ringAddress(segment, at);\n  setPosition(side, advance(tail, 1, bytes));\n  storePlain(place, <i32>length);',
      },
    },
    ({ bad }) => {
      breaks('early publication', bad, oneToTwo, /a record that nobody put|a number that nobody put/, { fine: true });
    },
  );

  planted(
    'taken by two consumers: a head that is not locked',
    {
      bad: {
        file: FIFO,
        find: '  else setPosition(side, after);\n  unlock(side);\n  return <i32>meta;',
        replace: '  unlock(side);\n  if (!(meta & OUT_OF_LINE)) setPosition(side, after);\n  return <i32>meta;',
      },
    },
    ({ bad }) => {
      breaks('early unlock', bad, oneToTwo, /was taken twice/);
    },
  );

  test('in batches', () => {
    const model = withLine({ maxsize: 2, sizes: [1, 3] }, (line) => {
      line.add('p', (me) => line.putMany(me, 4));
      line.add('c', (me) => line.getMany(me, 4, 3));
    });
    holds('queue, batches', core, model, { fine: true });
    holds('queue, a batch for 2', core, batchForTwo);
  });

  planted(
    'in a batch that wakes one consumer',
    {
      bad: {
        file: QUEUE,
        find: 'eventCountNotify(queue + QUEUE_NOT_EMPTY, done);',
        replace: 'eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);',
      },
    },
    ({ bad }) => {
      breaks('one wake-up for a batch', bad, batchForTwo, /^sleeps for ever: [cd]$/);
    },
  );
});

function oneToTwo(m: Model): void {
  const line = new Line(m, mixed);
  line.fill(1);
  line.producer('p', 1);
  line.consumer('c', 1);
  line.consumer('d', 1);
}

function twoAtOne(m: Model): void {
  const line = new Line(m, { maxsize: 1 });
  line.producer('p', 1);
  line.producer('q', 1);
  line.consumer('c', 2);
}

function batchForTwo(m: Model): void {
  const line = new Line(m, { sizes: [1] });
  line.add('p', (me) => line.putMany(me, 2));
  line.consumer('c', 1);
  line.consumer('d', 1);
}

function asyncAndBlocking(m: Model): void {
  const line = new Line(m, { sizes: [1] });
  line.add('async', (me) => line.getsAsync(me, 1), { maySleep: () => line.isEmpty() });
  line.consumer('c', 1);
  line.add('p', (me) => line.putMany(me, 2));
}

describe('waiting', () => {
  planted(
    'reads the sequence after the try',
    {
      bad: {
        file: QUEUE,
        find: '  const epoch = eventCountEpoch(ec);\n  if (!isIdle(queue)) {',
        replace: '  const idle = isIdle(queue);\n  const epoch = eventCountEpoch(ec);\n  if (!idle) {',
      },
    },
    ({ bad }) => {
      breaks('late epoch', bad, oneToTwo, /^sleeps for ever/);
    },
  );

  planted(
    'counts off twice who was woken',
    {
      bad: {
        file: 'waiting/event-count.ts',
        find: 'if (result != Parked.WOKEN) eventCountLeave(ec);',
        replace: 'eventCountLeave(ec);',
      },
    },
    ({ bad }) => {
      breaks('counted off twice', bad, oneToTwo, /^(sleeps for ever|notEmpty has miscounted)/);
    },
  );

  planted(
    'is told before the item is there',
    {
      bad: {
        file: QUEUE,
        find: '  const status = isFifo(queue)\n    ? fifoPut(queue,',
        replace: '  eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);\n  return isFifo(queue)\n    ? fifoPut(queue,',
      },
    },
    ({ bad }) => {
      breaks('early notify', bad, oneToTwo, /^sleeps for ever/);
    },
  );

  test('ends when the time is up, and takes no wake-up from anybody', () => {
    const gets = withLine({}, (line) => {
      line.producer('p', 1);
      line.consumer('c', 1, { timeout: 5 });
      line.consumer('d', 1);
    });
    holds('queue, a timed get beside another', core, gets);
    const puts = withLine({ maxsize: 1 }, (line) => {
      line.producer('p', 1, { timeout: 5 });
      line.producer('q', 1);
      line.consumer('c', 1);
    });
    holds('queue, a timed put beside another', core, puts);
    const both = withLine({ maxsize: 1, ...mixed }, (line) => {
      line.producer('p', 2, { timeout: 5 });
      line.consumer('c', 2, { timeout: 5 });
    });
    holds('queue, timed on both sides', core, both);
  });

  test('as an event loop does, beside blocked workers', () => {
    holds('queue, async and blocking consumers', core, asyncAndBlocking);
    const putters = withLine({ maxsize: 1 }, (line) => {
      line.add('async', (me) => line.putsAsync(me, 1), { maySleep: () => line.isFull() });
      line.producer('p', 1);
      line.consumer('c', 2);
    });
    holds('queue, async and blocking producers', core, putters);
  });

  test('by an event loop that turns no more holds up nobody', () => {
    const model = withLine({}, (line) => {
      line.add('zombie', (me) => line.getsAsync(me, 1), { zombie: true });
      line.consumer('c', 1);
      line.producer('p', 1);
    });
    holds('queue, a zombie', core, model);
  });

  planted(
    'by an event loop is forgotten',
    {
      bad: {
        file: 'waiting/event-count.ts',
        find: "    wake(ec + offsetof<EventCount>('seq'), ec + offsetof<EventCount>('waiters'), count);\n  }\n  gateOpen(eventCountGate(ec));",
        replace:
          "    wake(ec + offsetof<EventCount>('seq'), ec + offsetof<EventCount>('waiters'), count);\n  } else gateOpen(eventCountGate(ec));",
      },
    },
    ({ bad }) => {
      breaks('gate or sleepers', bad, asyncAndBlocking, /^sleeps for ever: async/);
    },
  );
});

describe('shutting down', () => {
  const shutdown = (line: Line, immediate: boolean) => {
    line.drops = immediate;
    line.add('s', () => [call('queueShutdown', () => [line.queue, immediate ? 1 : 0])]);
  };

  test('wakes who gets: what is in goes to them first', () => {
    const model = withLine(mixed, (line) => {
      line.producer('p', 1);
      line.consumer('c', 2);
      shutdown(line, false);
    });
    holds('queue, shutdown', core, model);
  });

  const full = (line: Line) => {
    line.fill(1);
    line.producer('p', 1);
    line.consumer('c', 1);
    shutdown(line, true);
  };

  planted(
    'wakes who puts',
    {
      bad: {
        file: QUEUE,
        find: '  eventCountWakeAll(queue + QUEUE_NOT_EMPTY);\n  eventCountWakeAll(queue + QUEUE_NOT_FULL);\n}\n\nexport function queueNotEmptyGate',
        replace: '  eventCountWakeAll(queue + QUEUE_NOT_EMPTY);\n}\n\nexport function queueNotEmptyGate',
      },
    },
    ({ bad }) => {
      const model = (immediate: boolean) =>
        withLine({ maxsize: 1 }, (line) => {
          line.fill(1);
          line.producer('p', 1);
          shutdown(line, immediate);
        });
      holds('queue, shutdown of a full one', core, model(false));
      holds('queue, shutdown of a full one, at once', core, model(true));
      breaks('producers are not told', bad, model(false), /^sleeps for ever: p$/);
    },
  );

  test('at once drops what is in and counts it off', () => {
    const model = withLine(mixed, (line) => {
      line.fill(1);
      line.producer('p', 1);
      line.consumer('c', 2);
      shutdown(line, true);
    });
    holds('queue, shutdown at once', core, model);
    holds('queue, shutdown at once, maxsize 1', core, withLine({ maxsize: 1 }, full));
    const joined = withLine({}, (line) => {
      line.fill(2);
      line.add('j', () => join(line, () => line.done === 2));
      shutdown(line, true);
    });
    holds('queue, shutdown at once, joined', core, joined);
  });

  planted(
    'at once leaves consumers a tail that they have passed',
    {
      bad: {
        file: 'queue/ring.ts',
        find: 'if (bytesOf(ringTail(queue, head)) == at) return false;',
        replace: 'if (bytesOf(positionOf(queue + QUEUE_TAIL)) == at) return false;',
      },
    },
    ({ bad }) => {
      const model = withLine({}, (line) => {
        line.fill(1);
        line.consumer('c', 2);
        shutdown(line, true);
      });
      breaks('a stale cache', bad, model, /a record that nobody put|a number that nobody put|says a get, but it is not/);
    },
  );
});

function join(line: Line, isDone: () => boolean, timeout = FOREVER): Program {
  const joined = (status: number) => {
    must(status === Status.OK || (status === Status.TIMEOUT && timeout !== FOREVER), `join answered ${status}`);
    must(status !== Status.OK || isDone(), 'joined too early');
  };
  return [call('queueJoin', () => [line.queue, timeout], joined)];
}

describe('tasks', () => {
  const worked = (line: Line, who: string, ghost: { worked: number }) =>
    line.add(who, (me: Member) => [
      ...line.gets(me, 1),
      run('works', () => {
        ghost.worked++;
      }),
      call(
        'queueTaskDone',
        () => [line.queue],
        (status) => must(status === Status.OK, 'counted too far'),
      ),
    ]);

  const joined = (joiner: (line: Line, isDone: () => boolean) => Program) => (m: Model) => {
    const line = new Line(m, {});
    const ghost = m.ghost({ worked: 0 });
    line.fill(2);
    worked(line, 'c', ghost);
    worked(line, 'd', ghost);
    line.add('j', () => joiner(line, () => ghost.worked === 2));
  };

  test('are joined', () => {
    holds(
      'queue, join',
      core,
      joined((line, isDone) => join(line, isDone)),
    );
    holds(
      'queue, timed join',
      core,
      joined((line, isDone) => join(line, isDone, 5)),
    );
  });

  test('are joined by an event loop', () => {
    const joiner = (line: Line, isDone: () => boolean): Program => {
      const own = line.m.ghost({ seen: 0 });
      const gate = line.queue + JOIN_GATE;
      return [
        label('again'),
        call('gateEnter', [gate]),
        atomic('load', [gate], (value) => {
          own.seen = value;
        }),
        call('queueUnfinished', [line.queue], (unfinished, flow) => {
          if (unfinished === 0) flow.goto('joined');
        }),
        ...asleep(
          () => gate,
          () => own.seen,
          'again',
        ),
        label('joined'),
        call('gateLeave', [gate], () => must(isDone(), 'joined too early')),
      ];
    };
    holds('queue, joined by an event loop', core, joined(joiner));
  });

  planted(
    'are counted off once for each',
    {
      bad: {
        file: 'queue/tasks.ts',
        find: 'if (cas(word, done, done + 1) == done) break;',
        replace: 'cas(word, load(word), done + 1);\n    break;',
      },
    },
    ({ bad }) => {
      const model = (m: Model) => {
        const line = new Line(m, {});
        const ghost = m.ghost({ ok: 0, range: 0 });
        const counted = (status: number) => {
          if (status === Status.OK) ghost.ok++;
          else if (status === Status.RANGE) ghost.range++;
        };
        line.fill(1);
        for (const name of ['a', 'b']) line.add(name, () => [call('queueTaskDone', () => [line.queue], counted)]);
        m.outcome(() => `${ghost.ok} ${ghost.range}`);
      };
      expect(holds('queue, taskDone', core, model).outcomes).toEqual(new Set(['1 1']));
      expect(holds('taskDone, planted', bad, model).outcomes).toEqual(new Set(['1 1', '2 0']));
    },
  );

  planted(
    'are joined without a word from the last one',
    {
      bad: {
        file: 'queue/tasks.ts',
        find: 'if (cas(word, done, done + 1) == done) break;\n  }\n  if (queueUnfinished(queue) == 0)',
        replace: 'if (cas(word, done, done + 1) == done) break;\n  }\n  if (queueUnfinished(queue) == 1)',
      },
    },
    ({ bad }) => {
      breaks(
        'told too early',
        bad,
        joined((line, isDone) => join(line, isDone)),
        /^sleeps for ever: j$/,
      );
    },
  );
});
