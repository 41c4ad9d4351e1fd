/**
 * The vector under a managed list: what happens at the end and in the middle, and the death of a worker at
 * any access.
 */
import { describe, expect, test } from 'vitest';
import { Status } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Program } from './program.ts';
import { World } from './table.ts';

const VECTOR = 'manager/vector.ts';

const withVector = (members: (world: World) => void) => (m: Model) => {
  const world = new World(m, 'vector');
  members(world);
  world.begin();
  m.outcome(() => world.words());
};

const six: [number, number][] = [1, 2, 3, 4, 5, 6].map((n) => [0, n]);
const pop = (world: World, index: number, after: (meta: number) => void = () => {}) =>
  call('vectorTake', [world.at, index], after);

/** The body is full: an item more makes a larger one. */
const growing = withVector((world) => {
  world.fill(...six);
  world.add('w1', (at) => [...world.append(at, 7), ...world.append(at, 108)]);
  world.add('w2', () => [pop(world, 0, (meta) => must(meta >= 0, `answered ${meta}`))]);
});

const reading = withVector((world) => {
  world.fill(...six.slice(0, 5), [0, 106]);
  const batch = world.m.ghost({ at: 0 });
  world.add('w', (at) => [...world.splice(at, 1, 2, 110, batch), ...world.append(at, 7)]);
  world.add('r', (at) => [
    call('vectorGet', [world.at, -1], (meta) => must([106, 7].includes(world.shown(at(), meta)), 'read what nobody wrote')),
    call('vectorGet', [world.at, 1], (meta) => must([2, 110].includes(world.shown(at(), meta)), 'read what nobody wrote')),
    call('vectorGet', [world.at, 9], (meta) => must(meta === Status.RANGE, `answered ${meta}`)),
  ]);
});

describe('a vector', () => {
  test('grows while another worker takes the first item out', () => {
    const { outcomes } = holds('vector, growing', core, growing, fine);
    expect(outcomes).toEqual(new Set(['2 3 4 5 6 7 108']));
  });

  test('is read whole while its middle changes', () => {
    const { outcomes } = holds('vector, reading', core, reading, fine);
    expect(outcomes).toEqual(new Set(['1 110 4 5 106 7']));
  });

  test('frees what something else takes the place of', () => {
    const model = withVector((world) => {
      world.fill([0, 101], [0, 102], [0, 3]);
      world.add('w', (at) => [
        call('vectorSetNumber', [world.at, 0, 7]),
        ...world.writes(at, 0, 110),
        call('vectorSet', [world.at, 1]),
        ...world.writes(at, 0, 111),
        call('vectorSet', [world.at, 2]),
      ]);
    });
    const { outcomes } = holds('vector, replaced', core, model, fine);
    expect(outcomes).toEqual(new Set(['7 110 111']));
  });

  test('gives each item to one', () => {
    const model = withVector((world) => {
      world.fill([0, 101], [0, 2], [0, 3]);
      world.add('w1', (at) => [pop(world, -1), ...world.append(at, 4)]);
      world.add('w2', () => [pop(world, -1), pop(world, 0)]);
    });
    const { outcomes } = holds('vector, popping', core, model, fine);
    expect(outcomes).toEqual(new Set(['4', '2']));
  });
});

/** It grows, inserts, takes out, and dies; another appends, before the reaper does anything or after it. */
const beside = (steps: (world: World, at: () => number, batch: { at: number }) => Program) =>
  withVector((world) => {
    world.fill([0, 1], [0, 2], [0, 103], [0, 4], [0, 5], [0, 6]);
    world.lost = 2 * 256;
    const batch = world.m.ghost({ at: 0 });
    world.add('w', (at) => steps(world, at, batch), { mayDie: true });
    world.add('x', (at) => [
      ...world.append(at, 9),
      pop(world, 0, (meta) => must([1, 120].includes(world.shown(at(), meta)), 'took what nobody put')),
    ]);
    world.reaper();
    world.m.finally(() => {
      const words = world
        .words()
        .replace(/\b(107|103|120|1|9)\b ?/g, '')
        .trim();
      return ['2 4 5 6', '4 5 6', '2 5 6', '2 4 6'].includes(words) ? undefined : `contents nobody made: ${world.words()}`;
    });
  });

