/**
 * The table under a managed dict: insertion, growth, deletion, and the death of either worker at any access.
 */
import { describe, expect, test } from 'vitest';
import { Status } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Program, turn } from './program.ts';
import { awaited, type CallStep, FOREVER, pumpOf } from './sync.ts';
import { KEY, World } from './table.ts';

const ENTRIES = 'manager/entries.ts';
const CONTAINER = 'manager/container.ts';

const five: [number, number][] = [1, 2, 3, 4, 5].map((n) => [n, n]);

const withTable = (members: (world: World) => void) => (m: Model) => {
  const world = new World(m, 'table');
  members(world);
  world.begin();
  m.outcome(() => world.words());
};

/** The body is full: the next insertion makes a larger one, wherever the others are. */
const growing = withTable((world) => {
  world.fill(...five);
  world.add('w1', (at) => world.put(at, 6, 60));
  world.add('w2', (at) => [...world.delete(at, 2), ...world.put(at, 7, 70)]);
});

const reading = withTable((world) => {
  world.fill([1, 1], [2, 101], [3, 3], [4, 4], [5, 5]);
  world.add('w', (at) => [...world.put(at, 6, 60), ...world.put(at, 2, 102)]);
  world.add('r', (at) => [
    ...world.get(at, 2, (value) => must(value === 101 || value === 102, `read ${value}`)),
    ...world.get(at, 1, (value) => must(value === 1, `read ${value}`)),
  ]);
});

/** Keys and values are in blocks: made, replaced and freed. */
const blocks = withTable((world) => {
  world.fill([101, 111]);
  world.add('w1', (at) => [...world.put(at, 101, 112), ...world.put(at, 102, 120)]);
  world.add('w2', (at) => [...world.delete(at, 101), ...world.put(at, 102, 5)]);
});

const popping = withTable((world) => {
  world.fill([1, 1], [2, 2], [3, 3]);
  const [a, b] = [world.m.ghost({ at: 0 }), world.m.ghost({ at: 0 })];
  world.add('w1', (at) => [...world.popitem(a), ...world.put(at, 4, 4)]);
  world.add('w2', () => world.popitem(b));
});

describe('a table', () => {
  test('grows while another worker deletes and inserts', () => {
    const { outcomes } = holds('table, growing', core, growing, fine);
    expect(outcomes).toEqual(new Set(['1:1 3:3 4:4 5:5 6:60 7:70', '1:1 3:3 4:4 5:5 7:70 6:60']));
  });

  test('is read whole while it grows', () => {
    const { outcomes } = holds('table, reading', core, reading, fine);
    expect(outcomes).toEqual(new Set(['1:1 2:102 3:3 4:4 5:5 6:60']));
  });

  test('frees what is replaced and deleted, once', () => {
    const { outcomes } = holds('table, blocks', core, blocks, fine);
    expect(outcomes).toEqual(new Set(['102:5', '102:120', '101:112 102:5', '101:112 102:120', '102:120 101:112']));
  });

  test('gives its last entries to one each', () => {
    const { outcomes } = holds('table, popitem', core, popping, fine);
    expect(outcomes).toEqual(new Set(['1:1 4:4', '1:1 2:2']));
  });

  planted(
    'in which the entry is there before its slot',
    {
      bad: {
        file: ENTRIES,
        find: '  index(body, soughtHash, number);\n  setValue(entry, value);',
        replace: '  setValue(entry, value);\n  index(body, soughtHash, number);',
      },
    },
    ({ bad }) => {
      breaks('the value first', bad, dyingWriter, /has no slot|is there twice/, fine);
    },
  );

  planted(
    'in which a place is counted as spent after it is used',
    {
      bad: {
        file: ENTRIES,
        find: "  storePlain(body + offsetof<TableBody>('spent'), <i32>(spentOf(body) + 1));\n  setKey(entry, key);\n  setUsed(body, number + 1);",
        replace:
          "  setKey(entry, key);\n  setUsed(body, number + 1);\n  storePlain(body + offsetof<TableBody>('spent'), <i32>(spentOf(body) + 1));",
      },
    },
    ({ bad }) => {
      breaks('spent late', bad, dyingWriter, /used \d+, spent \d+/, fine);
    },
  );

  planted(
    'in which a new body is the contents before it is filled',
    {
      bad: [
        { file: ENTRIES, find: '  let moved: u32 = 0;', replace: '  setBody(table, body);\n  let moved: u32 = 0;' },
        { file: ENTRIES, find: '  setBody(table, body);\n  if (old) free(old);', replace: '  if (old) free(old);' },
      ],
    },
    ({ bad }) => {
      breaks('an empty body', bad, dyingWriter, /contents|entry \d|count/, fine);
    },
  );
});

