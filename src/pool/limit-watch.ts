/**
 * LimitWatch: sees in the worker table when the time of a task is up. It runs in the supervisor, so that a
 * limit holds whatever the pool's creator is doing, and only while a task on its way has one.
 *
 * It counts from when it first sees a task with its limit, which is up to TICK behind; no clock has to be the
 * same in two processes.
 */
import type { WorkerTable } from './worker-table.ts';

/** Milliseconds between two looks. */
const TICK = 25;

export class LimitWatch {
  readonly #table: WorkerTable;
  readonly #late: (index: number, id: number, limit: number) => void;
  /** By index: which task, since when, and whether it was said to be late. */
  readonly #seen = new Map<number, { id: number; since: number; isLate: boolean }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param late called once a task */
  constructor(table: WorkerTable, late: (index: number, id: number, limit: number) => void) {
    this.#table = table;
    this.#late = late;
  }

  begin(): void {
    this.#timer ??= setTimeout(this.#look, 0);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #look = (): void => {
    const table = this.#table;
    const now = performance.now();
    let next = TICK;
    for (let index = 0; index < table.size; index++) {
      const id = table.assignment(index);
      const limit = table.limit(index);
      // A limit is that of the task on both sides of it: it is taken away before the task changes.
      if (id <= 0 || limit === 0 || table.assignment(index) !== id) continue;
      const before = this.#seen.get(index);
      const task = before?.id === id ? before : { id, since: now, isLate: false };
      this.#seen.set(index, task);
      if (task.isLate) continue;
      const left = Math.abs(limit) - (now - task.since);
      if (left > 0) next = Math.min(next, left);
      else {
        task.isLate = true;
        this.#late(index, id, limit);
      }
    }
    this.#timer = table.limited > 0 ? setTimeout(this.#look, Math.max(1, next)) : undefined;
    if (this.#timer === undefined) this.#seen.clear();
  };
}
