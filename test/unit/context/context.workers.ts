import { task } from 'nogil';
import { type Connection, currentProcess, getpid, type Queue } from 'nogil/multiprocessing';

export const whoAmI = task(import.meta, function whoAmI(queue: Queue<string>, end: Connection): void {
  queue.put(currentProcess().name);
  end.send(getpid());
});

export const pid = task(import.meta, function pid(): number {
  return getpid();
});
