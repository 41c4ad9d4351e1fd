/**
 * The worker that this code runs in: a root (a thread that the package did not start) has none.
 */
/** A process, as its threads and children need to know it. */
export interface ProcessTraits {
  readonly daemon: boolean;
  /** Its number among its parent's children, behind its parent's: "2:1". */
  readonly lineage: string;
  /** The process that started it, to be known by when it is no more; `number`: what users know it by. */
  readonly parent?: { readonly pid: number; readonly number: number; readonly name: string } | undefined;
}

/** Where a worker's output goes: a queue's row and generation. */
export interface OutputRef {
  id: number;
  generation: number;
  /** It is this worker's alone: it is shut down at its end. */
  isOwn: boolean;
}

/** Of standard output and of standard error; undefined: the program's own. */
export type Outputs = readonly [OutputRef | undefined, OutputRef | undefined];

/** What a worker knows of itself. */
export interface CurrentWorker {
  /** Its record's row and generation. */
  readonly record: { id: number; generation: number };
  readonly tid: number;
  /** The worker whose process this is. */
  readonly pid: number;
  readonly name: string;
  readonly daemon: boolean;
  readonly isProcess: boolean;
  /** The main thread of a process of the operating system, whose supervisor is its own. */
  readonly isMainThread: boolean;
  /** The process that it is, or is a thread of. */
  readonly process: ProcessTraits;
  /** Where goes what it prints; undefined: the program's own output. */
  readonly outputs: Outputs | undefined;
  /** True until its own modules are imported: then nothing may be started. */
  importing: boolean;
}

const KEY = Symbol.for('nogil.here');
// For all copies of the package in this thread.
const global = globalThis as { [KEY]?: CurrentWorker };

export function currentWorker(): CurrentWorker | undefined {
  return global[KEY];
}

export function setCurrentWorker(worker: CurrentWorker): void {
  global[KEY] = worker;
}
