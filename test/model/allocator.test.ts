/**
 * The heap: no block is given twice, what was freed can be had again, and a death at any step leaves a heap
 * that works.
 */
import { describe, test } from 'vitest';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import {
  classOf,
  enlist,
  freePages,
  heapTrouble,
  LARGE,
  MEDIUM,
  makeHeap,
  PAGE,
  runsOf,
  SMALL,
  SMALL_CLASSES,
  SMALL_MAX,
  usedIn,
} from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { atomic, call, label, must, type Program, run, type Step } from './program.ts';

const FILE = 'heap/allocator.ts';

/** A block in somebody's hands; `ghost.at` is 0 while there is none. */
interface Hold {
  readonly bytes: number;
  readonly ghost: { at: number };
}

/** Workers who take blocks and give them back, on a heap of `pages` pages. */
class Heap {
  private readonly holds: Hold[] = [];
  private readonly tids: number[] = [];

  constructor(
    readonly m: Model,
    pages: number,
    most = pages,
  ) {
    makeHeap(m, pages, most);
    m.always(() => this.overlap());
    m.finally(() => heapTrouble(m, this.taken()) ?? (m.victim < 0 ? this.miscounted() : undefined));
  }

  private taken(): number[] {
    return this.holds.map(({ ghost }) => ghost.at).filter((at) => at !== 0);
  }

  private overlap(): string | undefined {
    for (const [i, { bytes, ghost }] of this.holds.entries()) {
      for (const other of this.holds.slice(0, i)) {
        const apart = ghost.at >= other.ghost.at + other.bytes || other.ghost.at >= ghost.at + bytes;
        if (ghost.at !== 0 && other.ghost.at !== 0 && !apart) return `blocks ${ghost.at} and ${other.ghost.at} overlap`;
      }
    }
    return undefined;
  }

  /** Every class counts those blocks that somebody has. The workers' scratches are not among ours. */
  private miscounted(): string | undefined {
    for (const bytes of new Set(this.holds.map((hold) => hold.bytes))) {
      const index = classOf(bytes);
      const held = this.holds.filter((hold) => hold.ghost.at !== 0 && classOf(hold.bytes) === index).length;
      if (index < SMALL_CLASSES + 2 && usedIn(this.m, index) !== held)
        return `${held} blocks of ${bytes} bytes are taken, but counted otherwise`;
    }
    return undefined;
  }

  /** A block for a worker to take and to give back. */
  hold(bytes: number): Hold {
    const hold = { bytes, ghost: this.m.ghost({ at: 0 }) };
    this.holds.push(hold);
    return hold;
  }

  add(name: string, program: Program, options: WorkerOptions = {}): void {
    const handle = this.m.worker(name, program, options);
    this.tids[handle.index] = enlist(this.m, handle);
  }

  reaper(then: Program = []): void {
    enlist(this.m, this.m.reaper('reaper', [call('reap', () => [this.tids[this.m.victim] as number, 0]), ...then]));
  }

  /** The setup takes blocks and frees them: so many are in the free list. */
  prepare(bytes: number, blocks: number): void {
    const taken = Array.from({ length: blocks }, () => this.m.call('allocate', bytes));
    for (const block of taken) this.m.call('free', block);
  }
}

/** Takes a block and writes into it. `again`: tries until there is one. */
function take(hold: Hold, again?: string): Step[] {
  return [
    ...(again ? [label(again)] : []),
    call('allocate', [hold.bytes], (block, flow) => {
      if (block === 0 && again) flow.goto(again);
      else must(block !== 0, 'no memory');
      hold.ghost.at = block;
    }),
    atomic('store', () => [hold.ghost.at, ~hold.ghost.at]),
  ];
}

/** Gives it back, if nobody else has written into it. */
function give(hold: Hold): Step[] {
  return [
    atomic(
      'load',
      () => [hold.ghost.at],
      (value) => must(value === ~hold.ghost.at, 'somebody wrote into a block that is taken'),
    ),
    call('free', () => {
      const block = hold.ghost.at;
      hold.ghost.at = 0;
      return [block];
    }),
  ];
}

const withHeap = (pages: number, members: (heap: Heap) => void) => (m: Model) => members(new Heap(m, pages));

/**
 * One worker between whose look at the list and whose swap another takes two blocks and gives the first back.
 */
const sameClass = withHeap(12, (heap) => {
  const [a, b, c] = [heap.hold(16), heap.hold(16), heap.hold(16)];
  heap.prepare(16, 2);
  heap.add('u', [...take(a), ...give(a)]);
  heap.add('v', [...take(b), ...take(c), ...give(b)]);
});

const threeOfAClass = withHeap(12, (heap) => {
  const [a, b, c, d] = [heap.hold(16), heap.hold(16), heap.hold(16), heap.hold(16)];
  heap.prepare(16, 3);
  heap.add('u', [...take(a), ...give(a)]);
  heap.add('v', [...take(b), ...take(c), ...give(b)]);
  heap.add('w', [...take(d), ...give(d)]);
});

