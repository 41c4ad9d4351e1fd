/**
 * Seconds after which something that was to happen has not happened: far more than anything takes. A process
 * begins by loading Node, on a machine with much else to do.
 */
export const LONG = 60;

/** Milliseconds after which a whole program is killed: it starts several workers, in turn or at once. */
export const PROGRAM_MS = 60_000;

/** Waits, without blocking, until `condition` holds. @throws when it does not for a long time */
export async function until(condition: () => boolean, what: string | (() => string) = String(condition)): Promise<void> {
  const end = performance.now() + LONG * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
