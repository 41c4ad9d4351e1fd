/** A troupe: the stage on which scenes are played, and what it has come to so far. */
import type { Random } from '../random.ts';
import { add, addTo, emptyTally, type Tallies, type Tally } from '../report/tally.ts';
import { type Sort, WAYS, type Way } from './deaths.ts';

/** How often each sort of player is chosen. */
export type Mixture = Partial<Record<Sort, number>>;

/** One of the keys of a table, as often as it says there. */
export function chosenBy<K extends string>(random: Random, weights: Partial<Record<K, number>>): K {
  const entries = Object.entries(weights) as [K, number][];
  let at = random.integer(
    1,
    entries.reduce((sum, [, weight]) => sum + weight, 0),
  );
  for (const [name, weight] of entries) {
    at -= weight;
    if (at <= 0) return name;
  }
  throw new Error('there is nothing to choose from');
}

export class Troupe {
  readonly mixture: Mixture;
  /** By which guests find the heap. */
  readonly heapName: string;
  /** Seconds after which something hangs. */
  readonly patience: number;
  readonly total: Tally = emptyTally();
  readonly scenes: Tallies = {};
  readonly ways: Tallies = {};
  readonly complaints: string[] = [];

  constructor(mixture: Mixture, heapName: string, patience: number) {
    this.mixture = mixture;
    this.heapName = heapName;
    this.patience = patience;
  }

  chooseSort(random: Random, sorts?: readonly Sort[]): Sort {
    const allowed = Object.entries(this.mixture).filter(([sort]) => sorts === undefined || sorts.includes(sort as Sort));
    return chosenBy(random, Object.fromEntries(allowed) as Mixture);
  }

  chooseWay(random: Random, sort: Sort): Way {
    return chosenBy(random, WAYS[sort]);
  }

  /** Adds to the total, and to the line of a scene. */
  count(scene: string, more: Partial<Tally>): void {
    add(this.total, more);
    addTo(this.scenes, scene, more);
  }

  countWay(sort: Sort, way: Way): void {
    addTo(this.ways, `${sort}: ${way}`, { kills: 1 });
  }

  complain(scene: string, what: string): void {
    this.count(scene, { errors: 1 });
    this.complaints.push(`${scene}: ${what}`);
  }
}
