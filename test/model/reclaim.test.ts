/**
 * Pages of small blocks that go back to everybody: one worker wants a page, and there is none but in the free
 * blocks; others take such blocks and give them back meanwhile; who searches may die at each step, and
 * somebody takes the heap's lock over before the reaper comes to the repair.
 */
import { describe, test } from 'vitest';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { classOf, enlist, freePages, heapTrouble, makeHeap, missingIn, PAGE, reaps } from './heap.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { atomic, call, label, must, run, type Step } from './program.ts';

const RECLAIM = 'heap/reclaim.ts';
/** Two of them are a page. */
const BYTES = 448;
const CLASS = classOf(BYTES);

interface Hold {
  readonly bytes: number;
  readonly ghost: { at: number };
}

class Heap {
  readonly holds: Hold[] = [];
  readonly tids: number[] = [];

  /** `blocks` are free, in pages of their own, and nothing else is. `half`: every other one is somebody's. */
  constructor(
    readonly m: Model,
    blocks: number,
    half = false,
  ) {
    makeHeap(m, 12);
    const taken = Array.from({ length: blocks }, () => m.call('allocate', BYTES));
    m.finally(() => heapTrouble(m, this.held()) ?? (m.victim < 0 ? this.lost() : undefined));
    m.always(() => this.overlap());
    this.fill = () => {
      while (freePages(m) > 0) must(m.call('allocate', PAGE) !== 0, 'no page');
      for (const block of taken) if (!half || taken.indexOf(block) % 2 > 0) m.call('free', block);
    };
    this.kept = half ? blocks / 2 : 0;
  }

  /** Once all workers have their places: takes every page, and frees the blocks. */
  readonly fill: () => void;

  private readonly kept: number;

  held(): number[] {
    return this.holds.map(({ ghost }) => ghost.at).filter((at) => at !== 0);
  }

  private lost(): string | undefined {
    const held = this.holds.filter(({ bytes, ghost }) => bytes === BYTES && ghost.at !== 0).length;
    const missing = missingIn(this.m, CLASS, BYTES);
    return missing === held + this.kept
      ? undefined
      : `${missing} blocks are neither free nor untouched, and ${held} are somebody's`;
  }

  private overlap(): string | undefined {
    for (const [i, { bytes, ghost }] of this.holds.entries())
      for (const other of this.holds.slice(0, i)) {
        const apart = ghost.at >= other.ghost.at + other.bytes || other.ghost.at >= ghost.at + bytes;
        if (ghost.at !== 0 && other.ghost.at !== 0 && !apart) return `blocks ${ghost.at} and ${other.ghost.at} overlap`;
      }
    return undefined;
  }

  hold(bytes: number): Hold {
    const hold = { bytes, ghost: this.m.ghost({ at: 0 }) };
    this.holds.push(hold);
    return hold;
  }

  add(name: string, program: Step[], mayDie = false): void {
    const handle = this.m.worker(name, program, { mayDie });
    this.tids[handle.index] = enlist(this.m, handle);
  }
}

/** Takes a block, if there is one, and writes into it; `then` is left out without one. */
function take(hold: Hold, over: string, then: Step[] = []): Step[] {
  return [
    call('allocate', [hold.bytes], (block, flow) => {
      if (block === 0) flow.goto(over);
      hold.ghost.at = block;
    }),
    atomic('store', () => [hold.ghost.at, ~hold.ghost.at]),
    ...then,
    label(over),
  ];
}

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

/** One wants a page, `others` take a block each and give it back. */
const search = (blocks: number, others: number) => (m: Model) => {
  const heap = new Heap(m, blocks);
  const page = heap.hold(PAGE);
  heap.add('u', take(page, 'no page', give(page)));
  for (let i = 0; i < others; i++) {
    const block = heap.hold(BYTES);
    heap.add(`v${i}`, take(block, 'no block', give(block)));
  }
  heap.fill();
};

/** One wants a page, and there is none; another one wants a block, and there is one at any time. */
const both = (m: Model) => {
  const heap = new Heap(m, 4, true);
  const page = heap.hold(PAGE);
  heap.add('u', take(page, 'no page'));
  const block = heap.hold(BYTES);
  heap.add('v', [...take(block, 'no block'), run('looks', () => must(block.ghost.at !== 0, 'no block, where one is free'))]);
  heap.fill();
};

/**
 * Who wants the page may die; another one works on, before the repair and after it. Then the pages that are
 * free are counted.
 */
