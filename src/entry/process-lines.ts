/**
 * Who starts processes of the operating system, and what supervisors say to each other about them.
 *
 * Only the program's supervisor starts them: it alone hears every end, and so no number is anybody else's
 * before the dead are repaired. Each process has a supervisor of its own for its threads. That one passes on
 * what it is asked for that is the program's to do, and is told what becomes of it.
 */
import type { Heap } from '../heap/heap.ts';
import { hasEnded, type Line, openLine, type SpawnedProcess, spawnProcess, type Waits } from '../platform/index.ts';
import type { Guest, Surroundings } from '../platform/platform.ts';
import type { FromProgram, ProcessData, StartMessage, ToSupervisor } from '../workers/protocol.ts';
import type { Slots } from './slots.ts';

export type OnGone = (code: number, stopped: boolean) => void;

/** In the supervisor of another process than the program's first: its line to the program's. */
export class LineUp {
  readonly #line: Line;
  /** What the program's supervisor starts for this one, and who wants to know of its end. */
  readonly #started = new Map<number, OnGone | undefined>();

  /**
   * @param stop stops a worker of this process
   * @param descriptor in a guest: of the line
   * @param over in a guest: the program is no more
   */
  constructor(stop: (tid: number, signal: number) => void, descriptor?: number, over?: () => void) {
    const listener = (message: unknown) => {
      const told = message as FromProgram;
      if (told.type === 'stop') stop(told.tid, told.signal);
      else {
        const onGone = this.#started.get(told.tid);
        this.#started.delete(told.tid);
        onGone?.(told.code, told.stopped);
      }
    };
    this.#line = openLine(listener, descriptor, over);
  }

  start(message: StartMessage, onGone: OnGone | undefined): void {
    this.#started.set(message.tid, onGone);
    this.post({ ...message, isStaff: onGone !== undefined });
  }

  /** Whether the program's supervisor knows of it. */
  hasStarted(tid: number): boolean {
    return this.#started.has(tid);
  }

  post(message: ToSupervisor): void {
    this.#line.post(message);
  }
}

interface Other {
  post(message: unknown): void;
  /** Whether it has ended, though nobody was told yet. */
  hasEnded(): boolean;
  isLetGo: boolean;
}

/** In the program's supervisor: its processes, and its guests. */
export class Processes {
  readonly #heap: Heap;
  readonly #slots: Slots;
  readonly #living = new Map<number, Other>();

  constructor(heap: Heap, slots: Slots) {
    this.#heap = heap;
    this.#slots = slots;
  }

  start({ tid, record, process, main, method, outputs, modules, around }: StartMessage): SpawnedProcess {
    const { heapId, pages, spin, trace, processes } = this.#heap.link;
    if (processes === undefined) throw new Error('the memory is not between processes');
    const link = { heapId, pages, spin, trace, inspect: false, processes: { ...processes, descriptor: -1, os: tid } };
    const data: ProcessData = { link, tid, record, process, main, method, outputs, modules };
    const spawned = spawnProcess(data, processes.descriptor, around as Surroundings);
    const { pid } = spawned;
    const isOver = () => pid !== undefined && hasEnded(pid);
    this.#living.set(tid, { post: (message) => spawned.post(message), hasEnded: isOver, isLetGo: false });
    return spawned;
  }

  /** A program that the package has not started has the place `tid`. */
  admit(tid: number, guest: Guest): void {
    this.#living.set(tid, { post: (message) => guest.post(message), hasEnded: () => guest.hasEnded(), isLetGo: false });
  }

  /** The process of worker `tid` is no more. Who was in it, children before their parents, without `tid`. */
  gone(tid: number): number[] {
    this.#living.delete(tid);
    return this.#inside(tid);
  }

  #inside(os: number): number[] {
    const inside = this.#slots.all().filter((each) => each !== os && this.#slots.osOf(each) === os);
    return this.#slots.childrenFirst(inside);
  }

  /**
   * Passes on that a worker is to stop to the supervisor of the process in which it lives; false: it is in
   * none.
   */
  stop(tid: number, signal: number): boolean {
    const home = this.#living.get(this.#slots.osOf(tid));
    home?.post({ type: 'stop', tid, signal } satisfies FromProgram);
    return home !== undefined;
  }

  /**
   * Lets go of the locks of processes whose end nobody could be told of, because this thread waits for such a
   * lock itself. It waits for nobody, and may be done in the midst of a repair.
   */
  letGo(): void {
    for (const [tid, entry] of this.#living) {
      if (entry.isLetGo || !entry.hasEnded()) continue;
      entry.isLetGo = true;
      for (const each of [...this.#inside(tid), tid]) this.#heap.core.reapLocks(each, 0);
    }
  }
}

/** Milliseconds. */
const LIGHT_SLEEP = 10;
const [CHANGED, TIMED_OUT] = [1, 2];

/**
 * How the program's supervisor waits. A process that was killed may have had the very lock for which it does,
 * and only the system knows. So it does not sleep for long without a look.
 */
export function lightSleep(own: Waits, look: () => void): Waits {
  const wait = (p: number, expected: number, timeoutMs: number): number => {
    const result = own.wait(p, expected, Math.min(timeoutMs, LIGHT_SLEEP));
    look();
    return result === TIMED_OUT && timeoutMs > LIGHT_SLEEP ? CHANGED : result;
  };
  return { wait, notify: own.notify };
}