/** One dies at any access: it appends, inserts, takes out of the middle, takes the last. */
const states = ['1 2 103 4 5 6', '1 2 103 4 5 6 107', '120 1 2 103 4 5 6 107', '120 1 2 4 5 6 107', '120 1 2 4 5 6'];
const dying = withVector((world) => {
  world.fill([0, 1], [0, 2], [0, 103], [0, 4], [0, 5], [0, 6]);
  world.lost = 2 * 256;
  const batch = world.m.ghost({ at: 0 });
  world.add('w', (at) => [...world.append(at, 107), ...world.splice(at, 0, 0, 120, batch), pop(world, 3), pop(world, -1)], {
    mayDie: true,
  });
  world.reaper((at) => [
    ...world.append(at, 9),
    call('vectorLength', [world.at], (length) => must(length === world.contents().length, `length ${length}`)),
    pop(world, 0, (meta) => must([1, 120].includes(world.shown(at(), meta)), 'took what nobody put')),
  ]);
  world.m.finally(() => {
    const words = world.words();
    const repaired = states.map((state) => `${state} 9`.replace(/^\d+ /, ''));
    return [...states, ...repaired].includes(words) ? undefined : `contents nobody made: ${words}`;
  });
});

describe('the death', () => {
  test('of a writer at any access loses at most its own change', () => {
    const { outcomes } = holds('vector, death', core, dying, fine);
    for (const state of states) expect(outcomes).toContain(`${state} 9`.replace(/^\d+ /, ''));
  });

  test('of a writer at any access, and another writes before anybody repairs', () => {
    const splices = beside((world, at, batch) => world.splice(at, 0, 0, 120, batch));
    const appends = beside((world, at) => [...world.append(at, 107), pop(world, 2)]);
    holds('vector, death in a splice, another writes', core, splices, fine);
    holds('vector, death in an append, another writes', core, appends, fine);
  });

  planted(
    'with which an item is counted before it is there',
    {
      bad: {
        file: VECTOR,
        find: '      setCell(itemAt(body, length), cell);\n      setLength(body, length + 1);',
        replace: '      setLength(body, length + 1);\n      setCell(itemAt(body, length), cell);',
      },
    },
    ({ bad }) => {
      breaks('counted too early', bad, dying, /./, fine);
    },
  );

  planted(
    'with which a new body is the contents before it is filled',
    {
      bad: {
        file: VECTOR,
        find: '  if (old) copyCells(cellsOf(body), cellsOf(old), length);\n  setLength(body, length);\n  setBody(vector, body);',
        replace:
          '  setBody(vector, body);\n  if (old) copyCells(cellsOf(body), cellsOf(old), length);\n  setLength(body, length);',
      },
    },
    ({ bad }) => {
      breaks('an empty body', bad, dying, /nobody|in use|length/, fine);
    },
  );

  planted(
    'with which the cells of a batch are in two hands',
    {
      bad: {
        file: VECTOR,
        find: '  beginPut(batch, bodyWord(vector), <i32>body);\n',
        replace: '',
      },
    },
    ({ bad }) => {
      breaks('in two hands', bad, dying, /taken and free|no value's/, fine);
    },
  );

  planted(
    'with which an item is cut out in place',
    {
      bad: [
        {
          file: VECTOR,
          find: '  const body = bodyFor(length - 1);\n  if (!body) return false;\n  copyCells(cellsOf(body), cellsOf(old), at);',
          replace: '  const body = old;\n  if (!body) return false;',
        },
        {
          file: VECTOR,
          find: '  setLength(body, length - 1);\n  if (batch) cellBatchBeginTake(batch, cellBatchCells(batch), 1, bodyWord(vector), <i32>body);\n  setBody(vector, body);\n  if (batch) cellBatchEndTake(batch);\n  free(old);\n  return true;',
          replace: '  setLength(body, length - 1);\n  return true;',
        },
      ],
    },
    ({ bad }) => {
      breaks('in place', bad, dying, /no value's|contents nobody made|taken and free|in use/, fine);
    },
  );
});