const dying = (blocks: number) => (m: Model) => {
  const heap = new Heap(m, blocks);
  const seen = m.ghost({ done: 0, got: 0 });
  const page = heap.hold(PAGE);
  const block = heap.hold(BYTES);
  heap.add('u', take(page, 'no page'), true);
  const done = run('is done', () => {
    seen.done = 1;
  });
  heap.add('v', [...take(block, 'no block', give(block)), done]);
  const wait = run('waits for the other one', (_, flow) => {
    if (seen.done === 0) flow.goto('not yet');
  });
  const count = call('allocate', [PAGE], (at, flow) => {
    if (at === 0) return;
    seen.got++;
    flow.goto('more');
  });
  enlist(m, m.reaper('reaper', [...reaps(m, heap.tids), label('not yet'), wait, label('more'), count]));
  heap.fill();
  // A page in the dead one's hands, or one of which a block was.
  m.finally(() => (m.victim < 0 || seen.got >= blocks / 2 - 1 ? undefined : `${seen.got} pages are left of ${blocks / 2}`));
};

describe('a search for whole free pages', () => {
  test('finds them while others take blocks and give them back', () => {
    holds('reclaim, one other', core, search(4, 1), fine);
  });

  planted(
    'leaves a block to who wants one, also while it has all free ones in hand',
    { bad: { file: 'heap/allocator.ts', find: '      else block = pop(kind, SMALL + index);\n', replace: '' } },
    ({ bad }) => {
      holds('reclaim, one wants a block', core, both, fine);
      breaks('free blocks in hand while somebody wants one', bad, both, /no block, where one is free/, fine);
    },
  );

  test.each([1, 2, 4])('finds one of %i free blocks', (blocks) => {
    const alone = (m: Model) => {
      const heap = new Heap(m, blocks);
      heap.add('u', [call('allocate', [PAGE], (page) => must(page !== 0, 'no page'))]);
      heap.fill();
    };
    holds(`reclaim, alone, ${blocks}`, core, alone, fine);
  });

  test('finds a page that is being cut up', () => {
    holds('reclaim, a page being cut up', core, search(1, 1), fine);
  });

  planted(
    'never takes a page of which a block is out',
    {
      bad: {
        file: RECLAIM,
        find: 'countIn(page) != blocksPerPage(tag - SMALL)) continue;',
        replace: 'countIn(page) < blocksPerPage(tag - SMALL) - 1) continue;',
      },
    },
    ({ bad }) => {
      const wrong =
        /overlap|free list of class|free run|wrote into|neither free|untouched at once|goes round|no word|no schedule/;
      breaks('a page of which a block is out', bad, search(4, 1), wrong, fine);
    },
  );

  planted(
    'ends the cutting up of a page that it takes',
    { bad: { file: RECLAIM, find: ' || cas64(carve, range, 0) != range) return;', replace: ') return;' } },
    ({ bad }) => {
      const wrong =
        /overlap|free list of class|free run|wrote into|neither free|untouched at once|goes round|no word|no schedule/;
      breaks('a page that is cut up on', bad, search(1, 1), wrong, fine);
    },
  );

  planted(
    'leaves the blocks of other pages free',
    {
      bad: {
        file: RECLAIM,
        find: 'if (countIn(pageOf(block)) == whole)',
        replace: 'if (countIn(pageOf(block)) >= whole - 1)',
      },
    },
    ({ bad }) => {
      breaks(
        'blocks dropped of pages that are not whole',
        bad,
        search(4, 1),
        /^0 blocks of class 14 are said to be in use, of 1$/,
        fine,
      );
    },
  );
});

describe('the death of who searches', () => {
  test('costs a page at most, also when somebody takes the lock over at once', () => {
    holds('reclaim, death', core, dying(4), fine);
  });

  planted(
    'between the two halves of the last step loses no page',
    {
      bad: {
        file: RECLAIM,
        find: 'for (let index = 0; index < SMALL_CLASSES; index++) dropWholePages(classAt(index), blocksPerPage(index));\n  const any = releaseWholePages();',
        replace:
          'const any = releaseWholePages();\n  for (let index = 0; index < SMALL_CLASSES; index++) dropWholePages(classAt(index), blocksPerPage(index));',
      },
    },
    ({ bad }) => {
      const wrong = /free list of class|free run|overlap|pages are left|wrote into|no word/;
      breaks('pages released before their blocks are dropped', bad, dying(4), wrong, fine);
    },
  );

  planted(
    'leaves taken blocks that the next one gives back',
    { bad: { file: 'heap/allocator.ts', find: '  reclaimRepair();\n', replace: '' } },
    ({ bad }) => {
      breaks('taken blocks that nobody gives back', bad, dying(4), /not given back|pages are left|no schedule/, fine);
    },
  );
});
