/** What it was measured on. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Machine } from './model.ts';

export function load(): number {
  return loadavg()[0] ?? 0;
}

export function machine(loadBefore: number): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    os: `${type()} ${release()}`,
    runtime: `Node ${process.version}`,
    load: [loadBefore, load()],
  };
}

/** What git calls this tree. */
export function revision(): string | undefined {
  try {
    const words = ['describe', '--always', '--dirty', '--abbrev=12'];
    return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
