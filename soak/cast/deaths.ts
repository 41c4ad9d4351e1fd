/** The ways to die: which there are for whom, what comes of each, and how a player does it to itself. */

/** By others: at any moment of what the player does. */
export type Blow = 'terminate' | 'kill' | 'SIGKILL' | 'SIGTERM' | 'SIGSEGV' | 'SIGABRT';
/** By itself: at a moment that the scene has marked, in the midst of a call or with something in hand. */
export type OwnDeath = 'exit' | 'throw' | 'uncaught' | 'memory' | 'overflow' | 'abort';
export type Way = Blow | OwnDeath;

/**
 * What a player is: a worker thread or a process of the operating system that the package has started, a
 * program that has joined the heap, or a thread that the package has not started.
 */
export type Sort = 'worker' | 'process' | 'guest' | 'attached';

/** How often each is chosen, of those that the sort of player has. */
export const WAYS: Record<Sort, Partial<Record<Way, number>>> = {
  worker: { terminate: 4, kill: 4, exit: 2, throw: 2, uncaught: 1, overflow: 2, memory: 1 },
  process: { kill: 4, terminate: 2, SIGSEGV: 2, SIGABRT: 1, abort: 1, exit: 1, throw: 1, uncaught: 1, overflow: 1, memory: 1 },
  guest: { SIGKILL: 4, SIGTERM: 1, SIGSEGV: 1, exit: 1, throw: 1, overflow: 1 },
  attached: { terminate: 3, exit: 1, throw: 1, overflow: 1 },
};

/** What a player exits with that ends itself by process.exit(). */
export const EXIT_CODE = 7;

/** Megabytes that those have who are to run out of them. */
export const LITTLE_MEMORY = 32;

const SIGNALS: Partial<Record<Way, number>> = { SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11, SIGABRT: 6, abort: 6 };

/** The exit codes that a way can have. */
export function exitCodesOf(way: Way, sort: Sort): number[] {
  if (way === 'exit') return [EXIT_CODE];
  if (way === 'terminate') return [-15];
  if (way === 'kill') return [-9];
  // The engine aborts a process that is out of memory, and stops a thread.
  if (way === 'memory') return sort === 'process' ? [-6, -5] : [1];
  const signal = SIGNALS[way];
  return signal === undefined ? [1] : [-signal];
}

const OWN: readonly string[] = ['exit', 'throw', 'uncaught', 'memory', 'overflow', 'abort'];

export function isOwn(way: Way): way is OwnDeath {
  return OWN.includes(way);
}

/** What a player throws that is to die of it. */
export class PlannedDeath extends Error {
  override readonly name = 'PlannedDeath';
}

/** Dies, in the midst of whatever called this. The other ways need the event loop, or the whole stack. */
export function die(way: OwnDeath): void {
  if (way === 'exit') process.exit(EXIT_CODE);
  if (way === 'throw') throw new PlannedDeath('in the midst of it');
  if (way === 'abort') process.abort();
  if (way !== 'memory') return;
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}

/** An error that nobody catches, in a callback of the event loop. */
export async function throwInLoop(): Promise<never> {
  setImmediate(() => {
    throw new PlannedDeath('in a callback');
  });
  return await new Promise(() => {});
}

/** Frames that a step may need. */
const ROOM = 400;
/** After so many descents the engine has compiled them, and a frame is as large as it will be. */
const DESCENTS = 5;

/** Takes step after step, each deeper in the stack, until it ends in the midst of one: a RangeError. */
export function overflow(step: () => void): never {
  let depth = 0;
  const descend = (left: number): number => {
    depth++;
    if (left <= 0) step();
    return descend(left - 1) + 1;
  };
  for (let i = 0; i < DESCENTS; i++) {
    depth = 0;
    try {
      descend(Number.MAX_SAFE_INTEGER);
    } catch {
      // That was the end of the stack.
    }
  }
  descend(depth - ROOM);
  throw new Error('the stack has no end');
}
