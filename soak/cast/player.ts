/** A player: the worker's side of a scene. It takes turns until the scene ends, or until it dies. */
import { type RawArray, sleep, sleepAsync, Thread } from 'nogil';
import { Random } from '../random.ts';
import { die, isOwn, overflow, throwInLoop, type Way } from './deaths.ts';
import { Ledger } from './ledger.ts';

/** What a player is told. */
export interface Part {
  row: number;
  seed: number;
  way: Way;
  /** Marked moments after which it dies, if it does so by itself; none: it lives as long as the scene. */
  moments?: number;
  /** The row of a thread of its own, which plays beside it and goes with it. */
  company?: number;
}

/** One turn: a call or two of what the scene is about. */
export type Turn = (player: Player) => void | Promise<void>;

// biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the scene.
export type Target = (part: Part, words: RawArray<'i'>, seen: RawArray<'B'>, ...rest: any[]) => Promise<void>;

export class Player {
  readonly row: number;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly #part: Part;
  #moments = 0;

  constructor(part: Part, words: RawArray<'i'>, seen: RawArray<'B'>) {
    this.#part = part;
    this.row = part.row;
    this.random = new Random(part.seed);
    this.ledger = new Ledger(words, seen);
  }

  /** What this player's row says. */
  get(name: Parameters<Ledger['get']>[1]): number {
    return this.ledger.get(this.row, name);
  }

  set(name: Parameters<Ledger['set']>[1], value: number): void {
    this.ledger.set(this.row, name, value);
  }

  add(name: Parameters<Ledger['add']>[1], by = 1): void {
    this.ledger.add(this.row, name, by);
  }

  get isPastItsTime(): boolean {
    const { way, moments } = this.#part;
    return moments !== undefined && isOwn(way) && this.#moments >= moments;
  }

  /** A moment at which it may die by itself. */
  moment(): void {
    this.#moments++;
    if (this.isPastItsTime) die(this.#part.way as never);
  }
}

/**
 * Milliseconds in which it plays as fast as it can: who is struck from outside is so by then. Those who
 * live longer leave the processor to those who begin.
 */
const YOUTH_MS = 80;
/** Seconds. */
const REST = 0.001;

/** In its event loop, or asleep. */
function pauseFor(player: Player): void | Promise<void> {
  if (player.random.percent(50)) return sleepAsync(REST);
  sleep(REST);
}

/**
 * Plays a part, with one thread more if it is to have one.
 * @param step a turn of one that has no more stack, and so no event loop either: it must not await
 */
export async function perform<F extends Target>(
  self: F,
  args: Parameters<F>,
  turn: Turn,
  step: (player: Player) => void = turn,
): Promise<void> {
  const [part, words, seen, ...rest] = args as unknown as Parameters<Target>;
  const player = new Player(part, words, seen);
  // What it is about to report is no fault.
  if (part.moments !== undefined) process.stderr.write = () => true;
  if (part.company !== undefined) {
    const own: Part = { row: part.company, seed: part.seed ^ 0x5555, way: part.way };
    new Thread({ target: self, args: [own, words, seen, ...rest] as never, daemon: true }).start();
  }
  const youth = performance.now() + YOUTH_MS;
  while (!player.ledger.isOver) {
    if (player.isPastItsTime) {
      if (part.way === 'uncaught') await throwInLoop();
      if (part.way === 'overflow') overflow(() => step(player));
    }
    // Not each time: a worker that never returns to its loop is another case than one that does.
    const going = turn(player);
    if (going !== undefined) await going;
    player.add('TURNS');
    if (performance.now() > youth) await pauseFor(player);
  }
}
