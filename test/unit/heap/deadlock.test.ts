/**
 * The search for a cycle, while the other workers go on between any two of its reads: they take, want and
 * release as their programs say, in every order that fast-check comes upon.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cycleThrough } from '../../../src/heap/cycles.ts';

const ME = 1;
const LOCKS = [11, 12, 13, 14];

/** What a worker does next: takes a lock, or releases all it has. */
type Act = number | 'release';

/** Another worker, in steps as small as those of the real one. */
class Other {
  wants = 0;
  #waitsFor = 0;
  readonly #acts: Act[];
  constructor(
    readonly tid: number,
    acts: Act[],
    readonly holders: Map<number, number>,
  ) {
    this.#acts = [...acts];
  }

  /** One access to what the others see. */
  step(): void {
    const { holders, tid } = this;
    if (this.#waitsFor !== 0) {
      if (this.wants === 0) this.wants = this.#waitsFor;
      else if (!holders.has(this.wants)) {
        holders.set(this.wants, tid);
        this.#waitsFor = 0;
      }
      return;
    }
    // It has the lock, and forgets what it wanted in a step of its own.
    if (this.wants !== 0) {
      this.wants = 0;
      return;
    }
    const act = this.#acts[0];
    if (act === 'release') {
      const mine = [...holders].find(([, holder]) => holder === tid);
      if (mine) holders.delete(mine[0]);
      else this.#acts.shift();
    } else if (act !== undefined) {
      this.#acts.shift();
      if (!holders.has(act)) holders.set(act, tid);
      else if (holders.get(act) !== tid) this.#waitsFor = act;
    }
  }
}

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...LOCKS) },
  { weight: 1, arbitrary: fc.constant('release' as const) },
);

const scene = fc.record({
  mine: fc.uniqueArray(fc.constantFrom(...LOCKS), { minLength: 1, maxLength: 2 }),
  target: fc.constantFrom(...LOCKS),
  programs: fc.array(fc.array(act, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
  /** Who makes a step, before the search and between its reads. */
  before: fc.array(fc.nat(2), { maxLength: 25 }),
  between: fc.array(fc.array(fc.nat(2), { maxLength: 6 }), { maxLength: 12 }),
});

/** The cycle from `ME` over who wants what, as it is at this moment. */
function stands(target: number, holders: Map<number, number>, others: Other[]): boolean {
  let at = target;
  for (let i = 0; i <= others.length; i++) {
    const holder = holders.get(at);
    if (holder === ME) return true;
    const wants = others.find(({ tid }) => tid === holder)?.wants ?? 0;
    if (wants === 0) return false;
    at = wants;
  }
  return false;
}

describe('the search for a cycle', () => {
  test('finds every one that stands when it begins, and none that does not stand when it ends', () => {
    let found = 0;
    let none = 0;
    fc.assert(
      fc.property(scene, ({ mine, target, programs, before, between }) => {
        fc.pre(!mine.includes(target));
        const holders = new Map(mine.map((lock) => [lock, ME]));
        const others = programs.map((acts, i) => new Other(i + 2, acts, holders));
        const steps = (who: number[] | undefined) => {
          for (const each of who ?? []) others[each % others.length]?.step();
        };
        steps(before);
        const stood = stands(target, holders, others);
        const pauses = [...between];
        const pausing = <T>(read: () => T): T => {
          const value = read();
          steps(pauses.shift());
          return value;
        };
        const cycle = cycleThrough(
          ME,
          target,
          (lock) => pausing(() => holders.get(lock) ?? 0),
          (tid) => pausing(() => others.find((each) => each.tid === tid)?.wants ?? 0),
        );
        if (stood) expect(cycle).toBeDefined();
        if (cycle === undefined) {
          none++;
          return;
        }
        found++;
        expect(stands(target, holders, others)).toBe(true);
        // And nothing that the others do ends it.
        for (let i = 0; i < 100; i++) steps([0, 1, 2]);
        cycle.forEach(({ tid, lock }, i) => {
          const next = cycle[(i + 1) % cycle.length];
          expect(holders.get(lock)).toBe(next?.tid);
          if (tid !== ME) expect(others.find((each) => each.tid === tid)?.wants).toBe(lock);
        });
      }),
      { numRuns: 20_000 },
    );
    // Both are tested.
    expect(Math.min(found, none)).toBeGreaterThan(100);
  });
});
