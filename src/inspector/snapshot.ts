/**
 * A snapshot: what a heap's words say of its workers and objects at one moment, as plain data that travels as
 * JSON. `look.ts` takes it.
 */

/** An object, by its class and number. */
export interface ObjectName {
  /** Such as `'Lock'`. */
  class: string;
  /** As its `id` says in every worker; 0: it is the heap's own. */
  id: number;
}

/** What a blocked worker waits for. */
export interface Wait extends ObjectName {
  /** What it has called, about: `'acquire'`, `'get'`, `'put'`, `'join'`, `'wait'`. */
  call: string;
  /** The worker that holds it, if it is held; of a join the worker that is joined. */
  holder?: number;
  /** Since when, in milliseconds since 1970: with `configure({ trace: true })`. */
  since?: number;
  /** Where in the source: with `configure({ trace: true })`. */
  where?: string;
}

/** What a worker is. */
export type Role = 'main' | 'supervisor' | 'thread' | 'process' | 'attached' | 'guest';

/** A worker that has a place in the heap. */
export interface WorkerInfo {
  /** Its `ident`. */
  tid: number;
  /** Its name, for people. */
  name: string;
  /** `'attached'`: a thread that the package did not start; `'guest'`: a program that has joined the heap. */
  role: Role;
  /** `'running'`: not blocked in the package; it may be idle in its event loop. */
  state: 'starting' | 'running' | 'waiting' | 'ended';
  /** Whether the program may end while it runs. */
  daemon: boolean;
  /** The worker whose process it is. */
  pid: number;
  /** The operating system's number of its process, if it has one of its own. */
  osPid?: number;
  /** The locks that it holds. */
  holds: ObjectName[];
  /** What it is blocked in; absent: in nothing. */
  waits?: Wait;
}

/** An object with who holds it and who is in it. */
export interface LockInfo extends ObjectName {
  /** Absent: nobody holds it, or it is none that is held. */
  holder?: number;
  /** Its holder died with it. */
  broken: boolean;
  /** The workers that are blocked in it. */
  waiters: number[];
  /** Threads that wait for it without blocking. */
  asyncWaiters: number;
  /** Of an RLock: how often its holder has it. */
  count?: number;
  /** In words: of a semaphore its permits, of an event whether it is set, of a barrier its parties. */
  state?: string;
}

/** A queue of any kind: what is in it, and who. */
export interface QueueInfo extends ObjectName {
  /** Items in it. */
  size: number;
  /** 0: as many as the heap holds. */
  maxsize: number;
  /** Whether `shutdown()` was called. */
  shutDown: boolean;
  /** Items that were ever put, modulo 2^32. */
  put: number;
  /** Items that were ever got, modulo 2^32. */
  got: number;
  /** The workers that are blocked in it and want an item. */
  getters: number[];
  /** The workers that are blocked in it and want room. */
  putters: number[];
  /** The workers that are blocked in its `join()`. */
  joiners: number[];
  /** Threads that wait for it without blocking. */
  asyncWaiters: number;
  /** The pool whose tasks, or replies, it carries. */
  pool?: number;
  /** Which of the two; absent: it is no pool's. */
  of?: 'tasks' | 'replies';
}

/** One worker of a pool. */
export interface PoolWorker {
  /** Its `ident`. */
  tid: number;
  /** The number of its task; 0: it has none. */
  task: number;
  /** Milliseconds that its task may take; 0: as long as it likes. */
  limit: number;
  /** Tasks (chunks, of a map) that were done in its place. */
  done: number;
}

/** A pool, of whatever worker. */
export interface PoolInfo {
  /** Its number. */
  id: number;
  /** 'closed': it takes no more tasks. 'terminated': it does none any more. */
  state: 'open' | 'closed' | 'terminated';
  /** Those that live. */
  workers: PoolWorker[];
  /** How many there may be. */
  size: number;
  /** Tasks that wait for a worker. */
  queued: number;
  /** Tasks (chunks, of a map) that were done. */
  done: number;
}

/** One worker of a deadlock, and the lock that it waits for. */
export interface CycleLink extends ObjectName {
  /** The worker's `ident`. */
  worker: number;
}

/** What a heap says of itself at one moment. */
export interface Snapshot {
  /** When it was taken, in milliseconds since 1970. */
  at: number;
  /** Bytes, and how many objects there are. */
  memory: { bytesInUse: number; bytesReserved: number; objects: number };
  /** Whether workers say since when and where they wait. */
  traced: boolean;
  /** All that have a place in the heap. */
  workers: WorkerInfo[];
  /** Locks, semaphores, conditions, events and barriers. */
  locks: LockInfo[];
  /** Queues of all kinds. */
  queues: QueueInfo[];
  /** Pools. */
  pools: PoolInfo[];
  /** Cycles of workers that wait for each other. */
  deadlocks: CycleLink[][];
}
