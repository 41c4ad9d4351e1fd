/** Makes pools with the last of the memory, so that none is left for the supervisor to staff them. */
import { configure, Lock, MemoryError, main, Pool, Queue, WorkerDied } from 'nogil';

export function next(x: number): number {
  return x + 1;
}

type Ballast = { close(): void }[];

/** Takes all there is, first in blocks that are as large as a pool may want, then down to the last handle. */
function fill(ballast: Ballast): void {
  const takeAll = (take: () => void) => {
    try {
      for (;;) take();
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
    }
  };
  takeAll(() => {
    const queue = new Queue<Uint8Array>();
    ballast.push(queue);
    queue.put(new Uint8Array(20_000));
  });
  const last: Lock[] = [];
  takeAll(() => last.push(new Lock()));
  const handle = last[0]?.handle();
  if (handle) takeAll(() => last.push(Lock.from(handle)));
  ballast.push(...last);
}

/** A pool in a heap that is full again once it is there. */
function squeezed(ballast: Ballast): Pool {
  for (;;) {
    try {
      const pool = new Pool(1);
      fill(ballast);
      return pool;
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      ballast.shift()?.close();
    }
  }
}

/** What whoever waits for such a pool hears: when it was ended, or has no workers. */
async function outcome(way: string, pool: Pool): Promise<string> {
  if (way === 'terminate') pool.terminate();
  else if (way === 'close') pool.close();
  else {
    try {
      pool.applyAsync(next, [1]).get(60);
    } catch (error) {
      if (!(error instanceof MemoryError || error instanceof WorkerDied)) return String(error);
    }
    pool.terminate();
  }
  const hasEnded = way === 'await' ? await pool.joinAsync(60) : pool.join(60);
  return hasEnded ? 'ended' : 'it hangs';
}

configure({ maximumBytes: 2 ** 21 });
main(import.meta, async () => {
  const outcomes: string[] = [];
  for (const way of ['terminate', 'close', 'task', 'await']) {
    for (let round = 0; round < 5; round++) {
      const ballast: Ballast = [];
      fill(ballast);
      const pool = squeezed(ballast);
      outcomes.push(await outcome(way, pool));
      for (const each of ballast) each.close();
    }
  }
  // There is room again.
  const pool = new Pool(1);
  outcomes.push(String(pool.apply(next, [1])));
  pool.terminate();
  console.log(JSON.stringify([...new Set(outcomes)]));
  process.exit(pool.join(60) ? 0 : 1);
});
