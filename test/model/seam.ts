/**
 * The operations of the seam: what each does to the memory, and the imports that suspend a worker before it.
 */
import type { Core } from './build.ts';
import type { Memory } from './memory.ts';
import { DYING, OBSERVER, type Sharing } from './sharing.ts';
import type { Thread } from './thread.ts';

export const Op = {
  NONE: 0,
  LOAD: 1,
  STORE: 2,
  CAS: 3,
  XCHG: 4,
  ADD: 5,
  LOAD64: 6,
  STORE64: 7,
  CAS64: 8,
  LOAD_PLAIN: 9,
  STORE_PLAIN: 10,
  COPY: 11,
  WAIT: 12,
  NOTIFY: 13,
  PAUSE: 14,
  /**
   * Of the harness: `await Atomics.waitAsync`, a `run` step, and to go on with an answer that is there: after
   * a wake-up, at a turn of the event loop.
   */
  WAIT_ASYNC: 15,
  RUN: 16,
  GO_ON: 17,
  LOAD_PLAIN64: 18,
  STORE_PLAIN64: 19,
  FILL: 20,
  NOTIFY_HERE: 21,
  /** Of the harness: the ear of a thread, asleep in the kernel while the thread's tasks go on. */
  LISTEN: 22,
} as const;

/** The import of test/model/assembly/atomics.ts behind each operation. */
const IMPORTS: readonly (readonly [string, number])[] = [
  ['load', Op.LOAD],
  ['store', Op.STORE],
  ['cas', Op.CAS],
  ['xchg', Op.XCHG],
  ['add', Op.ADD],
  ['loadWide', Op.LOAD64],
  ['storeWide', Op.STORE64],
  ['casWide', Op.CAS64],
  ['loadPlain', Op.LOAD_PLAIN],
  ['storePlain', Op.STORE_PLAIN],
  ['loadPlainWide', Op.LOAD_PLAIN64],
  ['storePlainWide', Op.STORE_PLAIN64],
  ['copy', Op.COPY],
  ['fill', Op.FILL],
  ['sleep', Op.WAIT],
  ['notify', Op.NOTIFY],
  ['notifyHere', Op.NOTIFY_HERE],
  ['pause', Op.PAUSE],
];

export const opByName: Readonly<Record<string, number>> = {
  ...Object.fromEntries(IMPORTS),
  waitAsync: Op.WAIT_ASYNC,
  listen: Op.LISTEN,
};

/** Hears what happens, for a report. */
export interface Listener {
  op(who: number, op: number, p: number, a: number, b: number, c: number, d: number, result: number): void;
  calls(who: number, name: string, args: readonly number[]): void;
  returns(who: number, name: string, result: number): void;
  says(who: number, what: string): void;
}

/**
 * After so many operations without a scheduling point there is one anyway: a loop must not hide from the
 * search.
 */
const LONGEST_RUN = 256;
/** No setup takes so many operations: a loop that ends never is found out. */
const LONGEST_SETUP = 10_000_000;
/** A loop of steps that do nothing never comes to an operation. */
const MOST_STEPS = 100_000;

/** Goes through the core's frames, of which nothing is left. */
class CutShort extends Error {}

export class Seam {
  listener: Listener | undefined;
  /** Nobody is suspended: during the setup. */
  direct = true;
  /** Runs a call that must change nothing. */
  private looking = false;
  /** Who is moving: a worker's index, or OBSERVER. */
  who: number = OBSERVER;
  /** Whether the workers are in several processes. */
  between = false;
  /** What `now` answers. */
  clock = 0;
  /** Operations that are left to a call of the setup's: see `cutShort`. */
  private left = Number.POSITIVE_INFINITY;
  /** Operations in which nobody could be suspended. */
  private setup = 0;
  /** Operations and steps since the last scheduling point. */
  private run = 0;
  /** While an instance rewinds: the result of the operation at which it was suspended. */
  rewinding = false;
  answer = 0;
  /** Set by `pend`, with the operation and its arguments. */
  suspended = false;
  readonly pending = new Int32Array(6);
  /** The upper half of the last 64-bit result. */
  private high = 0;
  private readonly words: Int32Array;
  private readonly grown: number;

