/**
 * In which mode the tests run; `test/modes.ts` says what runs in which.
 * 'threads': as users have it by default. 'futex': each heap is between processes, and all waits go through
 * the native part. 'spawn': besides, each Process is a process of the operating system.
 */
// A page has no process.
export const mode = (globalThis.process?.env.NOGIL_TEST_MODE ?? 'threads') as 'threads' | 'futex' | 'spawn';

/** Whether a Process is one of the operating system. */
export const spawns = mode === 'spawn';

/** Whether this is a run of one mode in full, or one of all of them that is to end soon. */
export const inFull = globalThis.process?.env.NOGIL_TEST_IN_FULL !== undefined;

/**
 * How often something is tried that hits another moment each time, as a kill does: a quarter as often unless the
 * run is in full, and half of that where a process takes that much longer to start and to end than a thread.
 */
export const tries = (count: number): number => Math.ceil(count / (inFull ? 1 : 4) / (spawns ? 2 : 1));
