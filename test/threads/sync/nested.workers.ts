/** Parties of waits that begin while another wait of the same worker is under way. */
import { type Barrier, type Condition, type Event, task } from 'nogil';

/** The party's index, or the name of the error that ended its wait. */
export const attends = task(import.meta, function attends(barrier: Barrier, timeout: number): number | string {
  try {
    return barrier.wait(timeout);
  } catch (error) {
    return (error as Error).name;
  }
});

/** Notifies until told that somebody was woken. */
export const notifies = task(import.meta, function notifies(condition: Condition, woken: Event): void {
  while (!woken.isSet()) {
    condition.acquire();
    condition.notify();
    condition.release();
  }
});
