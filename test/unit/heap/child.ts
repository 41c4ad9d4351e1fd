/** Programs of their own: for what happens once in a program, or to the whole of one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const url = (entry: string) => JSON.stringify(new URL(`../../../dist/${entry}.js`, import.meta.url).href);

const prelude = `
  import * as nogil from ${url('index')};
  import * as mp from ${url('multiprocessing')};
  const { Barrier, BoundedSemaphore, Condition, Event, Lock, Process, Queue, RLock, RawValue, Semaphore, Thread, Value, configure, heap } = nogil;
`;

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `code` as a module with everything imported. One that hangs is ended, and has no status. */
export function runChild(code: string, ...flags: string[]): Ended {
  const folder = mkdtempSync(join(tmpdir(), 'nogil-'));
  try {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, prelude + code);
    const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file], {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    return { status, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
