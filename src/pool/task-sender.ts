/**
 * Messages of a task that runs: what it sends travels as its reply does, in front of it.
 */
import { RuntimeError } from '../errors.ts';

/** What a task sends through. Good as long as the task runs. */
export interface TaskSender<T = unknown> {
  /**
   * Sends a message, which arrives before the result: at `result.messages`, or `onMessage`. It never waits.
   * @throws RuntimeError the task has ended; TypeError it cannot be sent
   */
  send(message: T): void;
}

/** In a pool's worker: its tasks, one after the other. */
export interface RunningTask {
  /** Of the task that runs; 0: none. */
  id: number;
  post(message: unknown, id: number): void;
}

const KEY = Symbol.for('nogil.runningTask');
// For all copies of the package in this thread.
const global = globalThis as { [KEY]?: RunningTask };

/** Called once, by a pool's worker. */
export function setRunningTask(task: RunningTask): void {
  global[KEY] = task;
}

/**
 * What the pool's task that runs here sends messages through to its caller. In an async task, ask for it
 * before the first `await`. Beyond Python.
 * @throws RuntimeError no task of a pool runs here
 */
export function taskChannel<T = unknown>(): TaskSender<T> {
  const running = global[KEY];
  const id = running?.id ?? 0;
  if (running === undefined || id === 0) throw new RuntimeError('no task of a pool runs here');
  return {
    send(message) {
      if (running.id !== id) throw new RuntimeError('the task of this channel has ended');
      running.post(message, id);
    },
  };
}

/** Sends one message of the task that runs here: `taskChannel().send(message)`. */
export function progress(message: unknown): void {
  taskChannel().send(message);
}
