/**
 * Where we are: in a root (a thread that the package did not start), or in which worker.
 */
/** A process, as its threads and children need to know it. */
export interface ProcessTraits {
  readonly daemon: boolean;
  /** Its number among its parent's children, behind its parent's: "2:1". */
  readonly lineage: string;
}

/** What a worker knows of itself. */
export interface Here {
  /** Its record's row and generation. */
  readonly record: { id: number; generation: number };
  readonly tid: number;
  /** The worker whose process this is. */
  readonly pid: number;
  readonly name: string;
  readonly daemon: boolean;
  readonly isProcess: boolean;
  /** The process that it is, or is a thread of. */
  readonly process: ProcessTraits;
  /** True until its own modules are imported: then nothing may be started. */
  importing: boolean;
}

const KEY = Symbol.for('nogil.here');
// For all copies of the package in this thread.
const global = globalThis as { [KEY]?: Here };

export function whereWeAre(): Here | undefined {
  return global[KEY];
}

export function weAre(worker: Here): void {
  global[KEY] = worker;
}
