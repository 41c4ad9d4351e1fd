/**
 * The heap of a PriorityQueue: equal ones in their order, and a death at any step of a move.
 */
import { describe, expect, test } from 'vitest';
import { Encoding, Kind, Status } from '../../assembly/abi.ts';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { writeWords } from './heap.ts';
import type { Model } from './model.ts';
import { World } from './objects.ts';
import { planted } from './planted.ts';
import { call, must } from './program.ts';
import { type SingleLockOptions, SingleLockQueue } from './single-lock.ts';

const HEAP = 'queue/priority.ts';
const WRONG = /twice|no record|garbled|lost|before item|taken and free|is taken|counted|in a cycle/;

const heap = (options: SingleLockOptions, members: (pile: SingleLockQueue) => void) => (m: Model) =>
  members(new SingleLockQueue(m, Kind.PRIORITY, options));

/** Codes in the order of their priorities; 6 make a root, its 4 children and one below them. */
const SIX = [2, 3, 4, 5, 6, 7];

const rising = (options: SingleLockOptions = {}) =>
  heap({ priorities: [1, 2, 3, 4, 5, 6, 7], ...options }, (line) => {
    line.fill(SIX);
    // Rises from below the second one to the top.
    line.producer('p', [1], { mayDie: true });
    line.reaper((me) => line.gets(me, 3));
  });

/** The same, and another takes before anybody repairs. */
const beside = (mortal: 'p' | 'c') =>
  heap({ priorities: [1, 2, 3, 4, 5, 6, 7] }, (line) => {
    line.fill(SIX);
    if (mortal === 'p') line.producer('p', [1], { mayDie: true });
    else line.consumer('c', 1, { mayDie: true });
    line.consumer('d', 1);
    line.reaper((me) => line.gets(me, 1));
  });

const sinking = (options: SingleLockOptions = {}) =>
  heap({ priorities: [1, 2, 3, 4, 5, 6, 7, 8], ...options }, (line) => {
    line.fill([1, 2, 3, 4, 5, 6, 7]);
    // The last one sinks from the top to below the second.
    line.consumer('c', 1, { mayDie: true });
    line.reaper((me) => line.gets(me, 3));
  });

describe('a heap in the midst of a move', () => {
  test('is whole after the death of who moved', () => {
    holds('heap, death while rising', core, rising(), fine);
    holds('heap, death while sinking', core, sinking(), fine);
    holds('heap, death while rising, long keys', core, rising({ forms: [{ words: 3, longKey: true }] }), fine);
    holds('heap, death while sinking, long keys', core, sinking({ forms: [{ words: 3, longKey: true }] }), fine);
  });

  test('is whole after the death of who moved, when another takes before anybody repairs', () => {
    holds('heap, death while rising, another takes', core, beside('p'), fine);
    holds('heap, death while sinking, another takes', core, beside('c'), fine);
  });

  test('is whole after the death of who repaired', () => {
    // A worker died with the lock in its hands, the moving entry written and the hole at the top: as the
    // consumer of `sinking` does.
    const model = heap({ priorities: [1, 2, 3, 4, 5, 6, 7, 8] }, (line) => {
      line.fill([1, 2, 3, 4, 5, 6, 7]);
      line.takeFirstAndDie();
      line.consumer('c', 2, { mayDie: true });
      line.consumer('d', 2);
      line.reaper();
    });
    holds('heap, death while repairing', core, model, fine);
  });

  const find = '    copyEntry(to, above);\n    setHole(queue, parent + 1);';
  const bugs: [string, Edit, (options?: SingleLockOptions) => (m: Model) => void][] = [
    [
      'with a hole that is named before it is one, rising',
      { file: HEAP, find, replace: '    setHole(queue, parent + 1);\n    copyEntry(to, above);' },
      rising,
    ],
    [
      'with a hole that is named before it is one, sinking',
      {
        file: HEAP,
        find: '    copyEntry(to, least);\n    hole = eldest + <i32>((least - family) >> PRIORITY_ENTRY_SHIFT);\n    setHole(queue, hole + 1);',
        replace:
          '    hole = eldest + <i32>((least - family) >> PRIORITY_ENTRY_SHIFT);\n    setHole(queue, hole + 1);\n    copyEntry(to, least);',
      },
      sinking,
    ],
    [
      'with a hole that is closed before it is filled',
      {
        file: HEAP,
        find: '  copyEntry(placeAt(queue, hole), movingOf(queue));\n  setHole(queue, 0);',
        replace: '  setHole(queue, 0);\n  copyEntry(placeAt(queue, hole), movingOf(queue));',
      },
      rising,
    ],
    [
      'with a hole that is named after the size',
      {
        file: HEAP,
        find: '  setHole(queue, size + 1);\n  setSingleLockPosition(queue, after);',
        replace: '  setSingleLockPosition(queue, after);\n  setHole(queue, size + 1);',
      },
      rising,
    ],
    [
      'with a hole that is true for any size',
      {
        file: HEAP,
        find: "if (loadPlain(queue + QUEUE_TAIL + offsetof<SingleLockQueue>('moveSize')) == size)\n    fillHole(",
        replace: 'if (size)\n    fillHole(',
      },
      sinking,
    ],
    [
      'without a repair',
      {
        file: 'queue/single-lock.ts',
        find: 'if (lockInternal(queue + QUEUE_TAIL) && isHeap(queue)) heapRepair(queue);',
        replace: 'lockInternal(queue + QUEUE_TAIL);',
      },
      sinking,
    ],
  ];

  for (const [what, edit, model] of bugs)
    planted(`is found broken ${what}`, { bad: edit }, ({ bad }) => void breaks(what, bad, model(), WRONG, fine));

  planted(
    'is found broken when equal ones go by their places',
    {
      bad: {
        file: 'queue/key.ts',
        find: 'return ageA < ageB;',
        replace: 'return false;',
      },
    },
    ({ bad }) => {
      const model = heap({ priorities: [1, 2, 2, 2, 2, 2] }, (line) => {
        line.fill([2, 3, 4, 5, 6]);
        line.consumer('c', 4);
      });
      holds('heap, equal ones', core, model);
      breaks('equal ones', bad, model, /before item/);
    },
  );
});

