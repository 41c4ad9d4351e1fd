/** Plays a scene: players come, die and are replaced; those who live to its end must still get on. */
import { Random } from '../random.ts';
import type { Maker, Scene } from '../scenes/scene.ts';
import { type Actor, engage } from './actors.ts';
import { isOwn } from './deaths.ts';
import { Ledger, ROWS } from './ledger.ts';
import { pause, until } from './limit.ts';
import { type Part, Player } from './player.ts';
import type { Troupe } from './troupe.ts';

/** Turns that a survivor must make after the last death. */
const LIVELY = 20;
/** Milliseconds within which somebody is struck once it plays. */
const LIFE_MS = 25;
const TEND_MS = 4;

class Playing {
  readonly #troupe: Troupe;
  readonly #scene: Scene;
  readonly #ledger: Ledger;
  readonly #driver: Player;
  readonly #survivors: Actor[] = [];
  #rows = 0;

  constructor(troupe: Troupe, make: Maker, name: string, random: Random) {
    this.#troupe = troupe;
    this.#ledger = new Ledger();
    this.#scene = make(this.#ledger, name, random);
    const part: Part = { row: 0, seed: random.seed(), way: 'kill' };
    this.#driver = new Player(part, this.#ledger.words, this.#ledger.seen);
  }

  #hire(random: Random, isMortal: boolean): Actor {
    const { target, args, sorts } = this.#scene;
    const sort = this.#troupe.chooseSort(random, sorts);
    const way = this.#troupe.chooseWay(random, sort);
    const part: Part = { row: ++this.#rows, seed: random.seed(), way };
    const moments = random.size(60);
    if (isMortal && isOwn(way)) part.moments = moments;
    const hasCompany = random.percent(15) && target !== 'owners' && (sort === 'worker' || sort === 'process');
    if (hasCompany) part.company = ++this.#rows;
    if (this.#rows >= ROWS) throw new Error('the ledger has too few rows');
    // What runs out of memory is to do so soon, and what does not must not.
    if (!isMortal && way === 'memory') part.way = 'kill';
    return engage(sort, { target, part, ledger: this.#ledger, args }, this.#troupe.heapName);
  }

  #turns(actor: Actor): number {
    return this.#ledger.get(actor.part.row, 'TURNS');
  }

  async #awaitTurns(actor: Actor, turns: number): Promise<void> {
    const from = this.#turns(actor);
    const what = () => `a ${this.#name(actor)} gets no further than turn ${this.#turns(actor)}`;
    await until(() => actor.hasEnded || this.#turns(actor) >= from + turns, this.#troupe.patience, what);
  }

  async #awaitEnd(actor: Actor): Promise<void> {
    await until(
      () => actor.hasEnded,
      this.#troupe.patience,
      () => `a ${this.#name(actor)} does not end (${actor.part.way})`,
    );
  }

  #name({ sort, part }: Actor): string {
    return `${sort} of ${this.#scene.name}, in row ${part.row}, after ${this.#ledger.get(part.row, 'TURNS')} turns`;
  }

  #bury(actor: Actor, wasPlanned: boolean): void {
    const complaint = actor.complaint(wasPlanned);
    if (complaint !== undefined) this.#troupe.complain(this.#scene.name, `${this.#name(actor)}: ${complaint}`);
    actor.close();
    for (const row of [actor.part.row, actor.part.company]) if (row !== undefined) this.#scene.buried?.(row, this.#driver);
  }

  /** One place in the team, and so many deaths in it. */
  async #place(random: Random, deaths: number, hasSurvivor: boolean): Promise<void> {
    for (let i = 0; i < deaths; i++) {
      const actor = this.#hire(random, true);
      // Some are struck before they have begun.
      const isAtOnce = random.percent(8);
      const life = (random.integer(0, 1000) / 1000) ** 2 * LIFE_MS;
      if (!isOwn(actor.part.way)) {
        if (!isAtOnce) await this.#awaitTurns(actor, 1);
        await pause(life);
        if (!actor.hasEnded) actor.strike();
      }
      await this.#awaitEnd(actor);
      this.#troupe.countWay(actor.sort, actor.part.way);
      this.#troupe.count(this.#scene.name, { kills: 1 });
      this.#bury(actor, true);
    }
    if (!hasSurvivor) return;
    const survivor = this.#hire(random, false);
    this.#survivors.push(survivor);
    await this.#awaitTurns(survivor, 1);
  }

  async run(deaths: number, random: Random): Promise<void> {
    const { team, name } = this.#scene;
    const tending = setInterval(() => this.#scene.tend?.(this.#driver), TEND_MS);
    try {
      const places = Array.from({ length: team }, (_, i) => Math.floor((deaths + i) / team));
      // Seeds first: what each place chooses does not depend on how fast the others are.
      const seeds = places.map(() => random.seed());
      const survivors = this.#scene.survivors ?? 1;
      await Promise.all(places.map((each, i) => this.#place(new Random(seeds[i] as number), each, i < survivors)));
      // Whatever the dead have left, those who live get on.
      await Promise.all(this.#survivors.map((each) => this.#awaitTurns(each, LIVELY)));
      this.#ledger.end();
      this.#scene.stop?.();
      await Promise.all(this.#survivors.map((each) => this.#awaitEnd(each)));
    } finally {
      clearInterval(tending);
    }
    for (const each of this.#survivors) this.#bury(each, false);
    this.#troupe.count(name, { ...this.#scene.account(this.#driver), items: this.#ledger.sum('PUT') + this.#ledger.sum('DONE') });
    this.#scene.close();
    this.#ledger.close();
  }

  /** For who has to find out why it hangs. */
  state(): string {
    const rows = Array.from({ length: this.#rows + 1 }, (_, row) => `  ${row}: ${this.#ledger.rowText(row)}`);
    return `${this.#scene.name}\n${rows.join('\n')}`;
  }
}

const playing = new Set<Playing>();

/** The ledgers of the scenes that are being played. */
export function statesOfScenes(): string {
  return [...playing].map((each) => each.state()).join('\n');
}

/** Plays a scene with so many deaths. @throws Hang */
export async function play(troupe: Troupe, make: Maker, name: string, deaths: number, seed: number): Promise<void> {
  const random = new Random(seed);
  const each = new Playing(troupe, make, name, random);
  playing.add(each);
  await each.run(deaths, random);
  playing.delete(each);
}
