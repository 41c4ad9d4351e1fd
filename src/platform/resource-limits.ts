/**
 * ResourceLimits: what a worker may use, as Node's worker_threads have it; and the same as flags of a process.
 */
import { ValueError } from '../errors.ts';

/** In MB, as Node's. What a worker lacks ends it: whoever waits for it gets WorkerDied. */
export interface ResourceLimits {
  /** Its heap. */
  maxOldGenerationSizeMb?: number;
  /** The part of it for what is new. Not with start method 'spawn'. */
  maxYoungGenerationSizeMb?: number;
  /** Memory for compiled code. Not with start method 'spawn'. */
  codeRangeSizeMb?: number;
  /** Its stack. Default 4; with start method 'spawn' the engine's, and at most 7. */
  stackSizeMb?: number;
}

/** V8 needs so much of a stack that it does not count itself, as Node's workers have it. */
const STACK_RESERVE_KB = 192;
/** A main thread has the stack that the system gives, which is 8 MB nearly everywhere. */
const LARGEST_STACK = 7;

/** The flags of a process with these limits. @throws ValueError a process cannot have one of them */
export function flagsOf(limits: ResourceLimits): string[] {
  const flags: string[] = [];
  for (const [name, value] of Object.entries(limits)) {
    if (name === 'maxOldGenerationSizeMb') flags.push(`--max-old-space-size=${Math.ceil(value)}`);
    else if (name !== 'stackSizeMb')
      throw new ValueError(`resourceLimits.${name} is for worker threads: a process has no flag that means the same`);
    else if (value > LARGEST_STACK)
      throw new ValueError(`resourceLimits.stackSizeMb of a process must be at most ${LARGEST_STACK}, got ${value}`);
    else flags.push(`--stack-size=${Math.max(STACK_RESERVE_KB, Math.floor(value * 1024) - STACK_RESERVE_KB)}`);
  }
  return flags;
}