  constructor(
    private readonly memory: Memory,
    readonly sharing: Sharing,
    private readonly fine: boolean,
    private readonly spare: number,
    /** Called when an operation changed the memory. */
    private readonly changed: () => void,
  ) {
    this.words = memory.words;
    this.grown = memory.allot(1);
  }

  /** Of the core's word at `address`. */
  wordAt(address: number): number {
    const p = address >>> 0;
    if (p & 3 || p >= this.memory.coreBytes) throw new Error(`there is no word at ${p}`);
    return p >> 2;
  }

  /**
   * Asyncify calls a suspending import twice: first it unwinds the stack; the second time it has rewound it
   * and wants the result.
   */
  importsFor(thread: Thread, { module, planted = 0, enters }: Core): WebAssembly.Imports {
    const seam: WebAssembly.ModuleImports = {
      high: () => this.high,
      now: () => this.clock,
      between: () => Number(this.between),
      growBy: (pages: number) => this.grow(pages),
    };
    for (const [name, op] of IMPORTS) {
      seam[name] = (p = 0, a = 0, b = 0, c = 0, d = 0) => {
        if (this.rewinding) {
          this.rewinding = false;
          thread.stopRewind();
          return this.answer;
        }
        if (this.goesThrough(op, p, a, b)) return this.perform(op, p, a, b, c, d);
        this.pend(op, p, a, b, c, d);
        thread.startUnwind();
        return 0;
      };
    }
    const imports: Record<string, WebAssembly.ModuleImports> = {
      atomics: seam,
      env: { memory: this.memory.wasm },
      planted: { number: planted, enters: (number: number) => enters?.(number, this.caller) },
    };
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      if (kind !== 'function' || name in imports[from]) continue;
      imports[from][name] = () => {
        throw new Error(`the core called ${from}.${name}, which a model does not have`);
      };
    }
    return imports;
  }

  /** Who is making a call: a worker's index, OBSERVER or DYING in the setup. */
  private get caller(): number {
    if (!this.direct) return this.who;
    return this.left === Number.POSITIVE_INFINITY ? OBSERVER : DYING;
  }

  /** Who is moving stops before this operation. */
  pend(op: number, p: number, a: number, b: number, c: number, d: number): void {
    const { pending } = this;
    this.suspended = true;
    pending[0] = op;
    pending[1] = p;
    pending[2] = a;
    pending[3] = b;
    pending[4] = c;
    pending[5] = d;
  }

  /** Whether an operation is not a scheduling point. */
  goesThrough(op: number, p: number, a: number, b: number): boolean {
    if (this.direct) {
      if (op === Op.WAIT) throw new Error('a call that is no step of a program would sleep');
      if (++this.setup > LONGEST_SETUP) throw new Error('the setup goes round and round');
      if (this.left-- <= 0) throw new CutShort();
      if (this.looking) this.isPrivate(op, p, a, b);
      return true;
    }
    return this.isPrivate(op, p, a, b) && ++this.run < LONGEST_RUN;
  }

  private isPrivate(op: number, p: number, a: number, b: number): boolean {
    switch (op) {
      case Op.LOAD:
        return !this.touch(p, false);
      case Op.LOAD64:
        return !this.touchTwo(p, false);
      case Op.STORE64:
      case Op.CAS64:
        return !this.touchTwo(p, true);
      case Op.LOAD_PLAIN:
        return !(this.touch(p, false) && this.fine);
      case Op.STORE_PLAIN:
        return !(this.touch(p, true) && this.fine);
      case Op.LOAD_PLAIN64:
        return !(this.touchTwo(p, false) && this.fine);
      case Op.STORE_PLAIN64:
        return !(this.touchTwo(p, true) && this.fine);
      case Op.FILL: {
        let shared = false;
        for (let at = p & ~3; at < p + b; at += 4) shared = this.touch(at, true) || shared;
        return !(shared && this.fine);
      }
      case Op.COPY: {
        let shared = false;
        for (let at = p & ~3; at < p + b; at += 4) shared = this.touch(at, true) || shared;
        for (let at = a & ~3; at < a + b; at += 4) shared = this.touch(at, false) || shared;
        return !(shared && this.fine);
      }
      case Op.WAIT:
      case Op.WAIT_ASYNC:
      case Op.LISTEN:
        this.touch(p, false);
        this.sharing.touchQueue(p >> 2, true, this.who);
        return false;
      case Op.NOTIFY:
      case Op.NOTIFY_HERE:
        return !this.sharing.touchQueue(this.wordAt(p), false, this.who);
      case Op.PAUSE:
        return false;
      default:
        return !this.touch(p, true);
    }
  }

  /** Before each step of a program. */
  tick(): void {
    if (++this.run > MOST_STEPS) throw new Error('goes round and round without doing anything');
  }

  /** Calls `call` between two operations of whoever is moving. */
  look(call: () => number): number {
    const { direct, listener } = this;
    this.direct = true;
    this.looking = true;
    this.setup = 0;
    this.listener = undefined;
    try {
      return call();
    } finally {
      this.direct = direct;
      this.looking = false;
      this.listener = listener;
    }
  }

  /**
   * Makes a call of the setup's, which ends for good before its operation number `operations`, from 0;
   * whether it came to that.
   */
  cutShort(operations: number, call: () => void): boolean {
    this.left = operations;
    try {
      call();
      return false;
    } catch (error) {
      if (error instanceof CutShort) return true;
      throw error;
    } finally {
      this.left = Number.POSITIVE_INFINITY;
    }
  }

  /** Who is moving begins after a scheduling point. */
  begin(clock: number): void {
    this.run = 0;
    this.clock = clock;
    this.suspended = false;
  }

  private touch(p: number, write: boolean): boolean {
    return this.sharing.touch(this.wordAt(p), write, this.who);
  }

  private touchTwo(p: number, write: boolean): boolean {
    if (p & 7) throw new Error(`there is no 64-bit word at ${p}`);
    const low = this.touch(p, write);
    return this.touch(p + 4, write) || low;
  }

  /** Does an operation that does not sleep or wake; its result. */
  perform(op: number, p: number, a: number, b: number, c: number, d: number): number {
    const result = this.effect(op, p, a, b, c, d);
    this.listener?.op(this.who, op, p, a, b, c, d, result);
    return result;
  }

  private effect(op: number, p: number, a: number, b: number, c: number, d: number): number {
    const { words } = this;
    const word = p >> 2;
    const old = words[word];
    switch (op) {
      case Op.LOAD:
      case Op.LOAD_PLAIN:
        return old;
      case Op.STORE:
      case Op.STORE_PLAIN:
        this.write(word, a);
        return 0;
      case Op.CAS:
        if (old === a) this.write(word, b);
        return old;
      case Op.XCHG:
        this.write(word, a);
        return old;
      case Op.ADD:
        this.write(word, old + a);
        return old;
      case Op.LOAD64:
      case Op.LOAD_PLAIN64:
        this.high = words[word + 1];
        return old;
      case Op.STORE64:
      case Op.STORE_PLAIN64:
        this.write(word, a);
        this.write(word + 1, b);
        return 0;
      case Op.CAS64:
        this.high = words[word + 1];
        if (old === a && this.high === b) {
          this.write(word, c);
          this.write(word + 1, d);
        }
        return old;
      case Op.FILL:
        this.onlyLooks(b);
        this.memory.note(p, b);
        this.memory.bytes.fill(a, p, p + b);
        if (b > 0) this.changed();
        return 0;
      case Op.COPY:
        this.onlyLooks(b);
        this.memory.note(p, b);
        this.memory.bytes.copyWithin(p, a, a + b);
        if (b > 0) this.changed();
        return 0;
      default:
        // A pause of the setup's, or a notify where nobody sleeps.
        return 0;
    }
  }

  private write(word: number, value: number): void {
    if (this.words[word] === value) return;
    this.onlyLooks(1);
    this.memory.note(word << 2, 4);
    this.words[word] = value;
    this.changed();
  }

  private onlyLooks(bytes: number): void {
    if (this.looking && bytes > 0) throw new Error('a call that should only look wrote to the memory');
  }

  private grow(pages: number): number {
    if (this.words[this.grown] + pages > this.spare) return 0;
    this.words[this.grown] += pages;
    return 1;
  }
}
