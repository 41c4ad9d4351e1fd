/**
 * Where what a pool's agents share has its words: for WorkerTable, and for who looks at it from outside.
 */

export const enum PoolState {
  OPEN = 0,
  /** No new tasks. */
  CLOSED = 1,
  /** No more tasks at all. */
  TERMINATED = 2,
}

export const enum Assignment {
  /** Nothing, and not about to take anything. */
  NONE = 0,
  /** The worker starts, or its initializer runs. */
  STARTING = -1,
  /** Asleep waiting for a task, or about to say which it has taken. */
  TAKING = -2,
  /** It ends: unless that is for want of a task, and it finds one after it has said so. */
  LEAVING = -3,
  /** Minus the number of the task: its worker is to be ended, and takes no other. */
  SEALED = -16,
}

/** Words of the whole table, in its first line. */
export const enum TableWord {
  STATE = 0,
  SIZE = 1,
  LIMITED = 2,
  ASKED = 4,
  /** The numbers of the queues of its tasks and its replies. */
  TASKS = 5,
  REPLIES = 6,
  /** 1: the heap was too full for a monitor. */
  REFUSED = 7,
}

/** Words of one worker, in a line of its own. */
export const enum WorkerWord {
  ASSIGNMENT = 0,
  TID = 1,
  LIMIT = 2,
  /** Tasks done in this place; it wraps. */
  DONE = 3,
}

/** Words of a cache line: each index has one, since its worker writes it twice a task. */
export const LINE = 16;

/** The task of a worker, also of one that is to be ended for it; not above 0: it has none. */
export function taskOf(assignment: number): number {
  return assignment < Assignment.SEALED ? Assignment.SEALED - assignment : assignment;
}