/** The first to find a class empty takes a page for it. */
const carving = withHeap(12, (heap) => {
  for (const name of ['u', 'v', 'w']) {
    const hold = heap.hold(448);
    heap.add(name, name === 'u' ? [...take(hold), ...give(hold)] : take(hold));
  }
});

describe('small blocks', () => {
  test('are given to one worker each', () => {
    holds('allocator, same class', core, sameClass, fine);
    holds('allocator, same class, 3 workers', core, threeOfAClass);
    holds('allocator, a class of its own page', core, carving);
  });

  test('of different classes do not meet', () => {
    const model = withHeap(12, (heap) => {
      for (const [name, bytes] of [
        ['u', 16],
        ['v', 80],
      ] as const) {
        const [a, b] = [heap.hold(bytes), heap.hold(bytes)];
        heap.add(name, [...take(a), ...take(b), ...give(a), ...give(b)]);
      }
    });
    holds('allocator, different classes', core, model, fine);
  });

  planted(
    'from a list without a tag',
    {
      bad: {
        file: 'heap/size-classes.ts',
        find: 'return (((head >> 32) + 1) << 32) | <i64>block;',
        replace: 'return ((head >> 32) << 32) | <i64>block;',
      },
    },
    ({ bad }) => {
      breaks('no tag', bad, sameClass, /overlap|wrote into a block|taken and free|there is no word at/, fine);
    },
  );

  planted(
    'from a page that is carved without a compare-and-swap',
    {
      bad: {
        file: FILE,
        find: 'if (cas64(word, range, (range & ~0xffffffff) | <i64>(from + size)) == range) return <usize>from;\n      continue;',
        replace: 'store64(word, (range & ~0xffffffff) | <i64>(from + size));\n      return <usize>from;',
      },
    },
    ({ bad }) => {
      breaks('a plain carve', bad, carving, /overlap/);
    },
  );

  planted(
    'from a page that two workers take for one class',
    { bad: { file: FILE, find: 'if (load64(word) == range) {\n', replace: 'if (range == range) {\n' } },
    ({ bad }) => {
      const model = withHeap(8, (heap) => {
        for (const name of ['u', 'v']) heap.add(name, take(heap.hold(448)));
        heap.m.finally(() => (pagesOfClass(heap.m, 448) === 1 ? undefined : 'a page was taken for nothing'));
      });
      holds('allocator, one page for two', core, model);
      breaks('no second look', bad, model, /^2 blocks of class 14 are said to be in use, of 3$/);
    },
  );
});

function pagesOfClass(m: Model, bytes: number): number {
  return runsOf(m).filter(({ tag }) => tag === SMALL + classOf(bytes)).length;
}

/** Takes `sizes` pages in turn, each when there is room for it, and gives them back. */
function runs(heap: Heap, name: string, sizes: readonly number[], options: WorkerOptions = {}): void {
  const program = sizes.flatMap((pages, i) => {
    const hold = heap.hold(pages * PAGE);
    return [...take(hold, `again ${i}`), ...give(hold)];
  });
  heap.add(name, program, options);
}

/** All free pages together, for the last one, are given only once everything was given back and merged. */
const merging = (m: Model) => {
  const heap = new Heap(m, 11);
  const [a, b] = [heap.hold(3 * PAGE), heap.hold(4 * PAGE)];
  heap.add('u', [...take(a, 'again'), ...take(b), ...give(a), ...give(b)]);
  runs(heap, 'v', [7]);
  must(freePages(m) === 7, 'the heap is of another size');
};

describe('runs of pages', () => {
  planted(
    'merge with their neighbours',
    {
      bad: {
        file: FILE,
        find: 'while (page + length < end && (loadPlain(mapWord(page + length)) & 255) == FREE) length += runLengthAt(page + length);',
        replace: '',
      },
    },
    ({ bad }) => {
      holds('allocator, merging', core, merging);
      breaks('nothing merges', bad, merging, /^no schedule comes to an end/);
    },
  );

  test('are refused when the heap is full, and can be had again when it is not', () => {
    const model = withHeap(8, (heap) => {
      runs(heap, 'u', [3, 1]);
      runs(heap, 'v', [4]);
    });
    const small = withHeap(8, (heap) => {
      const [all, one] = [heap.hold(4 * PAGE), heap.hold(16)];
      const seen = heap.m.ghost({ full: 0 });
      const full = run('has it all', () => {
        seen.full = 1;
      });
      heap.add('u', [...take(all), full, ...give(all)]);
      // Not before: its page would be in the way for ever.
      const waits = run('waits until it is full', (_, flow) => {
        if (seen.full === 0) flow.goto('not yet');
      });
      heap.add('v', [label('not yet'), waits, ...take(one, 'again'), ...give(one)]);
      heap.m.finally(() => (freePages(heap.m) === 3 ? undefined : 'pages are lost'));
    });
    holds('allocator, full, then a small block', core, small, fine);
    holds('allocator, full', core, model, fine);
  });

  planted(
    'that free lists keep are given back when there is nothing else',
    { bad: { file: FILE, find: 'if (!page && drainMedium()) page = findRun(pages, tag);', replace: '' } },
    ({ bad }) => {
      const model = withHeap(8, (heap) => {
        runs(heap, 'u', [2, 1]);
        runs(heap, 'v', [4]);
      });
      holds('allocator, drained lists', core, model, fine);
      breaks('lists that keep what they have', bad, model, /^no schedule comes to an end/, fine);
    },
  );

  test('come from a memory that grows', () => {
    const model = (m: Model) => {
      const heap = new Heap(m, 5, 11);
      runs(heap, 'u', [3]);
      runs(heap, 'v', [4]);
    };
    holds('allocator, growing', core, model, { ...fine, sparePages: 6 });
    // The memory refuses to grow by more than what is asked for, and later at all.
    holds('allocator, growing a little', core, model, { ...fine, sparePages: 4 });
  });
});

