/**
 * The table of shapes: workers bring the same shape or different ones at once, a reader looks meanwhile, and
 * one dies at each step. The table has room for three.
 */
import { describe, test } from 'vitest';
import { breaks, holds } from './check.ts';
import { core } from './core.ts';
import { enlist, heapTrouble, makeHeap, reaps } from './heap.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Step } from './program.ts';

const RECORD = 8;
const LENGTH = 8;

/** What each of the workers knows: the shape's bytes by number. */
class Table {
  readonly tids: number[] = [];
  readonly known: { [shape: number]: number };

  constructor(readonly m: Model) {
    makeHeap(m, 12);
    this.known = m.ghost({ 1: 0, 2: 0, 3: 0 });
    m.finally(() => heapTrouble(m));
  }

  /** Brings the shape of `bytes`: its number is the same for all, and another one's bytes never have it. */
  bring(bytes: number): Step[] {
    return [
      call('shapeIntern', [LENGTH], (shape) => {
        must(shape > 0, `no number: ${shape}`);
        const { known } = this;
        must(known[shape] === 0 || known[shape] === bytes, `shape ${shape} is ${known[shape]} and ${bytes}`);
        must(known[shape] === bytes || !Object.values(known).includes(bytes), `${bytes} has two numbers`);
        known[shape] = bytes;
      }),
    ];
  }

  /** A shape that somebody has named shows its bytes. */
  look(shape: number): Step[] {
    return [
      call('shapeKeys', [shape], (at) => {
        if (at === 0) must(this.known[shape] === 0, `shape ${shape} has a number and no bytes`);
        else {
          must(this.m.load(at) === LENGTH, `shape ${shape} is ${this.m.load(at)} bytes long`);
          const bytes = this.m.load(at + 8);
          must(this.known[shape] === 0 || this.known[shape] === bytes, `shape ${shape} shows ${bytes}`);
        }
      }),
    ];
  }

  add(name: string, bytes: number, program: Step[], mayDie = false): void {
    const handle = this.m.worker(name, program, { mayDie });
    this.tids[handle.index] = enlist(this.m, handle);
    const scratch = handle.call('scratch');
    this.m.store(scratch + RECORD, bytes);
    this.m.store(scratch + RECORD + 4, 0);
  }
}

const together =
  (kinds: readonly number[], mayDie = false) =>
  (m: Model) => {
    const table = new Table(m);
    for (const [i, kind] of kinds.entries())
      table.add(`w${i}`, kind, [...table.bring(kind), ...table.look(1)], mayDie && i === 0);
    if (mayDie) enlist(m, m.reaper('reaper', [...reaps(m, table.tids), ...table.look(1)]));
  };

describe('shapes', () => {
  test('that two bring at once have one number', () => void holds('shapes: the same twice', core, together([7, 7])));

  test('that differ have two', () => void holds('shapes: two', core, together([7, 9])));

  test('are as before after a death, which another sees before the reaper comes', () => {
    holds('shapes: the same, one may die', core, together([7, 7], true));
    holds('shapes: different ones, one may die', core, together([7, 9], true));
  });

  planted(
    'are not shown before they are written (planted)',
    {
      bad: {
        file: 'heap/shapes.ts',
        find: 'copy(shape + HEADER, bytes, length);\n  }\n  return shape;',
        replace: '}\n  return shape;',
      },
    },
    ({ bad }) => {
      breaks('shapes: not written', bad, together([7, 9]), /shows|two numbers|is 7 and 9/);
    },
  );

  planted(
    'that came first at a place stay there (planted)',
    {
      bad: {
        file: 'heap/shapes.ts',
        find: 'there = <usize>(<u32>cas(entry, 0, <i32>mine));',
        replace: 'cas(entry, load(entry), <i32>mine); there = 0;',
      },
    },
    ({ bad }) => {
      breaks('shapes: a store instead of a compare-and-swap', bad, together([7, 9]), /is \d and \d|two numbers|shows/);
    },
  );
});
