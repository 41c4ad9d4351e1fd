import { type Event, type Lock, task } from 'nogil';

/** Takes the lock and waits to be killed. */
export const holdAndWait = task(import.meta, function holdAndWait(lock: Lock, ready: Event): void {
  lock.acquire();
  ready.set();
  for (;;) ready.wait(1);
});

export const waitFor = task(import.meta, function waitFor(event: Event): void {
  event.wait();
});