/** One dies at any access, while it grows, replaces, deletes; then everything must go on. */
const before = '1:1 2:2 3:3 4:4 5:5';
const after = ['1:1 2:2 3:3 4:4 5:5', '1:1 2:2 3:3 4:4 5:5 6:60', '1:1 3:3 4:4 5:5 6:60', '1:1 3:9 4:4 5:5 6:60'];
const dyingWriter = withTable((world) => {
  world.fill(...five);
  world.lost = 2 * 256;
  world.add('w', (at) => [...world.put(at, 6, 60), ...world.delete(at, 2), ...world.put(at, 3, 9)], { mayDie: true });
  world.reaper((at) => [
    ...world.put(at, 7, 70),
    call('tableSize', [world.at], (size) => must(size === world.contents().length, `size ${size}`)),
    ...world.get(at, 7, (value) => must(value === 70, `7 is ${value}`)),
    ...world.get(at, 1, (value) => must(value === 1, `1 is ${value}`)),
  ]);
  world.m.finally(() => {
    const words = world.words();
    return after.some((state) => words === state || words === `${state} 7:70`) ? undefined : `contents nobody made: ${words}`;
  });
});

const amongBlocks = withTable((world) => {
  const batch = world.m.ghost({ at: 0 });
  world.fill([101, 111], [2, 2]);
  world.litter();
  world.lost = 3 * 48;
  const steps = (at: () => number) => [
    ...world.put(at, 101, 112),
    ...world.put(at, 102, 120),
    ...world.delete(at, 101),
    ...world.popitem(batch),
  ];
  world.add('w', steps, { mayDie: true });
  world.reaper((at) => [...world.put(at, 102, 130), ...world.delete(at, 2)]);
});

/** It grows and replaces, and dies; another writes, before the reaper does anything or after it. */
const besideWriter = withTable((world) => {
  world.fill(...five);
  world.lost = 2 * 256;
  world.add('w', (at) => [...world.put(at, 6, 60), ...world.delete(at, 2)], { mayDie: true });
  world.add('x', (at) => [...world.put(at, 9, 9), ...world.get(at, 1, (value) => must(value === 1, `1 is ${value}`))]);
  world.reaper();
});

