/** What workers and the bridge of their program tell each other, over queues of their own heap. */
import type { Process, Queue, RawArray, Thread } from './core.ts';
import type { ScriptName } from './scripts/index.ts';

/** What an argument of a script is. */
export type Arg = string | number | Uint8Array;
/** What Redis answers. */
export type Reply = null | number | string | Uint8Array | Reply[];

/** An object as the bridge knows it. */
export interface Address {
  /** What all its keys begin with: `prefix:{name}:`. */
  base: string;
  /** Milliseconds. */
  lease: number;
}

/** A call of a script. Keys are the object's, by the letter behind `base`. */
export interface ScriptCall {
  base: string;
  script: ScriptName;
  keys: string;
  args: Arg[];
}

export interface Calls {
  /** Runs a script once. */
  run(call: ScriptCall): Reply;
  /** Runs it until it answers something; null when the time is up. `turn`: one after the other. */
  wait(call: ScriptCall, ms: number, turn: boolean): Reply;
  /** Puts items into a queue, as many as fit in time: how many, or a negative status. */
  put(call: ScriptCall, ms: number): number;
  /** Somebody here wants items of streams. `now`: answers when what is there has come. */
  want(bases: readonly string[], options: StreamOptions, now: boolean, ms: number): Inbox;
  /**
   * An item that was given up before is about to be looked at, in a slot of this worker's: whether it is still
   * this program's. What was done before is known to Redis then.
   */
  opening(slot: number): boolean;
  /** An item that somebody here has is done. False: there is none. */
  doneAny(bases: readonly string[]): boolean;
  /** What was posted before is done: also what was told without an answer. */
  flush(): void;
  /** Of streams together: [there, in hand, unfinished, shut down]. */
  sizes(bases: readonly string[]): [number, number, number, number];
  /** Takes a lock or a permit: the lease, or null. */
  acquire(kind: LeaseKind, address: Address, ms: number, args: Arg[]): Lease | null;
  /** Gives it back; without an owner: one that somebody here has. 'lost', 'none' or 'released'. */
  release(kind: LeaseKind, base: string, owner: string | undefined): 'released' | 'lost' | 'none';
  /** Answers when a lease ends: whether it was lost. */
  ended(owner: string): boolean;
  pop(call: ScriptCall, ms: number, lease: number): Reply;
  inspect(): Inspection;
  /** Has tasks done by whoever serves the pool: their results. */
  map(pool: PoolAddress, task: string, chunks: Uint8Array[], star: boolean): Uint8Array[];
  /**
   * Does tasks until `stopServing`, or the end. `tasks`: where they are, by the names by which they travel.
   */
  serve(pool: PoolAddress, tasks: Record<string, string>, processes: number | undefined): void;
  stopServing(pool: PoolAddress): void;
  close(): void;
}

export type LeaseKind = 'lock' | 'permit';

export interface Lease {
  owner: string;
  token: number;
  /** Where the time lies at which it ends; -1: nowhere. */
  slot: number;
}

export interface StreamOptions {
  /** When an item counts as done: with `get`, or with `taskDone`. */
  until: 'get' | 'taskDone';
  prefetch: number;
  maxDeliveries: number;
}

/** Where the items of a stream come: four bytes of a slot's number, four unused, the value. */
export type Inbox = Queue<Uint8Array>;

export interface PoolAddress {
  base: string;
  name: string;
}

/** A queue, as `inspect` tells of it. */
export interface QueueReport {
  /** Items that nobody has asked for yet. */
  depth: number;
  /** Items that some program has, and has not finished. */
  pending: number;
  /** Milliseconds since the oldest of those showed a sign of life; of a `PriorityQueue` 0. */
  idle: number;
  /** Items that were handed out too often. */
  deadLetters: number;
}

