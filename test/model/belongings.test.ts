/**
 * Values with handles in tables and vectors: whoever dies on the way, each reference is given back once, by
 * whoever has the value then.
 */
import { describe, test } from 'vitest';
import { Put, Status } from '../../assembly/abi.ts';
import { Belongings, END } from './belongings.ts';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Program } from './program.ts';
import { KEY } from './table.ts';

const mortal = { mayDie: true };
const CELL_BATCH = 'manager/batch.ts';
const VECTOR = 'manager/vector.ts';

/** What comes of a reference in two hands, or in none. */
const WRONG =
  /references too|no value's|taken and free|two free lists|in a cycle|no word at|in use|free run|free and untouched|but not of it/;

type Members = (here: Belongings) => void;

const withTable = (members: Members) => (m: Model) => {
  const here = new Belongings(m, 'table');
  here.lost = 512;
  members(here);
  here.begin();
};

const withVector = (members: Members) => (m: Model) => {
  const here = new Belongings(m, 'vector');
  here.lost = 512;
  members(here);
  here.begin();
};

const ok = (status: number) => must(status === Status.OK, `answered ${status}`);

/** Somebody dies who does `steps` with the value under 1; others take that key out, too. */
const dyingAtKey = (steps: (here: Belongings, at: () => number) => Program) =>
  withTable((here) => {
    here.fillHandles(1);
    here.fill([2, 2]);
    here.add('w', (at) => [...here.writes(at, KEY, 1), ...steps(here, at)], mortal);
    here.reaper(
      (at) => here.put(at, 3, 3),
      (at) => here.delete(at, 1),
    );
  });

/**
 * The same, and a worker of its own deletes that key, also before the reaper lets go of the dead one's locks.
 */
const dyingAtKeyBeside = (steps: (here: Belongings, at: () => number) => Program) =>
  withTable((here) => {
    here.fillHandles(1);
    here.fill([2, 2]);
    here.add('w', (at) => [...here.writes(at, KEY, 1), ...steps(here, at)], mortal);
    here.add('x', (at) => here.delete(at, 1));
    here.reaper();
  });

const beside: readonly (readonly [what: string, model: (m: Model) => void])[] = [
  ['deletes it', dyingAtKeyBeside((here) => [call('tableDelete', [here.at])])],
  ['takes it out', dyingAtKeyBeside((here, at) => here.shows(at, 'tableTake'))],
  ['clears the table', dyingAtKeyBeside((here) => [call('tableClear', [here.at], ok)])],
  ['puts a text in its place', dyingAtKeyBeside((here, at) => here.put(at, 1, 111))],
];

/** Somebody dies who replaces such a value, and inserts another. */
const replacing = withTable((here) => {
  here.fill([3, 3]);
  here.fillHandles(1);
  here.carrier('w', [1, 2], (batch) => call('tablePutAll', () => [here.at, batch(), Put.ALWAYS], ok), mortal);
  here.reaper(
    (at) => here.put(at, 2, 2),
    (at) => here.delete(at, 1),
  );
});

const takingOut = dyingAtKey((here, at) => here.shows(at, 'tableTake'));

const tables: readonly (readonly [what: string, model: (m: Model) => void])[] = [
  ['deletes it', dyingAtKey((here) => [call('tableDelete', [here.at])])],
  ['puts a number in its place', dyingAtKey((here) => [call('tablePutNumber', [here.at, 5, Put.ALWAYS], ok)])],
  ['puts a text in its place', dyingAtKey((here, at) => here.put(at, 1, 111))],
  ['takes it out', takingOut],
  ['clears the table', dyingAtKey((here) => [call('tableClear', [here.at], ok)])],
  ['reads it', dyingAtKey((here, at) => here.counting(here.shows(at, 'tableGet')))],
  [
    'takes the last pair out',
    withTable((here) => {
      here.fill([2, 2]);
      here.fillHandles(1);
      const own = here.m.ghost({ at: 0 });
      here.add('w', () => here.popitem(own), mortal);
      here.reaper(
        () => [],
        (at) => here.put(at, 1, 3),
      );
    }),
  ],
  [
    'looks at all of them',
    withTable((here) => {
      here.fillHandles(1, 2);
      const own = here.m.ghost({ at: 0 });
      const looks = [
        call('tableSnapshot', [here.at, 3], (at) => {
          own.at = at;
        }),
        call('cellBatchClose', () => [own.at]),
      ];
      here.add('w', () => here.counting(looks), mortal);
      here.reaper(
        () => [],
        (at) => here.delete(at, 1),
      );
    }),
  ],
  ['replaces and inserts such values', replacing],
  [
    'is the last user of the table',
    withTable((here) => {
      here.fillHandles(1, 2);
      here.lastUser('w', mortal);
      here.reaper();
      here.m.finally(() => (here.isGone ? undefined : 'the table is still there'));
    }),
  ],
];