describe('the death', () => {
  test('of a writer at any access loses at most its own update', () => {
    const { outcomes } = holds('table, death of a writer', core, dyingWriter, fine);
    expect(outcomes).toContain(`${before} 7:70`);
    expect(outcomes).toContain(`${after[3]} 7:70`);
  });

  test('of a writer at any access, and another writes before anybody repairs', () => {
    const { outcomes } = holds('table, death of a writer, another writes', core, besideWriter, fine);
    for (const words of outcomes) expect(words.includes('1:1') && words.includes('9:9')).toBe(true);
  });

  test('of one that deletes or clears, and another writes and deletes before anybody repairs', () => {
    const model = (steps: (world: World, at: () => number) => Program) =>
      withTable((world) => {
        world.fill([1, 1], [2, 102]);
        world.lost = 256;
        world.add('w', (at) => steps(world, at), { mayDie: true });
        world.add('x', (at) => [...world.put(at, 3, 3), ...world.delete(at, 2)]);
        world.reaper();
      });
    holds(
      'table, death in a delete, another writes',
      core,
      model((world, at) => world.delete(at, 2)),
      fine,
    );
    holds(
      'table, death in a clear, another writes',
      core,
      model((world) => [call('tableClear', [world.at])]),
      fine,
    );
  });

  test('of a writer of blocks loses a block at most, and frees none twice', () => {
    holds('table, death among blocks', core, amongBlocks, fine);
  });

  test('of one that puts many at once leaves a first part of them', () => {
    const model = withTable((world) => {
      const batch = world.m.ghost({ at: 0 });
      world.fill([1, 1], [101, 111]);
      world.lost = 400;
      world.add(
        'w',
        (at) =>
          world.putAll(
            at,
            [
              [101, 112],
              [2, 2],
              [3, 103],
            ],
            batch,
          ),
        { mayDie: true },
      );
      world.reaper((at) => world.put(at, 4, 4));
    });
    const { outcomes } = holds('table, death in a batch', core, model, fine);
    const parts = ['1:1 101:111', '1:1 101:112', '1:1 101:112 2:2', '1:1 101:112 2:2 3:103'];
    expect([...outcomes].map((words) => words.replace(' 4:4', '')).filter((words) => !parts.includes(words))).toEqual([]);
    for (const part of parts) expect(outcomes).toContain(`${part} 4:4`);
  });

  planted(
    'of one whose batch is held before it is empty',
    {
      bad: {
        file: 'manager/batch.ts',
        find: '  inFlightAdd(batch, batch, 0, CELL_BATCH, 0);\n',
        replace: '  inFlightAdd(batch, batch, capacity, CELL_BATCH, 0);\n  cellBatchSetCount(batch, 0);\n',
      },
    },
    ({ bad }) => {
      breaks('a batch of rubbish', bad, amongBlocks, /no word|trouble|free|in use/, fine);
    },
  );

  planted(
    'after which nobody counts',
    {
      bad: {
        file: CONTAINER,
        find: 'if (Internal.lock(container)) setCount(container, UNKNOWN);',
        replace: 'Internal.lock(container);',
      },
    },
    ({ bad }) => {
      breaks('no recount', bad, dyingWriter, /count \d|size/, fine);
    },
  );

  test('of one that was half done with a key in a block leaves no trace but what it had in hand', () => {
    const model = withTable((world) => {
      world.fill([1, 1]);
      world.lost = 200;
      world.add('w', (at) => [...world.put(at, 101, 5), ...world.delete(at, 101)], { mayDie: true });
      world.reaper((at) => [...world.put(at, 2, 2), ...world.put(at, 102, 2), ...world.delete(at, 1)]);
    });
    holds('table, half-made', core, model, fine);
  });
});

// ── update ───────────────────────────────────────────────────────────────────────────────────────────

/** Adds one under the guard, as `update` does: three calls, between which anybody may move. */
function adds(world: World, at: () => number, own: { value: number }) {
  return [
    call('updateLockAcquire', [world.at, FOREVER], (status) => must(status === 0, `the guard answered ${status}`)),
    ...world.get(at, 1, (value) => {
      own.value = value ?? -1;
    }),
    call('tablePutNumber', () => [world.at, own.value + 1, 0]),
    call('updateLockRelease', [world.at]),
  ];
}

/** The same, as `updateAsync` does it. */
function addsAsync(world: World, at: () => number, own: { value: number }): Program {
  return [
    ...awaited(world.at + 20, pumpOf(world.m), call('updateLockTry', [world.at]) as CallStep),
    ...world.get(at, 1, (value) => {
      own.value = value ?? -1;
    }),
    turn(),
    call('updateLockResume', [world.at]),
    call('tablePutNumber', () => [world.at, own.value + 1, 0]),
    call('updateLockRelease', [world.at]),
  ];
}

