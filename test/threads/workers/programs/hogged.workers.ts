/** Starts workers while another one takes what memory there is, and waits for them all the same. */
import { configure, Lock, MemoryError, main, Pool, Process, Queue, RawArray, sleep, Thread, TimeoutError, task } from 'nogil';

export function next(x: number): number {
  return x + 1;
}

/** Words of what hog and main thread share. */
const [TAKE, FULL, FREED] = [0, 1, 2];

/** Takes all memory while it is told to, and gives it back then. */
export const hog = task(import.meta, function hog(words: RawArray<'i'>): void {
  const state = words.view() as Int32Array;
  const taken: { close(): void }[] = [];
  const takeAll = (take: () => { close(): void }) => {
    try {
      while (Atomics.load(state, TAKE) === 1) taken.push(take());
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
    }
  };
  for (;;) {
    Atomics.wait(state, TAKE, 0);
    if (Atomics.load(state, TAKE) === 2) return;
    while (Atomics.load(state, TAKE) === 1) {
      takeAll(() => new Lock());
      takeAll(() => {
        const queue = new Queue<Uint8Array>();
        taken.push(queue);
        queue.put(new Uint8Array(300));
        return new Lock();
      });
      Atomics.add(state, FULL, 1);
    }
    for (const each of taken) each.close();
    taken.length = 0;
    Atomics.add(state, FREED, 1);
    Atomics.notify(state, FREED);
  }
});

function byWorker(worker: Thread | Process): unknown {
  worker.start();
  return worker.join(60) ? worker.result() : 'it hangs';
}

const ways: Record<string, () => unknown> = {
  thread: () => byWorker(new Thread({ target: next, args: [1] })),
  process: () => byWorker(new Process({ target: next, args: [1] })),
  pool() {
    const pool = new Pool(1);
    try {
      return pool.applyAsync(next, [1]).get(10);
    } catch (error) {
      if (error instanceof TimeoutError) return 'it hangs';
      throw error;
    } finally {
      pool.terminate();
      if (!pool.join(60)) console.log('the pool hangs');
    }
  },
};

configure({ maximumBytes: 2 ** 21 });
main(import.meta, () => {
  const words = new RawArray('i', 3);
  const state = words.view() as Int32Array;
  const hogs = new Thread({ target: hog, args: [words] });
  hogs.start();
  const outcomes = new Set<string>();
  const step = Number(process.argv[3]);
  for (let pieces = 0; pieces < 40; pieces += step) {
    const ballast: Queue<Uint8Array>[] = [];
    // What the worker of the round before has left may not be given back yet.
    while (ballast.length < 40) {
      const queue = new Queue<Uint8Array>();
      try {
        queue.put(new Uint8Array(6000));
        ballast.push(queue);
      } catch (error) {
        if (!(error instanceof MemoryError)) throw error;
        queue.close();
        sleep(0.01);
      }
    }
    const full = Atomics.load(state, FULL);
    Atomics.store(state, TAKE, 1);
    Atomics.notify(state, TAKE);
    while (Atomics.load(state, FULL) < full + 5) Atomics.wait(state, FREED, Atomics.load(state, FREED), 1);
    // So much is there to begin with, as long as nobody takes it.
    for (let i = 0; i < pieces; i++) ballast.pop()?.close();
    try {
      outcomes.add(String(ways[process.argv[2] ?? '']?.()));
    } catch (error) {
      outcomes.add((error as Error).name);
    }
    for (const queue of ballast) queue.close();
    const freed = Atomics.load(state, FREED);
    Atomics.store(state, TAKE, 0);
    Atomics.wait(state, FREED, freed);
  }
  Atomics.store(state, TAKE, 2);
  Atomics.notify(state, TAKE);
  hogs.join();
  console.log(JSON.stringify([...outcomes].sort()));
  process.exit();
});
