/**
 * LifoQueue and PriorityQueue: nothing lost, nothing doubled, in the order of each, and the death of either
 * side at any step.
 */
import { describe, expect, test } from 'vitest';
import { Kind } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import type { Model } from './model.ts';
import { plantedIn } from './planted.ts';
import { call } from './program.ts';
import { type SingleLockOptions, SingleLockQueue } from './single-lock.ts';

/** All of them: a suite of theirs has no other test. */
const planted = plantedIn([], { always: true });

const WRONG = /twice|no record|garbled|lost|before item|taken and free|is taken|counted|in a cycle/;

const stack = (options: SingleLockOptions, members: (pile: SingleLockQueue) => void) => (m: Model) =>
  members(new SingleLockQueue(m, Kind.LIFO, options));
const heap = (options: SingleLockOptions, members: (pile: SingleLockQueue) => void) => (m: Model) =>
  members(new SingleLockQueue(m, Kind.PRIORITY, options));
const kinds = [
  ['stack', stack],
  ['heap', heap],
] as const;

describe.each(kinds)('a %s', (name, pile) => {
  test('passes the items of 2 producers to 1 consumer', () => {
    const model = pile({ priorities: [2, 1, 2] }, (line) => {
      line.fill([3]);
      line.producer('p', [1]);
      line.producer('q', [2]);
      line.consumer('c', 2);
    });
    holds(`${name} 2+1`, core, model);
  });

  test('passes the items of 1 producer to 2 consumers', () => {
    const model = pile({ priorities: [2, 1, 3], forms: [{ words: 1 }, { words: 3, longKey: true }] }, (line) => {
      line.fill([3]);
      line.producer('p', [1]);
      line.consumer('c', 1);
      line.consumer('d', 1);
    });
    holds(`${name} 1+2`, core, model);
  });

  test('does not get past maxsize', () => {
    const model = pile({ maxsize: 1, priorities: [2, 1, 3] }, (line) => {
      line.producer('p', [1]);
      line.producer('q', [2]);
      line.consumer('c', 2);
    });
    holds(`${name}, maxsize 1`, core, model);
  });

  test('takes and gives batches', () => {
    const model = pile({ priorities: [3, 1, 2, 1], forms: [{ words: 1 }, { words: 4, longKey: true }] }, (line) => {
      line.fill([4]);
      line.add('p', (me) => [line.put(me, [1, 2]), line.put(me, [3])]);
      line.add('c', (me) => [line.getMany(me, 2), line.getMany(me, 2)], { maySleep: () => line.isEmpty() });
    });
    holds(`${name}, batches`, core, model, fine);
  });

  test('ends a wait in time, and takes no wake-up from anybody', () => {
    const model = pile({ maxsize: 1 }, (line) => {
      line.fill([3]);
      line.add('p', (me) => [line.put(me, [1], 5)]);
      line.add('c', (me) => line.gets(me, 2, 5));
    });
    holds(`${name}, timed`, core, model);
  });

  test('is shut down, and drained', () => {
    const model = pile({ priorities: [2, 1] }, (line) => {
      line.fill([1]);
      line.producer('p', [2]);
      line.consumer('c', 3);
      line.add('s', () => [call('queueShutdown', () => [line.queue, 0])]);
    });
    holds(`${name}, shutdown`, core, model);
  });

  test('is shut down at once, and each item is counted off or taken', () => {
    const model = pile({ priorities: [2, 1] }, (line) => {
      line.drops = true;
      line.fill([1, 2]);
      line.add('c', (me) => line.gets(me, 1));
      line.add('s', () => [call('queueShutdown', () => [line.queue, 1])]);
    });
    holds(`${name}, shutdown at once`, core, model, fine);
  });

  test('gives back a chunk when the last but one is left, not before', () => {
    const chunks = (left: number) => (m: Model) => {
      const line = pile === stack ? new SingleLockQueue(m, Kind.LIFO) : new SingleLockQueue(m, Kind.PRIORITY);
      // In the heap the first 3 slots are nobody's.
      const spare = pile === stack ? 0 : 3;
      line.fill(
        Array.from({ length: 13 - spare }, (_, i) => i + 1),
        13 - spare - left,
      );
      line.consumer('c', 1);
      m.outcome(() =>
        line
          .chunks()
          .filter((chunk) => chunk !== 0)
          .length.toString(),
      );
    };
    const spare = pile === stack ? 0 : 3;
    expect(holds(`${name}, two chunks in use`, core, chunks(6 - spare)).outcomes).toEqual(new Set(['3']));
    expect(holds(`${name}, one chunk in use`, core, chunks(4 - spare)).outcomes).toEqual(new Set(['2']));
  });

  test('loses at most what a dead producer had in its hands', () => {
    const model = pile({ priorities: [4, 3, 2, 1], forms: [{ words: 1 }, { words: 1 }, { words: 3, longKey: true }] }, (line) => {
      line.fill([1, 2]);
      line.producer('p', [3], { mayDie: true });
      line.consumer('c', 2);
      line.reaper((me) => [line.put(me, [4])]);
    });
    holds(`${name}, death of a producer`, core, model, fine);
  });

  test('loses at most what a dead consumer had in its hands', () => {
    const model = pile({ priorities: [4, 3, 2, 1], forms: [{ words: 3, longKey: true }, { words: 1 }] }, (line) => {
      line.fill([1, 2, 3]);
      line.consumer('c', 2, { mayDie: true });
      line.consumer('d', 1);
      line.reaper((me) => [line.put(me, [4])]);
    });
    holds(`${name}, death of a consumer`, core, model, fine);
  });

  test('loses at most the batch in the hands of the dead', () => {
    const model = (mortal: 'p' | 'c') =>
      pile({ priorities: [3, 1, 2, 2], forms: [{ words: 1 }, { words: 3 }] }, (line) => {
        line.fill([1, 2]);
        line.add('p', (me) => [line.put(me, [3, 4])], { mayDie: mortal === 'p' });
        line.add('c', (me) => [line.getMany(me, 2)], { mayDie: mortal === 'c' });
        line.reaper();
      });
    holds(`${name}, death in a batch that is put`, core, model('p'), fine);
    holds(`${name}, death in a batch that is taken`, core, model('c'), fine);
  });

  test('drops and counts off at an immediate shutdown, but for one in the hands of the dead', () => {
    const model = pile({ forms: [{ words: 3, longKey: true }] }, (line) => {
      line.drops = true;
      line.fill([1, 2, 3]);
      line.add('s', () => [call('queueShutdown', () => [line.queue, 1])], { mayDie: true });
      line.consumer('c', 2);
      line.reaper();
    });
    holds(`${name}, shutdown at once`, core, model, fine);
  });
});

