import { type BoundedSemaphore, type Lock, type Queue, type RawValue, type Semaphore, task } from 'nogil';

/** Goes in and out, and keeps the record of how many were inside. */
export const visit = task(
  import.meta,
  async function visit(index: number, gate: Semaphore, guard: Lock, inside: RawValue<'i'>, most: RawValue<'i'>, rounds: number) {
    const change = (by: number) => {
      guard.acquire();
      inside.value += by;
      if (inside.value > most.value) most.value = inside.value;
      guard.release();
    };
    for (let i = 0; i < rounds; i++) {
      if ((i + index) % 4 === 0) await gate.acquireAsync();
      else if ((i + index) % 4 === 1) while (!gate.acquire(true, 0.0002));
      else gate.acquire();
      change(1);
      change(-1);
      gate.release();
    }
  },
);

/** Waits for one permit, and says so. */
export const pass = task(import.meta, function pass(index: number, gate: Semaphore, passed: Queue<number>): void {
  gate.acquire();
  passed.put(index);
});

/** The same in its event loop; `waiting` says when it does. */
export const passAsync = task(
  import.meta,
  async function passAsync(index: number, gate: Semaphore, waiting: Semaphore, passed: Queue<number>): Promise<void> {
    const permit = gate.acquireAsync();
    waiting.release();
    await permit;
    passed.put(index);
  },
);

/** Gives back as often as it can, and says how often that was. */
export const giveAll = task(import.meta, function giveAll(_index: number, gate: BoundedSemaphore): number {
  for (let given = 0; ; given++) {
    try {
      gate.release();
    } catch {
      return given;
    }
  }
});
