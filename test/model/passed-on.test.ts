/**
 * A wake-up that is not used is passed on: a producer that was woken for room, and finds no memory for its
 * item, wakes the next one.
 */
import { describe, test } from 'vitest';
import { Encoding, Kind, Status } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import { starve } from './heap.ts';
import { Line } from './line.ts';
import type { Describe } from './model.ts';
import { planted } from './planted.ts';
import { atomic, call, must, type Step } from './program.ts';
import { SingleLockQueue } from './single-lock.ts';
import { FOREVER } from './sync.ts';

/** The record takes more than the first segment. */
const WORDS = 20;

/**
 * A full queue on a full heap. The item of p takes memory, that of q takes none; the consumer waits for what
 * was in it and for that of q.
 */
const fifo =
  (many: boolean): Describe =>
  (m) => {
    const line = new Line(m, { maxsize: 1, sizes: [many ? 1 : 0, WORDS], pages: 16 });
    line.isStarved = true;
    line.fill(1);
    const patient = { maySleep: () => line.isFull() };
    const putsMany = (scratch: () => number): Step[] => [
      atomic('store', () => [scratch(), WORDS * 4]),
      atomic('store', () => [scratch() + 4, Encoding.BYTES]),
      call('queuePutMany', [line.queue, 0, 1, FOREVER], (status) => must(status === Status.NO_MEMORY, `answered ${status}`)),
    ];
    // Of its two items the second one alone.
    line.add('p', (me) => (many ? putsMany(() => me.scratch) : line.puts(me, 2).slice(1)), patient);
    line.add('q', (me) => (many ? line.putMany(me, 1) : line.puts(me, 1)), patient);
    line.add('c', (me) => line.gets(me, 2));
    starve(m);
  };

const pile =
  (kind: Kind.LIFO | Kind.PRIORITY): Describe =>
  (m) => {
    const line = new SingleLockQueue(m, kind, { maxsize: 1, forms: [{ words: 4 }, { words: 2 }], pages: 16 });
    line.isStarved = true;
    line.fill([4]);
    line.producer('p', [1]);
    line.producer('q', [2]);
    line.add('c', (me) => line.gets(me, 2));
    starve(m);
  };

const queues: readonly (readonly [what: string, model: Describe])[] = [
  ['a queue', fifo(false)],
  ['a queue, in batches', fifo(true)],
  ['a stack', pile(Kind.LIFO)],
  ['a heap', pile(Kind.PRIORITY)],
];

describe('a producer without memory passes its wake-up on', () => {
  test.each(queues)('at %s', (what, model) => {
    holds(`${what}, passed on`, core, model);
  });

  planted(
    'or the next one sleeps beside room',
    {
      bad: {
        file: 'queue/queue.ts',
        find: '  if (!isFull(queue)) eventCountNotify(queue + QUEUE_NOT_FULL, 1);\n',
        replace: '',
      },
    },
    ({ bad }) => {
      for (const [what, model] of queues.slice(0, 2)) breaks(`${what}, kept`, bad, model, /^sleeps for ever: q, c$/);
    },
  );
});

describe('a consumer of numbers leaves another item to others', () => {
  const fussy: Describe = (m) => {
    const line = new Line(m, { maxsize: 2, sizes: [1], pages: 16 });
    // Whoever comes first: if the other one has taken the item, this one waits on.
    line.add(
      'n',
      () => [
        call('queueGetNumbers', [line.queue, 4, FOREVER], (status) => must(status === Status.NOT_NUMBER, `answered ${status}`)),
      ],
      { maySleep: () => true },
    );
    line.add('c', (me) => line.gets(me, 1));
    line.add('p', (me) => line.puts(me, 1));
  };

  test('and wakes the next one for it', () => void holds('numbers wanted, passed on', core, fussy));

  planted(
    'or that one sleeps beside it',
    {
      bad: {
        file: 'queue/queue.ts',
        find: '      if (status == Status.NOT_NUMBER && deadline != UNSET) eventCountNotify(queue + QUEUE_NOT_EMPTY, 1);\n',
        replace: '',
      },
    },
    ({ bad }) => {
      breaks('numbers wanted, kept', bad, fussy, /^sleeps for ever: .*c/);
    },
  );
});
