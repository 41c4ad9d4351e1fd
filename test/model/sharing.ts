/**
 * Which words need a scheduling point: those that two workers touch and at least one writes. At all others an
 * order of events makes no difference.
 *
 * Nobody has to say which these are. The search starts by assuming that no word is shared, notes who touches
 * what, and starts again whenever it finds the assumption wrong. The last run is the one that counts: in it
 * every access to a word outside the set came from one worker, or none was a write.
 *
 * Why this is sound: such accesses commute with everything the others do, so to run them at once with the
 * operation before only leaves out schedules that differ from an explored one in the order of independent
 * events. Deaths too: nobody else can see whether the write had happened.
 */

/** Survives from one run of the search to the next. */
export class Shared {
  readonly words: Uint8Array;
  /** Addresses on which one worker sleeps and another one notifies. */
  readonly queues: Uint8Array;
  rounds = 0;

  constructor(
    words: number,
    /** False: every access is a scheduling point. */
    readonly reduce: boolean,
  ) {
    this.words = new Uint8Array(words).fill(reduce ? 0 : 1);
    this.queues = new Uint8Array(words).fill(reduce ? 0 : 1);
  }
}

/** Bit of whoever looks from outside, such as an invariant. */
export const OBSERVER = 31;

/** Who makes a call of the setup that ends in a death (see `Handle.dies`), where one asks who is calling. */
export const DYING = 32;

export class Sharing {
  private readonly readers: Int32Array;
  private readonly writers: Int32Array;
  private readonly sleepers: Int32Array;
  private readonly notifiers: Int32Array;
  /** The assumption was wrong: `shared` has grown, and this run of the search does not count as complete. */
  learned = false;
  private readonly foundWords: number[] = [];
  private readonly foundQueues: number[] = [];

  constructor(private readonly shared: Shared) {
    this.readers = new Int32Array(shared.words.length);
    this.writers = new Int32Array(shared.words.length);
    this.sleepers = new Int32Array(shared.words.length);
    this.notifiers = new Int32Array(shared.words.length);
  }

  /** Worker `who` reads or writes `word`; whether that needs a scheduling point. */
  touch(word: number, write: boolean, who: number): boolean {
    if (this.shared.words[word]) return true;
    if (meet(this.writers, this.readers, word, write, who)) {
      this.foundWords.push(word);
      this.learned = true;
    }
    return false;
  }

  /** Worker `who` sleeps on `word` or wakes its sleepers; whether that needs a scheduling point. */
  touchQueue(word: number, sleep: boolean, who: number): boolean {
    if (this.shared.queues[word]) return true;
    if (meet(this.sleepers, this.notifiers, word, sleep, who)) {
      this.foundQueues.push(word);
      this.learned = true;
    }
    return false;
  }

  /** Hands what was found to the next run. */
  teach(): void {
    for (const word of this.foundWords) this.shared.words[word] = 1;
    for (const word of this.foundQueues) this.shared.queues[word] = 1;
    this.shared.rounds++;
  }
}

/** Notes `who` as one of `strong` or of `weak`; whether there are two by now, and one of them strong. */
function meet(strong: Int32Array, weak: Int32Array, word: number, isStrong: boolean, who: number): boolean {
  if (isStrong) strong[word] |= 1 << who;
  else weak[word] |= 1 << who;
  const all = strong[word] | weak[word];
  return strong[word] !== 0 && (all & (all - 1)) !== 0;
}
