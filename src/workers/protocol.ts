/** What the supervisor and the threads around it say to each other. Everything else is in shared memory. */
import type { HeapLink, RemoteLink } from '../heap/heap.ts';
import type { Surroundings } from '../platform/platform.ts';
import type { StartMethod } from './context.ts';
import type { Outputs, ProcessTraits } from './current-worker.ts';

export interface RecordRef {
  id: number;
  generation: number;
}

/** Where a worker comes from, and what it is to have from there. */
export interface Origin {
  /** The process whose child it is. */
  parent: number;
  main: string | undefined;
  /** What it is to see of the program. */
  around: Surroundings | undefined;
  /** How it starts processes itself, as far as that is set. */
  method: StartMethod | undefined;
  /** Whether it becomes a process of the operating system. */
  isSpawned: boolean;
  /** Where goes what it prints. */
  outputs: Outputs | undefined;
  /** The modules that have registered classes: what it is given may have instances. */
  classes: string[];
}

export interface StartMessage extends Omit<Origin, 'parent'> {
  type: 'start';
  record: RecordRef;
  tid: number;
  name: string;
  /** Whether the program may end while it runs. */
  daemon: boolean;
  process: ProcessTraits;
  /** To be imported before the task is decoded. */
  modules: string[];
  fromRoot?: boolean;
  /** It is for a pool of the process whose supervisor passes this on, and goes when that process does. */
  isStaff?: boolean;
}

/** Staff for a new pool: its monitor starts the workers, and others for those that end. */
export interface PoolMessage extends Origin {
  type: 'pool';
  /** The SharedConstant of what the monitor is to know; its reference goes along. */
  control: RecordRef;
  /** The WorkerTable, and the channel of replies: the creator hears by them if there can be no monitor. */
  table: RecordRef;
  replies: RecordRef;
  /** The worker without which there is no pool. */
  creator: number;
}

export type ToSupervisor =
  | StartMessage
  | PoolMessage
  /** Stops a pool's workers for good. */
  | { type: 'endPool'; control: number }
  /** A pool may need more workers. */
  | { type: 'grow'; control: number }
  /** A pool has tasks with a limit: their time is watched. */
  | { type: 'limits'; control: number }
  /** Stops the worker of an index of a pool, if that is sealed. */
  | { type: 'endTask'; control: number; index: number }
  /** `signal`: the exit code that the worker shall have. */
  | { type: 'stop'; tid: number; signal: number }
  /**
   * A worker that the package did not start has entered the heap; `life` as of the platform's `onAttached`.
   */
  | { type: 'attached'; tid: number; life: unknown }
  /** It is no more: perhaps before that was heard. */
  | { type: 'attachedGone'; tid: number; clean: boolean }
  /** The reader of what a worker prints is gone. */
  | { type: 'brokenPipe'; descriptor: 1 | 2 }
  /** The program lives on all the same. */
  | { type: 'pipeHandled' }
  /** Sets an Event once the code of process `pid` is over. */
  | { type: 'tellOver'; pid: number; event: RecordRef }
  /** The code of process `pid`, which is a worker, is over; it waits for its threads and children. */
  | { type: 'codeOver'; pid: number }
  /**
   * The code of the root `pid` is over: its daemonic processes go once its threads have ended, while its
   * other children go on.
   */
  | { type: 'over'; pid: number }
  /** Receives guests at the socket behind a descriptor, and no more. */
  | { type: 'share'; descriptor: number }
  | { type: 'unshare'; descriptor: number }
  /** A process that is a thread has ended by itself: its daemonic children that are none go, too. */
  | { type: 'ended'; pid: number };

/** From the program's supervisor to that of another of its processes. */
export type FromProgram =
  /** Stops a worker of that process. */
  | { type: 'stop'; tid: number; signal: number }
  /** A process for which that one has asked has ended. */
  | { type: 'gone'; tid: number; code: number; stopped: boolean };

export interface FromSupervisor {
  /** Whether a worker lives that is not a daemon. */
  busy: boolean;
  /** How many starts of the root have been dealt with. */
  seen: number;
  /** To be taken as if this root had printed. */
  brokenPipe?: 1 | 2;
}

export interface SupervisorData {
  link: HeapLink;
  tid: number;
  /** In a process that the program's supervisor has started. */
  isChild: boolean;
  /** In a guest: the descriptor of its line to the program's supervisor. */
  line: number | undefined;
}

export interface WorkerData {
  link: HeapLink;
  tid: number;
  record: RecordRef;
  process: ProcessTraits;
  main: string | undefined;
  /** How it starts processes itself, as far as that is set. */
  method: StartMethod | undefined;
  outputs: Outputs | undefined;
  /** To be imported before the task is decoded. */
  modules: string[];
}

/** The same for a process of the operating system, as JSON. */
export interface ProcessData extends Omit<WorkerData, 'link'> {
  link: RemoteLink;
}

/** What a guest is told, as JSON. */
export interface GuestData {
  /** Version.LAYOUT: of another one it could not even read the rest. */
  layout: number;
  link: RemoteLink;
  tid: number;
}
