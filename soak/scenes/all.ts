/** All scenes there are: each bag has every one once, in another order. */
import type { Random } from '../random.ts';
import { flows } from './flow.ts';
import type { Maker } from './scene.ts';
import { states } from './state.ts';
import { syncs } from './sync.ts';

export const makers: readonly Maker[] = [...flows, ...syncs, ...states];

/** The driver's pool is played in another way. */
export type Act = Maker | 'pool';

export class Bag {
  readonly #random: Random;
  #left: Act[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** What comes next. */
  draw(): Act {
    if (this.#left.length === 0) this.#left = this.#random.shuffled<Act>([...makers, 'pool']);
    return this.#left.pop() as Act;
  }
}
