/**
 * CodeOver: the processes whose code is over while they wait for their threads, and who wants to know.
 */
import { useBare } from '../heap/bare.ts';
import type { Heap } from '../heap/heap.ts';
import type { RecordRef } from '../workers/protocol.ts';

export class CodeOver {
  readonly #heap: Heap;
  readonly #over = new Set<number>();
  #listeners: { pid: number; event: RecordRef }[] = [];
  /** The root whose code is over. */
  root: number | undefined;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** The code of a process that is a worker is over. */
  add(pid: number): void {
    this.#over.add(pid);
    this.tell();
  }

  /** A worker is no more. */
  delete(tid: number): void {
    this.#over.delete(tid);
  }

  /** Sets an Event once the code of a process is over. */
  listen(listener: { pid: number; event: RecordRef }): void {
    this.#listeners.push(listener);
    this.tell();
  }

  tell(): void {
    const { core } = this.#heap;
    const isOver = (pid: number) => pid === this.root || this.#over.has(pid) || !core.workerIsKnown(pid);
    const told = this.#listeners.filter(({ pid }) => isOver(pid));
    this.#listeners = this.#listeners.filter(({ pid }) => !isOver(pid));
    // No handle: somebody waits for this, memory or not.
    for (const { event } of told) useBare(this.#heap, event, (object) => core.eventSet(object));
  }
}
