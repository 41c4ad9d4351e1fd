/**
 * Chunks of the object table that go back to everybody: one worker wants a page, and there is none; others
 * come with handles of objects that are gone, and make new objects; who searches may die at each step, and
 * somebody takes the heap's lock over before the reaper comes to the repair.
 */
import { describe, test } from 'vitest';
import { Status } from '../../assembly/abi.ts';
import { buildCore, type Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { fine } from './core.ts';
import { chunkWord, enlist, entriesLost, heapTrouble, makeHeap, PAGE, reaps, starve } from './heap.ts';
import type { Model } from './model.ts';
import { plantedIn } from './planted.ts';
import { atomic, call, label, must, type Program, run, type Step } from './program.ts';

/** Small chunks, and many of them. */
const CHUNK_ENTRIES = 4;
const LIMITS: readonly Edit[] = [
  { file: 'limits.ts', find: 'CHUNK_SHIFT: i32 = 4;', replace: 'CHUNK_SHIFT: i32 = 2;' },
  { file: 'limits.ts', find: 'CHUNKS: i32 = 2;', replace: 'CHUNKS: i32 = 8;' },
];
const core = await buildCore({ mutant: LIMITS });
const planted = plantedIn(LIMITS);

const CHUNKS = 'heap/chunks.ts';
const CHUNK_BYTES = CHUNK_ENTRIES * 16;
/** What an Event takes, and a handle. */
const OBJECT = 64;
const REF = 16;
/** The last entry of the second chunk, which is the first to be used when that comes back. */
const STALE = { id: 2 * CHUNK_ENTRIES - 1, generation: 0 };
const GONE = 1;

class Table {
  readonly tids: number[] = [];
  readonly fill: () => void;

  /**
   * The first chunk is full; of the next one, and of `more` entries in the one after that, all objects are
   * gone but the last `kept`. All memory is taken but for one object and a handle.
   */
  constructor(
    readonly m: Model,
    more: number,
    kept = 0,
  ) {
    makeHeap(m, 12, 12, CHUNK_ENTRIES);
    const refs = Array.from({ length: 2 * CHUNK_ENTRIES - 1 + more }, () => m.call('eventCreate'));
    m.finally(() => heapTrouble(m));
    m.finally(() => {
      const lost = entriesLost(m);
      return lost > (m.victim < 0 ? 0 : 1) ? `${lost} entries are in no list, and nobody has them` : undefined;
    });
    this.fill = () => {
      starve(m);
      const closed = refs.slice(CHUNK_ENTRIES - 1, refs.length - kept);
      for (const ref of closed) m.call('refClose', ref);
      for (let i = 1; i < closed.length; i++) must(m.call('allocate', OBJECT) !== 0, 'no block');
      for (let i = 2; i < closed.length; i++) must(m.call('allocate', REF) !== 0, 'no block');
    };
  }

  isGone(): boolean {
    return (chunkWord(this.m, 1) & GONE) !== 0;
  }

  add(name: string, program: Program, mayDie = false): void {
    const handle = this.m.worker(name, program, { mayDie });
    this.tids[handle.index] = enlist(this.m, handle);
  }
}

/** Wants a page: there is none, but its search makes chunks go. */
const search = call('allocate', [PAGE]);

/** Whoever has a handle of an object that is gone tries to open it. */
const comesLate = call('refOpen', [STALE.id, STALE.generation], (ref) =>
  must(ref === Status.STALE || ref === Status.NO_MEMORY, 'a handle of what is gone was opened'),
);

/** A new object, which is not in the place of another one that lives. */
const makes = call('eventCreate', [], (ref) => must(ref > 0, 'no room for an object, where there was'));

/** Takes what was a chunk, if it is that, and writes into it what looks like an object of that handle. */
function reuses(m: Model): Step[] {
  const own = m.ghost({ at: 0 });
  const word = (offset: number) => own.at + (CHUNK_ENTRIES - 1) * 16 + offset;
  return [
    call('allocate', [CHUNK_BYTES], (block, flow) => {
      own.at = block;
      if (block === 0) flow.goto('none');
    }),
    atomic('store', () => [word(0), 1]),
    atomic('store', () => [word(4), STALE.generation]),
    run('works', () => {}),
    atomic(
      'load',
      () => [word(0)],
      (value) => must(value === 1, 'somebody counted a reference in a block that is taken'),
    ),
    call('free', () => [own.at]),
    label('none'),
  ];
}

const late = (m: Model) => {
  const table = new Table(m, 0);
  table.add('u', [search, ...reuses(m)]);
  table.add('v', [comesLate]);
  table.fill();
};

const comesBack = (m: Model) => {
  const table = new Table(m, 0);
  table.add('u', [search, makes]);
  table.add('v', [comesLate]);
  table.fill();
};

/** One searches, another one makes an object; `more`: of the last chunk a part was never used. */
const made =
  (more: number, kept = 0) =>
  (m: Model) => {
    const table = new Table(m, more, kept);
    table.add('u', [search]);
    table.add('v', [makes]);
    table.fill();
  };

const alone = (more: number, gone: readonly number[]) => (m: Model) => {
  const table = new Table(m, more);
  const allGone = () => gone.every((chunk) => chunkWord(m, chunk) & GONE);
  const takes = call('allocate', [CHUNK_BYTES], (block) => must(block !== 0, 'the memory of a chunk is lost'));
  table.add('u', [search, run('looks', () => must(allGone(), 'a chunk that nobody uses is there')), ...gone.map(() => takes)]);
  table.fill();
};

/**
 * Who searches may die, or who makes an object once the chunk is gone; another one comes with a handle of old
 * meanwhile.
 */
const dying = (what: Step, gone: boolean) => (m: Model) => {
  const table = new Table(m, 0);
  table.add('u', [what], true);
  table.add('v', [comesLate]);
  enlist(m, m.reaper('reaper', [...reaps(m, table.tids)]));
  table.fill();
  if (gone) m.call('allocate', PAGE);
};

/** The same; once the dead one's locks are let go of, and before the repair, somebody makes an object. */
const takenOver = (what: Step, gone: boolean, other: Step) => (m: Model) => {
  const table = new Table(m, 0);
  const seen = m.ghost({ letGo: 0 });
  const letGo = run('lets go', () => {
    seen.letGo = 1;
  });
  const waits = run('waits', (_, flow) => {
    if (seen.letGo === 0) flow.goto('not yet');
  });
  table.add('u', [what, letGo], true);
  table.add('v', [label('not yet'), waits, other, comesLate]);
  const [locks] = reaps(m, table.tids);
  enlist(m, m.reaper('reaper', [locks, letGo]));
  table.fill();
  if (gone) m.call('allocate', PAGE);
};

const bugs: readonly { what: string; model: (m: Model) => void; edit: Edit; wrong: RegExp }[] = [
  {
    what: 'goes while somebody looks into it',
    model: late,
    edit: { file: CHUNKS, find: 'if (slot != selfSlot && load(slot + SLOT_IN_TABLE)) return true;', replace: '' },
    wrong: /of what is gone was opened|counted a reference/,
  },
  {
    what: 'is looked into by who has not said so',
    model: late,
    edit: {
      file: 'heap/object-table.ts',
      find: '  enterTable();\n  const entry = entryIfHere(index);\n  let status: i32 = Status.STALE;',
      replace: '  const entry = entryIfHere(index);\n  let status: i32 = Status.STALE;',
    },
    wrong: /of what is gone was opened|counted a reference/,
  },
  {
    what: 'is entered when it is going already',
    model: late,
    edit: {
      file: CHUNKS,
      find: 'return isHere(word) ? entryIn(word, index) : 0;',
      replace: 'return word && !(word & GONE) ? entryIn(word, index) : 0;',
    },
    wrong: /of what is gone was opened|counted a reference/,
  },
  {
    what: 'comes back with the generations of old',
    model: comesBack,
    edit: { file: CHUNKS, find: 'newest | GONE', replace: 'GONE' },
    wrong: /of what is gone was opened/,
  },
  {
    what: 'goes with an entry that somebody has',
    model: made(0),
    edit: {
      file: CHUNKS,
      find: 'for (let i = 0; i < ENTRIES; i++) if',
      replace: 'for (let i = 0; i < ENTRIES - 1; i++) if',
    },
    wrong: /of what is gone was opened|no list|in a cycle|is free, and|no 64-bit word|out of bounds|no schedule/,
  },
  {
    what: 'leaves its entries in the chain',
    model: made(3, 1),
    edit: { file: CHUNKS, find: '  if (going != 0) dropGoing();\n', replace: '' },
    wrong: /entries are in no list/,
  },
  {
    what: 'stays, and loses the entries that who died had dropped',
    model: dying(search, false),
    edit: { file: CHUNKS, find: '  for (let i = 0; i < ENTRIES; i++) chain((chunk << CHUNK_SHIFT) + i);\n', replace: '' },
    wrong: /entries are in no list/,
  },
  {
    what: 'has free entries in hand while somebody wants one',
    model: made(0, 1),
    edit: {
      file: 'heap/object-table.ts',
      find: '    index = popEntry();\n    heapUnlock();',
      replace: '    index = 0;\n    heapUnlock();',
    },
    wrong: /no room for an object/,
  },
];

describe('a chunk of the object table that nobody uses', () => {
  test.each([
    [0, [1]],
    [1, [1, 2]],
    [CHUNK_ENTRIES, [1, 2]],
  ])('goes, also the last one (%i entries of that were used)', (more, chunks) => {
    holds(`chunks, alone, ${more}`, core, alone(more, chunks), fine);
  });

  test('is not entered by a handle of old, and comes back with new generations', () => {
    holds('chunks, a late handle', core, late, fine);
    holds('chunks, back again', core, comesBack, fine);
  });

  test('leaves room for new objects at any time', () => {
    holds('chunks, one is made', core, made(0), fine);
    holds('chunks, one is made, one is kept', core, made(0, 1), fine);
    holds('chunks, one is made, a part never used, one is kept', core, made(3, 1), fine);
  });

  for (const { what, model, edit, wrong } of bugs) {
    planted(`that ${what} is found out`, { bad: edit }, ({ bad }) => {
      breaks(`a chunk that ${what}`, bad, model, wrong, fine);
    });
  }
});

describe('the death of who has chunks in hand', () => {
  test('costs one entry or one chunk, also when somebody takes the lock over at once', () => {
    const creates = call('eventCreate');
    holds('chunks, death in a search, one comes late', core, dying(search, false));
    holds('chunks, death of who brings one back, one comes late', core, dying(creates, true), fine);
    holds('chunks, death in a search, taken over', core, takenOver(search, false, creates), fine);
    holds('chunks, death of who brings one back, taken over', core, takenOver(creates, true, creates), fine);
  });

  const unrepaired = { file: 'heap/allocator.ts', find: '  chunksRepair();\n', replace: '' };
  planted('leaves what the next one finishes', { bad: unrepaired }, ({ bad }) => {
    breaks('chunks in hand that nobody gives back', bad, takenOver(search, false, makes), /no room for an object/, fine);
  });
});
