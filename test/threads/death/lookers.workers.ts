import { activeChildren, currentProcess, enumerate, heap, type Semaphore, task } from 'nogil';

/** Looks at what lives, again and again, until it is killed. */
const lookAt = (look: () => void, turns: Semaphore): void => {
  for (;;) {
    look();
    turns.release();
  }
};

export const lookAtProcesses = task(import.meta, function lookAtProcesses(turns: Semaphore): void {
  lookAt(() => {
    activeChildren();
    currentProcess();
  }, turns);
});

export const lookAtThreads = task(import.meta, function lookAtThreads(turns: Semaphore): void {
  lookAt(enumerate, turns);
});

export const inspect = task(import.meta, function inspect(turns: Semaphore): void {
  lookAt(heap.inspect, turns);
});

export const lookForDeadlocks = task(import.meta, function lookForDeadlocks(turns: Semaphore): void {
  lookAt(heap.deadlocks, turns);
});