/** An async update, a blocking one elsewhere, and another task of the async one's worker that writes. */
const asyncUpdate = (m: Model) => {
  const world = new World(m, 'table');
  const [one, two, task] = [m.ghost({ value: 0 }), m.ghost({ value: 0 }), m.ghost({ refused: 0 })];
  world.fill([1, 0]);
  world.add('w', (at) => addsAsync(world, at, one));
  world.add('x', (at) => adds(world, at, two));
  world.task('t', 'w', (at) => [
    ...world.writes(at, KEY, 1),
    call('tablePutNumber', [world.at, 50, 0], (status) => {
      must(status === Status.OK || status === Status.NOT_OWNER, `answered ${status}`);
      task.refused = status === Status.OK ? 0 : 1;
    }),
  ]);
  world.begin();
  const value = () => world.contents()[0]?.[1] as number;
  m.finally(() => (task.refused || value() >= 50 ? undefined : `the write of 50 was lost: ${value()}`));
  m.outcome(() => `${world.words()}${task.refused ? ' refused' : ''}`);
};

const counting = withTable((world) => {
  world.fill([1, 0]);
  for (const name of ['w1', 'w2']) {
    const own = world.m.ghost({ value: 0 });
    world.add(name, (at) => adds(world, at, own));
  }
  world.add('w3', (at) => world.put(at, 1, 50));
});

describe('an update', () => {
  test('loses none of the others, nor do they lose it', () => {
    const { outcomes } = holds('update, exact', core, counting);
    expect(outcomes).toEqual(new Set(['1:50', '1:51', '1:52']));
  });

  planted(
    'that a writer does not wait for',
    {
      bad: {
        file: CONTAINER,
        find: 'if (owner == 0 || (owner == self && nestingOf(container) > 0)) return Status.OK;',
        replace: 'if (owner != -1) return Status.OK;',
      },
    },
    ({ bad }) => {
      const { outcomes } = holds('update, overwritten', bad, counting);
      // The write of 50 between the look and the write of an update is lost.
      expect(outcomes).toContain('1:2');
    },
  );

  test('whose worker dies leaves the old value, and the others go on', () => {
    const model = withTable((world) => {
      const [one, two] = [world.m.ghost({ value: 0 }), world.m.ghost({ value: 0 })];
      world.fill([1, 0]);
      world.add('w', (at) => adds(world, at, one), { mayDie: true });
      world.add('x', (at) => adds(world, at, two));
      world.reaper((at) => world.put(at, 2, 2));
    });
    const { outcomes } = holds('update, death', core, model);
    expect(outcomes).toEqual(new Set(['1:2', '1:1 2:2', '1:2 2:2']));
  });

  planted(
    'after which the reaper forgets the guard',
    { bad: { file: CONTAINER, find: '  lockAbandon(updateLockOf(container), tid);\n', replace: '' } },
    ({ bad }) => {
      const model = withTable((world) => {
        const [one, two] = [world.m.ghost({ value: 0 }), world.m.ghost({ value: 0 })];
        world.fill([1, 0]);
        world.add('w', (at) => adds(world, at, one), { mayDie: true });
        world.add('x', (at) => adds(world, at, two));
        world.reaper();
      });
      breaks('a guard of the dead', bad, model, /^sleeps for ever|still held/);
    },
  );

  planted(
    'that is async waits at the gate, and keeps out what blocks in its own worker',
    {
      bad: {
        file: CONTAINER,
        find: '(owner == self && nestingOf(container) > 0)',
        replace: 'owner == self',
      },
    },
    ({ bad }) => {
      const { outcomes } = holds('update, async', core, asyncUpdate);
      // The other task's write is refused (1:2), or comes first (1:52), or last (1:50), or between the two
      // (1:51).
      expect(outcomes).toEqual(new Set(['1:2 refused', '1:50', '1:51', '1:52']));
      breaks('any call of its worker', bad, asyncUpdate, /was lost/);
    },
  );

  test('that is async and whose worker dies lets the others go on', () => {
    const model = withTable((world) => {
      const [one, two] = [world.m.ghost({ value: 0 }), world.m.ghost({ value: 0 })];
      world.fill([1, 0]);
      world.add('w', (at) => addsAsync(world, at, one), { mayDie: true });
      world.add('x', (at) => adds(world, at, two));
      world.reaper((at) => world.put(at, 2, 2));
    });
    const { outcomes } = holds('update, async death', core, model);
    expect(outcomes).toEqual(new Set(['1:2', '1:1 2:2', '1:2 2:2']));
  });
});
