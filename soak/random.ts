/** Seeded choices: one seed makes the same ones in the same order. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed | 0);
  }

  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return uniformInt(this.#generator, low, high);
  }

  /** True in so many of 100 cases. */
  percent(share: number): boolean {
    return this.integer(0, 99) < share;
  }

  /** From 1 to `most`: each power of two is as likely as another. */
  size(most: number): number {
    return Math.max(1, Math.round(most ** (this.integer(0, 1000) / 1000)));
  }

  /** Of a generator of somebody else's. */
  seed(): number {
    return this.integer(0, 0x7fffffff);
  }

  shuffled<T>(of: readonly T[]): T[] {
    const all = [...of];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all;
  }
}
