/**
 * What travels through a pool's two channels.
 *
 * | message | id                     | kind             | row, generation                            | value                              |
 * | ------ | ---------------------- | ---------------- | ------------------------------------------ | ---------------------------------- |
 * | task   | from 1 to MOST_TASKS   | Call, and MORE   | of the SharedConstant that describes the function  | payload, or a `More`               |
 * | reply  | its task's             | Reply            |                                            | the result, or the error           |
 * | notice | 0                      | Notice           |                                            | see there                          |
 *
 * When the last worker has ended the monitor shuts the replies down, which needs no memory: nothing comes any
 * more.
 *
 * The function is a row and its generation instead of a handle, because every task has it, and its creator
 * keeps the SharedConstant.
 */
import type { Event } from '../sync/event.ts';
import type { TargetSpec } from '../workers/targets.ts';
import type { SharedConstant } from './shared-constant.ts';
import type { TaskChannel } from './task-channel.ts';
import type { WorkerTable } from './worker-table.ts';

/** How a task calls its function. */
export const enum Call {
  /** Once, with `payload` as its arguments. */
  ONCE = 0,
  /** Once, with `payload` as its only argument. */
  WITH = 1,
  /** For each item of `payload`; the first error ends it. */
  MAP = 2,
  /** The same, with each item as the arguments. */
  STARMAP = 3,
  /** For each item of `payload`; an error is that item's. */
  EACH = 4,
}

/** With a Call: the value is a `More`. */
export const MORE = 8;

/** `limit`: as the worker table has it. */
export type More = [payload: unknown, cancel: Event | undefined, kwargs: Record<string, unknown> | undefined, limit: number];

/** Tasks that can be told apart at a time. */
export const MOST_TASKS = 2 ** 30;

/** What `value` of a reply is. */
export const enum Reply {
  RESULT = 0,
  ERROR = 1,
  /** Of Call.EACH when an item failed: two arrays, of values and of `true` where the value is an error. */
  MIXED = 2,
  /** Nothing: the task was cancelled. */
  CANCELLED = 3,
  /** What a task sends while it runs: its reply is still to come. */
  MESSAGE = 4,
}

export const enum Notice {
  /** A `Died`: a worker has ended, with this as its assignment. */
  DIED = 0,
  /** [error, name]: no worker can be started. */
  BROKEN = 1,
  /** A `Late`: the time of a task is up, and its worker goes on. */
  LATE = 2,
}

/** `limit`: milliseconds after which it was ended for its task; 0: it was not. */
export type Died = [assignment: number, name: string, code: number, limit: number];
export type Late = [id: number, limit: number];
export type Broken = [error: unknown, name: string];

/** What a pool's monitor and workers are given. */
export interface Control {
  table: WorkerTable;
  tasks: TaskChannel;
  replies: TaskChannel;
  /** Chunks after which a worker ends; 0: never. */
  maxtasks: number;
  /** Workers that are always there; the others, up to the table's size, come and go. */
  min: number;
  /** Milliseconds without a task after which one of the others ends. */
  idleMs: number;
  /** Only the workers open it. */
  setup: SharedConstant<Setup>;
}

export interface Setup {
  initializer: TargetSpec | undefined;
  initargs: readonly unknown[];
}
