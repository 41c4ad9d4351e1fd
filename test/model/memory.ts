/**
 * The memory of a model: everything that makes up a state lies in it, so a state is its difference to the
 * base copy.
 *
 *     ╒═ 0 ═══════════╤═ core ══════════════════════════════╤═ base ════════════╤═ out ═════════════════╤═══════╕
 *     │ the core's own │ suspended stacks, globals, ghosts … │ copy of the first │ hash, words that differ │ lines │
 *     ╘════════════════╧═════════════════════════════════════╧═══════════════════╧═════════════════════════╧═══════╛
 *
 * Only those lines of 64 bytes are compared that somebody has written to in this search: of the core's part
 * those that were noted, of the harness's all.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHelper } from './build.ts';

const PAGE = 65536;
/** Room for the harness's part. */
const HARNESS_PAGES = 1;
const LINE_SHIFT = 6;
/**
 * After so many comparisons at most, and after each power of two, the whole memory is compared: a line that
 * was not noted is found out.
 */
const CHECK_AFTER = 1 << 12;

const scanner = await buildHelper(join(dirname(fileURLToPath(import.meta.url)), 'assembly/scan/index.ts'), ['--enable', 'simd']);

/** The exports of `assembly/scan`; addresses are in bytes. */
interface Scanner {
  scan(lines: number, count: number, base: number, out: number): number;
  undo(out: number, count: number, base: number): void;
  redo(out: number, count: number): void;
}

export class Memory {
  readonly wasm: WebAssembly.Memory;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly coreBytes: number;
  /** In words: of the base copy, and of the scanner's answer. */
  private readonly base: number;
  private readonly out: number;
  private readonly lines: number;
  private end: number;
  private readonly scanner: Scanner;
  private readonly isNoted: Uint8Array;
  private noted = 0;
  private scans = 0;
  /** How many words differed when last scanned. */
  differing = 0;

  constructor(pages: number) {
    const all = pages + HARNESS_PAGES;
    // Not shared: there is one real thread, and copying is faster.
    this.wasm = new WebAssembly.Memory({ initial: all * 4 + 2 });
    this.words = new Int32Array(this.wasm.buffer);
    this.bytes = new Uint8Array(this.wasm.buffer);
    this.coreBytes = pages * PAGE;
    this.base = (all * PAGE) >> 2;
    this.out = this.base * 2;
    this.lines = this.base * 4 + (PAGE >> 2);
    this.isNoted = new Uint8Array((all * PAGE) >> LINE_SHIFT);
    this.end = this.coreBytes >> 2;
    const { exports } = new WebAssembly.Instance(scanner, { env: { memory: this.wasm } });
    this.scanner = exports as unknown as Scanner;
  }

  /** `count` words of the harness's own; the index of the first, even. */
  allot(count: number): number {
    const at = this.end;
    this.end += (count + 1) & ~1;
    if (this.end > this.base) throw new Error('the model is too large: too many workers or ghosts');
    return at;
  }

  /** What lies in memory now is the state that all others are compared with. */
  seal(): void {
    this.words.copyWithin(this.base, 0, this.base);
    this.differing = 0;
    this.noted = 0;
    this.isNoted.fill(0);
    for (let at = this.coreBytes; at < this.end * 4; at += 1 << LINE_SHIFT) this.noteLine(at >> LINE_SHIFT);
  }

  /** Bytes of the core's part are written to. */
  note(from: number, bytes: number): void {
    const last = (from + bytes - 1) >> LINE_SHIFT;
    for (let line = from >> LINE_SHIFT; line <= last; line++) if (this.isNoted[line] === 0) this.noteLine(line);
  }

  private noteLine(line: number): void {
    this.isNoted[line] = 1;
    this.words[this.lines + this.noted++] = line << LINE_SHIFT;
  }

  /**
   * Compares with the base. `differing`, `hashLow`, `hashHigh` and `save` speak of this comparison until the
   * next.
   */
  scan(): void {
    this.differing = this.scanner.scan(this.lines * 4, this.noted, this.base * 4, this.out * 4);
    const { scans } = this;
    if ((scans & (scans - 1)) === 0 || scans % CHECK_AFTER === 0) this.check();
    this.scans++;
  }

  private check(): void {
    for (let word = this.coreBytes >> 2; word-- > 0; ) {
      if (this.words[word] !== this.words[this.base + word] && this.isNoted[(word << 2) >> LINE_SHIFT] === 0)
        throw new Error(`the word at ${word << 2} was written to past the harness: use writeWords, or ghosts`);
    }
  }

  get hashLow(): number {
    return this.words[this.out];
  }

  get hashHigh(): number {
    return this.words[this.out + 1];
  }

  /** Copies the difference, 2 words for each that differs, to `to[at]`. */
  save(to: Int32Array, at: number): void {
    to.set(this.words.subarray(this.out + 2, this.out + 2 + this.differing * 2), at);
  }

  /**
   * Goes to a saved state from the one that was scanned or restored last: after any change call `scan` first.
   */
  restore(from: Int32Array, at: number, count: number): void {
    const { words, base, out } = this;
    this.scanner.undo(out * 4, this.differing, base * 4);
    words.set(from.subarray(at, at + count * 2), out + 2);
    this.scanner.redo(out * 4, count);
    this.differing = count;
  }
}