/** A heap whose keys have blocks of their own, and whose last user takes one out, and may die in the midst of it. */
const lastUser = (m: Model) => {
  const world = new World(m);
  const scratch = m.call('scratch');
  const queue = world.make('singleLockCreate', Kind.PRIORITY, Kind.PRIORITY, 0);
  for (const code of [...SIX, 8]) {
    // Its key's first 8 bytes are those of all.
    writeWords(m, scratch, [4, Encoding.BYTES, code, 0, 1, 12, 0, 0, code << 24, 0]);
    must(m.call('queuePutMany', queue.object, 0, 1, 0) === 1, 'the setup could not put');
  }
  const own = m.ghost({ ref: 0 });
  const user = world.add('c', [call('queueGet', [queue.object, 0]), call('refClose', () => [own.ref])], { mayDie: true });
  own.ref = user.call('refOpen', queue.id, queue.generation);
  world.closes(queue);
  world.burier();
  m.outcome(() => (world.references(queue) === 0 ? 'gone' : 'leaked'));
};

describe('a heap whose last user dies over it', () => {
  test('goes, and what its keys have goes once', () => {
    expect(holds('heap, the last user dies', core, lastUser, fine).outcomes).toEqual(new Set(['gone']));
  });

  planted(
    'is found out to be taken apart in the midst of a move',
    {
      bad: {
        file: 'queue/single-lock.ts',
        find: '  if (isHeap(queue)) heapRepair(queue);\n  while (dropLast',
        replace: '  while (dropLast',
      },
    },
    ({ bad }) => void breaks('heap, the last user dies, without a repair', bad, lastUser, /cycle|free/, fine),
  );
});

test('keys of another shape are refused, also by a full queue, unless it is empty', () => {
  const model = heap({ maxsize: 1 }, (line) => {
    const { m, queue } = line;
    line.fill([1]);
    line.consumer('c', 1);
    line.add('p', (me) => [
      call(
        'queuePutMany',
        () => {
          line.write(me, 2, 5);
          return [queue, 0, 1, 0];
        },
        (status) => {
          must(status === 1 || status === Status.UNORDERED, `a put answered ${status}`);
          if (status === 1) line.wasPut(me, 2);
        },
      ),
    ]);
    m.outcome(() => (line.size === 0 ? 'refused' : 'in'));
  });
  expect(holds('heap, shapes', core, model).outcomes).toEqual(new Set(['refused', 'in']));
});