describe('a death', () => {
  /**
   * After it everything that is free can be had, and what was in the hands of the dead is at most one block.
   */
  const dying =
    (bytes: number, pages = 10, most = pages) =>
    (m: Model) => {
      const heap = new Heap(m, pages, most);
      const own = m.ghost({ done: 0, got: 0 });
      const [mine, yours] = [heap.hold(bytes), heap.hold(bytes)];
      heap.add('u', [...take(mine), ...give(mine)], { mayDie: true });
      heap.add('v', [
        ...take(yours, 'again'),
        ...give(yours),
        run('is done', () => {
          own.done = 1;
        }),
      ]);
      heap.reaper([
        label('not yet'),
        run('waits for the other one', (_, flow) => {
          if (own.done === 0) flow.goto('not yet');
        }),
        label('more'),
        call('allocate', [PAGE], (block, flow) => {
          if (block === 0) return;
          own.got++;
          flow.goto('more');
        }),
      ]);
      m.finally(() => {
        if (m.victim < 0) return undefined;
        if (freePages(m) > 0) return 'there are free pages that cannot be found';
        // The setup's first run is the one before all others.
        const taken = runsOf(m).filter(({ tag, page }) => page > 0 && (tag === LARGE || tag === MEDIUM)).length;
        const carved = bytes > SMALL_MAX ? 0 : pagesOfClass(m, bytes) - 1;
        return taken - own.got + carved > 1 ? 'more is lost than the dead one had in its hands' : undefined;
      });
    };

  test('with a small block', () => void holds('allocator, death with a small block', core, dying(448), fine));
  test('with a run that is kept', () => void holds('allocator, death with a medium run', core, dying(2 * PAGE), fine));
  test('with a run that is not', () => void holds('allocator, death with a large run', core, dying(3 * PAGE), fine));

  test('while the memory grows', () =>
    void holds('allocator, death while growing', core, dying(3 * PAGE, 5, 11), { ...fine, sparePages: 6 }));

  planted(
    'between the count of pages and the word of the new ones',
    {
      bad: {
        file: FILE,
        find: "  store(mapWord(before), (more << 8) | FREE);\n  if (before < loadPlain(ROOT + offsetof<Root>('firstFree'))) storePlain(ROOT + offsetof<Root>('firstFree'), before);\n  store(ROOT + offsetof<Root>('pages'), before + more);",
        replace:
          "  store(ROOT + offsetof<Root>('pages'), before + more);\n  if (before < loadPlain(ROOT + offsetof<Root>('firstFree'))) storePlain(ROOT + offsetof<Root>('firstFree'), before);\n  store(mapWord(before), (more << 8) | FREE);",
      },
    },
    ({ bad }) => {
      breaks('counted too soon', bad, dying(3 * PAGE, 5, 11), /no schedule comes to an end|torn/, { ...fine, sparePages: 6 });
    },
  );

  planted(
    'between a free run and the mark where to look for it',
    {
      bad: {
        file: 'heap/page-map.ts',
        find: "  if (page < loadPlain(ROOT + offsetof<Root>('firstFree'))) storePlain(ROOT + offsetof<Root>('firstFree'), page);\n  store(mapWord(page), (pages << 8) | FREE);",
        replace:
          "  store(mapWord(page), (pages << 8) | FREE);\n  if (page < loadPlain(ROOT + offsetof<Root>('firstFree'))) storePlain(ROOT + offsetof<Root>('firstFree'), page);",
      },
    },
    ({ bad }) => {
      breaks('the mark comes late', bad, dying(3 * PAGE), /^there are free pages that cannot be found$/, fine);
    },
  );

  planted(
    'between the two words of a split',
    {
      bad: {
        file: FILE,
        find: 'if (length > pages) store(mapWord(page + pages), ((length - pages) << 8) | FREE);\n        store(mapWord(page), (pages << 8) | tag);',
        replace:
          'store(mapWord(page), (pages << 8) | tag);\n        if (length > pages) store(mapWord(page + pages), ((length - pages) << 8) | FREE);',
      },
    },
    ({ bad }) => {
      breaks('the rest comes late', bad, dying(3 * PAGE), /torn|no schedule comes to an end/, fine);
    },
  );
});