describe('a stack', () => {
  planted(
    'is found broken when it is published before it is written',
    {
      bad: {
        file: 'queue/stack.ts',
        find: '  if (!pack(stackAt(queue, top), length, meta, record, number)) return Status.NO_MEMORY;\n  const after',
        replace:
          '  setSingleLockPosition(queue, positionGrown(position));\n  if (!pack(stackAt(queue, top), length, meta, record, number)) return Status.NO_MEMORY;\n  const after',
      },
    },
    ({ bad }) => {
      const model = stack({}, (line) => {
        line.producer('p', [1], { mayDie: true });
        line.consumer('c', 1);
        line.reaper();
      });
      breaks('early publication', bad, model, WRONG, fine);
    },
  );

  planted(
    'is found broken when it is not locked',
    {
      bad: [
        {
          file: 'queue/single-lock.ts',
          find: 'if (lockInternal(queue + QUEUE_TAIL) && isHeap(queue)) heapRepair(queue);',
          replace: '',
        },
        { file: 'queue/single-lock.ts', find: '  unlock(queue + QUEUE_TAIL);', replace: '' },
      ],
    },
    ({ bad }) => {
      const model = stack({}, (line) => {
        line.fill([1, 2]);
        line.consumer('c', 1);
        line.consumer('d', 1);
      });
      breaks('no lock', bad, model, WRONG, fine);
    },
  );
});