/**
 * Somebody dies who does `steps` with a vector of two such values and a number; others take the first out.
 */
const dyingAmong = (steps: (here: Belongings, at: () => number) => Program) =>
  withVector((here) => {
    here.fillHandles(0, 1);
    here.fill([0, 3]);
    here.add('w', (at) => steps(here, at), mortal);
    here.reaper(
      (at) => here.append(at, 4),
      (at) => here.shows(at, 'vectorTake', 0),
    );
  });

/** Somebody dies who gives a batch of such values to a call; others take the first out. */
const dyingWith = (items: number, name: string, ...args: number[]) =>
  withVector((here) => {
    here.fillHandles(0, 1);
    here.carrier('w', Array(items).fill(0), (batch) => call(name, () => [here.at, ...args, batch()], ok), mortal);
    here.reaper(
      (at) => here.append(at, 4),
      (at) => here.shows(at, 'vectorTake', 0),
    );
  });

const vectors: readonly (readonly [what: string, model: (m: Model) => void])[] = [
  ['puts a number in its place', dyingAmong((here) => [call('vectorSetNumber', [here.at, 0, 7], ok)])],
  ['takes it out in front', dyingAmong((here, at) => here.shows(at, 'vectorTake', 0))],
  [
    'takes it out at the end',
    withVector((here) => {
      here.fill([0, 3]);
      here.fillHandles(0);
      here.add('w', (at) => here.shows(at, 'vectorTake', -1), mortal);
      here.reaper(
        () => [],
        (at) => here.append(at, 5),
      );
    }),
  ],
  ['clears the vector', dyingAmong((here) => [call('vectorClear', [here.at], ok)])],
  ['reads it', dyingAmong((here, at) => here.counting(here.shows(at, 'vectorGet', 0)))],
  ['puts another in its place', dyingWith(1, 'vectorSetFromBatch', 0)],
  ['adds some', dyingWith(2, 'vectorSplice', END, END)],
  ['puts some in the middle', dyingWith(1, 'vectorSplice', 1, 1)],
  ['puts some in place of others', dyingWith(1, 'vectorSplice', 0, 2)],
  [
    'makes one and adds it',
    withVector((here) => {
      here.fill([0, 3]);
      here.maker('w', (batch) => call('vectorSplice', () => [here.at, END, END, batch()], ok), mortal);
      here.reaper(
        () => [],
        (at) => here.append(at, 5),
      );
    }),
  ],
  [
    'is the last user of the vector',
    withVector((here) => {
      here.fillHandles(0, 1);
      here.lastUser('w', mortal);
      here.reaper();
      here.m.finally(() => (here.isGone ? undefined : 'the vector is still there'));
    }),
  ],
];

describe('a value with a handle in a table is given back once when somebody dies who', () => {
  test.each(tables)('%s', (what, model) => {
    holds(`table with handles, ${what}`, core, model, fine);
  });
});

describe('a value with a handle in a table that another deletes is given back once when somebody dies who', () => {
  test.each(beside)('%s', (what, model) => {
    holds(`table with handles, ${what}, another deletes`, core, model, fine);
  });
});

/** One clears such a vector and may die; another one adds to it meanwhile. */
const clearedBeside = withVector((here) => {
  here.fillHandles(0, 1);
  here.add('w', () => [call('vectorClear', [here.at], ok)], mortal);
  here.add('x', (at) => here.append(at, 4));
  here.reaper();
});

test('a value with a handle in a vector to which another adds is given back once when somebody dies who clears it', () => {
  holds('vector with handles, clears the vector, another adds', core, clearedBeside, fine);
});

describe('a value with a handle in a vector is given back once when somebody dies who', () => {
  test.each(vectors)('%s', (what, model) => {
    holds(`vector with handles, ${what}`, core, model, fine);
  });
});

planted(
  'a value with a handle is given back once when the call that puts another in its place is cut off',
  {
    forgotten: {
      file: 'lifecycle/cut-off.ts',
      find: '(place | (word & ~EXCHANGING)) & 7',
      replace: '(place | word) & 7',
    },
  },
  ({ forgotten }) => {
    const everywhere = { ...fine, reduce: false };
    const model = withVector((here) => {
      here.fillHandles(0, 1);
      here.carrier('w', [0], (batch) => call('vectorSetFromBatch', () => [here.at, 0, batch()], ok), {
        cut: /^vectorSetFromBatch$/,
      });
      here.add('x', (at) => here.append(at, 4));
    });
    holds('vector with handles, puts another in its place, cut off', core, model, everywhere);
    breaks('an exchange that is cut off is not settled', forgotten, model, WRONG, everywhere);
  },
);

