/**
 * A virtual thread: an instance of the core, the place in memory of its suspended stack and of its globals,
 * and the tasks that share it.
 */
import type { Core } from './build.ts';
import type { Worker } from './machine.ts';
import type { Memory } from './memory.ts';
import type { Seam } from './seam.ts';
import { GLOBALS_BYTES, LOAD_GLOBALS, SAVE_GLOBALS } from './suspendable.ts';

type Call = (...args: number[]) => number;

/** Asyncify's two words, before the stack: where it ends now and where it must end. */
const STACK_HEADER = 8;

export class Thread {
  readonly tasks: Worker[] = [];
  private readonly words: Int32Array;
  private readonly exports: WebAssembly.Exports;
  /** Words: the task that is between two awaits (1 + its index), then the globals. */
  private readonly at: number;
  private readonly globals: number;
  private readonly stack: number;
  private readonly calls = new Map<string, Call>();
  private readonly saveGlobals: (at: number) => void;
  private readonly loadGlobals: (at: number) => void;
  private readonly unwind: (stack: number) => void;
  private readonly unwound: () => void;
  private readonly rewind: (stack: number) => void;
  private readonly rewound: () => void;
  private top = 0;

  constructor(core: Core, memory: Memory, seam: Seam, stackBytes: number) {
    this.words = memory.words;
    this.exports = new WebAssembly.Instance(core.module, seam.importsFor(this, core)).exports;
    const { exports } = this;
    const globalsBytes = (exports[GLOBALS_BYTES] as WebAssembly.Global).value as number;
    // One behind the other: `hash` and `clear` go over them in one sweep.
    this.at = memory.allot(2 + (globalsBytes >> 2));
    this.globals = (this.at + 2) << 2;
    this.stack = memory.allot(stackBytes >> 2) << 2;
    this.words[this.stack >> 2] = this.stack + STACK_HEADER;
    this.words[(this.stack >> 2) + 1] = this.stack + stackBytes;
    this.saveGlobals = exports[SAVE_GLOBALS] as typeof this.saveGlobals;
    this.loadGlobals = exports[LOAD_GLOBALS] as typeof this.loadGlobals;
    this.unwind = exports.asyncify_start_unwind as typeof this.unwind;
    this.unwound = exports.asyncify_stop_unwind as typeof this.unwound;
    this.rewind = exports.asyncify_start_rewind as typeof this.rewind;
    this.rewound = exports.asyncify_stop_rewind as typeof this.rewound;
  }

  find(name: string): Call {
    let call = this.calls.get(name);
    if (call) return call;
    call = this.exports[name] as Call | undefined;
    if (typeof call !== 'function') throw new Error(`the core exports no function ${name}`);
    this.calls.set(name, call);
    return call;
  }

  /** Before the instance runs and after. */
  enter(): void {
    this.loadGlobals(this.globals);
    this.top = this.words[this.stack >> 2];
  }

  leave(): void {
    this.saveGlobals(this.globals);
  }

  startUnwind(): void {
    this.unwind(this.stack);
  }

  stopUnwind(): void {
    this.unwound();
    this.clearFrom(this.words[this.stack >> 2]);
  }

  startRewind(): void {
    this.rewind(this.stack);
  }

  stopRewind(): void {
    this.rewound();
  }

  /** A call ended: nothing of it remains. */
  callEnded(): void {
    this.clearFrom(this.stack + STACK_HEADER);
  }

  /** What lies above `end` is no part of the state. */
  private clearFrom(end: number): void {
    if (end < this.top) this.words.fill(0, end >> 2, (this.top + 3) >> 2);
    this.top = end;
  }

  /** Of the globals and the suspended stack: a worker goes on equally from equal ones. Never 0. */
  hash(): number {
    let hash = 0x811c9dc5;
    const end = this.words[this.stack >> 2] >> 2;
    for (let word = this.globals >> 2; word < end; word++) hash = Math.imul(hash ^ this.words[word], 0x01000193) ^ (hash >>> 15);
    return hash | 1;
  }

  /** Whether task `index` may run: no other task of this thread is between two awaits. */
  isFreeFor(index: number): boolean {
    return this.tasks.length === 1 || this.words[this.at] === 0 || this.words[this.at] === index + 1;
  }

  occupy(index: number): void {
    if (this.tasks.length > 1) this.words[this.at] = index + 1;
  }

  /** Task `index` awaits, or has ended. */
  free(index: number): void {
    if (this.words[this.at] === index + 1) this.words[this.at] = 0;
  }

  /** The call that is suspended will not go on. */
  abandonCall(): void {
    const { words, stack } = this;
    words.fill(0, (stack + STACK_HEADER) >> 2, (words[stack >> 2] + 3) >> 2);
    words[stack >> 2] = stack + STACK_HEADER;
  }

  /** The thread died. */
  clear(): void {
    const { words, stack } = this;
    const used = words[stack >> 2];
    words.fill(0, (stack + STACK_HEADER) >> 2, (used + 3) >> 2);
    words[stack >> 2] = stack + STACK_HEADER;
    words.fill(0, this.at, stack >> 2);
  }
}