/** A lock that somebody holds, as `inspect` tells of it. */
export interface LockReport {
  /**
   * The program that holds it, by a number that it has while it is connected, and which of its holds it is.
   */
  holder: string;
  /** The fencing token of the hold. */
  token: number;
  /** Seconds that the lease lasts, if it is not renewed. */
  left: number;
}

/** How many items, pairs or attributes something has. */
export interface SizeReport {
  /** So many. */
  size: number;
}

/** A semaphore, as `inspect` tells of it. */
export interface SemaphoreReport {
  /** Permits that are left. */
  left: number;
  /** Permits that somebody holds. */
  held: number;
}

/** An event, as `inspect` tells of it. */
export interface EventReport {
  /** Whether it is set. */
  set: boolean;
}

/** A barrier, as `inspect` tells of it. */
export interface BarrierReport {
  /** How many have to call `wait`. */
  parties: number;
  /** How many wait now. */
  waiting: number;
  /** Whether it is broken. */
  broken: boolean;
}

/** A value, as `inspect` tells of it. */
export interface ValueReport {
  /** Its number, as text. */
  value: string;
}

/** A pool, as `inspect` tells of it. */
export interface PoolReport {
  /** Programs that serve it. */
  workers: number;
  /** Chunks of items that nobody does yet. */
  waiting: number;
  /** Chunks that are being done. */
  active: number;
  /** Chunks of which a task has thrown, of the last hour. */
  failed: number;
}

/**
 * What all programs with one prefix have in Redis, by the names of the objects. One that is as it was at
 * first may not be there: a lock that nobody holds, a queue or a dict without items.
 */
export interface Inspection {
  /** `Queue`, `JoinableQueue`, `SimpleQueue`. Shards are told of one by one, as `name/0`, `name/1`. */
  queues: Record<string, QueueReport>;
  /** `PriorityQueue`. */
  priorityQueues: Record<string, QueueReport>;
  /** `Lock`, those that are held. */
  locks: Record<string, LockReport>;
  /** `RLock`, those that are held. */
  rlocks: Record<string, LockReport>;
  /** `Semaphore` and `BoundedSemaphore`. */
  semaphores: Record<string, SemaphoreReport>;
  /** `Event`. */
  events: Record<string, EventReport>;
  /** `Barrier`. */
  barriers: Record<string, BarrierReport>;
  /** `Value`. */
  values: Record<string, ValueReport>;
  /** `dict`. */
  dicts: Record<string, SizeReport>;
  /** `Namespace`. */
  namespaces: Record<string, SizeReport>;
  /** `list`. */
  lists: Record<string, SizeReport>;
  /** `Pool`. */
  pools: Record<string, PoolReport>;
  /** Connections that this program has with Redis. */
  connections: number;
}

/** [call, worker, number, ...arguments]; number 0: no answer is wanted. */
export type Request = [op: string, worker: number, id: number, ...args: unknown[]];
/** [number, error, value] */
export type Answer = [id: number, error: unknown, value: unknown];

/** What every object of a connection carries. */
export interface Link {
  requests: Queue<Request>;
  /** Slots whose items are done (src/redis/finished.ts), and what the bridge sleeps at. */
  finished: RawArray<'i'>;
  bell: Queue<number>;
  /** Which worker has the item of a slot; 0: none. */
  owners: RawArray<'i'>;
  /** When leases end: milliseconds of the clock that all threads share. */
  expiries: RawArray<'d'>;
  bridge: Thread;
  prefix: string;
  lease: number;
  prefetch: number;
  maxDeliveries: number;
}

/** What a worker says of itself first. */
export interface Hello {
  replies: Queue<Answer>;
  /** Whose end the bridge waits for; undefined: the program's first thread. */
  worker: Thread | Process | undefined;
}

/** Items that a program may have at a time. */
export const SLOTS = 65_536;
/** Leases whose end workers can look up. */
export const EXPIRIES = 8192;

/** Milliseconds of a clock that all threads of a program share, and that nobody sets. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}