describe('a value with a handle', () => {
  const bugs: readonly { what: string; model: (m: Model) => void; edit: Edit; also?: Edit }[] = [
    {
      what: 'exchanged by one that forgets what for',
      model: takingOut,
      edit: { file: CELL_BATCH, find: "  setCell(batch + offsetof<CellBatch>('other'), other);\n", replace: '' },
    },
    {
      what: 'exchanged by one that says so too late',
      model: replacing,
      edit: {
        file: CELL_BATCH,
        find: "  storePlain(batch + offsetof<CellBatch>('word'), <i32>(shared | EXCHANGING));\n  setCell(shared, cellAt(place));\n",
        replace:
          "  setCell(shared, cellAt(place));\n  storePlain(batch + offsetof<CellBatch>('word'), <i32>(shared | EXCHANGING));\n",
      },
    },
    {
      what: 'exchanged by one that says so too long',
      model: takingOut,
      edit: {
        file: CELL_BATCH,
        find: "  setCell(place, other);\n  storePlain(batch + offsetof<CellBatch>('word'), 0);\n}",
        replace: '  setCell(place, other);\n}',
      },
    },
    {
      what: 'whose exchange is looked at again when others had the lock',
      model: takingOut,
      // Without that it is not looked at again.
      also: { file: 'lifecycle/reaper.ts', find: "  storePlain(slotOf(tid) + offsetof<Slot>('letGo'), 1);\n", replace: '' },
      edit: {
        file: CELL_BATCH,
        find: "setCell(place, cellAt(batch + offsetof<CellBatch>('other')));\n  storePlain(batch + offsetof<CellBatch>('word'), 0);",
        replace: "setCell(place, cellAt(batch + offsetof<CellBatch>('other')));",
      },
    },
    {
      what: 'given by one that holds it for certain',
      model: dyingWith(2, 'vectorSplice', END, END),
      edit: { file: VECTOR, find: '  beginPut(batch, lengthWord(body), <i32>(length + count));\n', replace: '' },
    },
    {
      what: 'given by one that lets go of it before',
      model: dyingWith(2, 'vectorSplice', END, END),
      edit: {
        file: VECTOR,
        find: '  setLength(body, length + count);\n  cellBatchEndPut(batch);\n',
        replace: '  cellBatchEndPut(batch);\n  setLength(body, length + count);\n',
      },
    },
    {
      what: 'taken by one that holds it for certain',
      model: dyingAmong((here, at) => here.shows(at, 'vectorTake', 0)),
      edit: {
        file: CELL_BATCH,
        find: "  storePlain(batch + offsetof<CellBatch>('word'), <i32>(word | TAKING));\n",
        replace: '',
      },
    },
    {
      what: 'in a body that is dropped from under the list',
      model: dyingAmong((here) => [call('vectorClear', [here.at], ok)]),
      edit: {
        file: 'manager/discard.ts',
        find: 'if (!cellBatchSettle(discard)) setDiscardedBody(discard, 0);',
        replace: 'cellBatchSettle(discard);',
      },
    },
    {
      what: 'in a body whose taking is looked at again when others had the lock',
      model: clearedBeside,
      edit: { file: 'manager/discard.ts', find: '  cellBatchEndTake(discardOf(selfSlot));\n', replace: '' },
    },
    {
      what: 'in a body that is taken by one who dies',
      model: dyingAmong((here) => [call('vectorClear', [here.at], ok)]),
      edit: { file: 'lifecycle/owned.ts', find: '  discardEmpty(slot);\n', replace: '' },
    },
    {
      what: 'that is gone from its place before it is given back',
      model: dyingAtKey((here) => [call('tableDelete', [here.at])]),
      edit: {
        file: 'manager/cell.ts',
        find: '  releaseHandles(cellHandles(block), cellMeta(block));\n  setCell(place, NONE);\n',
        replace: '  setCell(place, NONE);\n  releaseHandles(cellHandles(block), cellMeta(block));\n',
      },
    },
  ];

  for (const { what, model, edit, also } of bugs)
    planted(`${what} is found out`, { bad: also ? [edit, also] : edit }, ({ bad }) => void breaks(what, bad, model, WRONG, fine));
});
