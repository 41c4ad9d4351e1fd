/**
 * Where we are: in a root (a thread that the package did not start), or in which worker.
 */
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
  /** True until its own modules are imported: then nothing may be started. */
  importing: boolean;
}

let here: Here | undefined;

export function whereWeAre(): Here | undefined {
  return here;
}

export function weAre(worker: Here): void {
  here = worker;
}
