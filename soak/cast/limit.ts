/** A hang is found by a limit: far more than anything takes, on a machine with much else to do. */

/** Something that was to happen has not happened. */
export class Hang extends Error {
  override readonly name = 'Hang';
}

/** Milliseconds between two looks. */
const LOOK_MS = 3;

/** Waits until `condition` holds, without blocking. @throws Hang after so many seconds */
export async function until(condition: () => boolean, seconds: number, what: () => string): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Hang(what());
    await pause(LOOK_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
