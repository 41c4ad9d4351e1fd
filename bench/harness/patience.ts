/** A rival that hangs, or throws where nobody waits for it, ends its own figure, not the run. */

/** Ends the wait that is on: one contender works at a time. */
let stop: ((error: Error) => void) | undefined;

/** What no promise brings and nobody catches is news of the contender that is at work. */
export function catchStrays(): void {
  const caught = (error: unknown) => {
    if (stop) stop(error instanceof Error ? error : new Error(String(error)));
    else console.error(`while nobody was at work: ${messageOf(error)}`);
  };
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
}

export async function within<T>(seconds: number, work: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const before = stop;
  const failure = new Promise<never>((_, reject) => {
    stop = reject;
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, failure]);
  } finally {
    clearTimeout(timer);
    stop = before;
  }
}

export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split('\n')[0]?.slice(0, 300) ?? '';
}
