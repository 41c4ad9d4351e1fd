/**
 * What travels through a pool's two queues. Arrays, because they are the cheapest to encode: what is missing at the end is undefined.
 */
import type { Queue } from '../queue/queue.ts';
import type { Event } from '../sync/event.ts';
import type { TargetSpec } from '../workers/targets.ts';
import type { Board } from './board.ts';
import type { Holder } from './holder.ts';

/** How a task calls its function. */
export const enum Call {
  /** Once, with `payload` as its arguments. */
  ONCE = 0,
  /** For each item of `payload`; the first error ends it. */
  MAP = 1,
  /** The same, with each item as the arguments. */
  STARMAP = 2,
  /** For each item of `payload`; an error is that item's. */
  EACH = 3,
}

/**
 * `id`: from 1 to MOST_TASKS. `target`: how to call, and the row of the Holder that describes the function, of this `generation`: small numbers instead of a handle,
 * because every task has them and its creator keeps the Holder. Four elements, because up to four the codec is faster.
 */
export type Task = [
  id: number,
  target: number,
  generation: number,
  payload: ArrayLike<unknown>,
  cancel?: Event,
  kwargs?: Record<string, unknown>,
];

const CALLS = 4;

export function targetOf(call: Call, row: number): number {
  return row * CALLS + call;
}

export function callOf(target: number): Call {
  return target % CALLS;
}

export function rowOf(target: number): number {
  return Math.floor(target / CALLS);
}

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
}

/** In place of a task's id. */
export const enum Notice {
  /** [DIED, hand, name, exit code]: a worker has ended, with this in its hand. */
  DIED = -1,
  /** [BROKEN, error, name]: no worker can be started. */
  BROKEN = -2,
  /** [ENDED]: the last worker has ended, nothing comes any more. */
  ENDED = -3,
  /** [UNREADABLE, error]: a task was taken that cannot be decoded. */
  UNREADABLE = -4,
}

export type Message = [id: number, value: unknown, reply?: Reply] | NoticeMessage;

export type NoticeMessage =
  | [Notice.DIED, hand: number, name: string, code: number]
  | [Notice.BROKEN, error: unknown, name: string]
  | [Notice.ENDED]
  | [Notice.UNREADABLE, error: unknown];

/** What a pool's keeper and workers are given. */
export interface Control {
  board: Board;
  tasks: Queue<Task>;
  replies: Queue<Message>;
  /** Chunks after which a worker ends; 0: never. */
  maxtasks: number;
  /** Only the workers open it. */
  setup: Holder<Setup>;
}

export interface Setup {
  initializer: TargetSpec | undefined;
  initargs: readonly unknown[];
}

/** An error that says which part cannot be sent, with the names that its reader knows for the parts of a message. */
export function inTermsOf(names: Record<string, string>, error: unknown): unknown {
  if (error instanceof TypeError)
    for (const [path, name] of Object.entries(names)) error.message = error.message.replace(`(at ${path}`, `(at ${name}`);
  return error;
}
