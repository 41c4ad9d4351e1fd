/**
 * Random schedules of a model: what a search would take long for, and a walk finds out at once, such as which
 * functions are run.
 */
import type { Machine } from './machine.ts';

/** A walk that goes on for longer goes round and round. */
const LONGEST = 4000;
/** Of so many moves of which one could be a death, one is: on one walk after the other. */
const DEATHS = [10_000, 200, 1000, 40];
/**
 * Of so many moves of a worker one is followed by another's: others come to sleep meanwhile, or to their
 * ends.
 */
const STEADY = [1, 8, 100];

const nothing = new Int32Array(0);

/** Goes through a model, which stands at its begin, so many times up to an end. */
export function walk(machine: Machine, times: number, random: () => number): void {
  const { memory } = machine;
  const moves = new Int32Array(machine.workers.length * 3);
  let last = -1;
  for (let walks = 0; walks < times; walks++) {
    if (walks > 0) memory.restore(nothing, 0, 0);
    const deaths = DEATHS[walks % DEATHS.length];
    const steady = STEADY[walks % STEADY.length];
    for (let steps = 0; steps < LONGEST; steps++) {
      const { all, living } = machine.possible(moves);
      const isDeath = all > living && (living === 0 || random() * deaths < 1);
      const [from, to] = isDeath ? [living, all] : [0, living];
      if (from === to) break;
      const goesOn = !isDeath && random() * steady > 1;
      const same = goesOn ? moves.subarray(0, living).findIndex((move) => (move & 255) === last) : -1;
      const move = moves[same < 0 ? from + Math.floor(random() * (to - from)) : same];
      last = move & 255;
      machine.apply(move);
    }
    memory.scan();
  }
}

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
