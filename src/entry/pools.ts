/**
 * Pools: the monitors of those that this supervisor keeps staffed.
 */
import { MemoryError } from '../errors.ts';
import type { Heap } from '../heap/heap.ts';
import { created, isGone } from '../heap/shared.ts';
import { type Host, PoolMonitor, RETRY } from '../pool/monitor.ts';
import type { PoolMessage } from '../workers/protocol.ts';

export class Pools {
  readonly #heap: Heap;
  readonly #host: Host;
  readonly #monitors = new Map<number, PoolMonitor>();

  constructor(heap: Heap, host: Omit<Host, 'ended'>) {
    this.#heap = heap;
    this.#host = { ...host, ended: (control) => void this.#monitors.delete(control) };
  }

  /** However long the heap is full: the creator waits for what its workers do. */
  open(message: PoolMessage): void {
    const { core } = this.#heap;
    const { id, generation } = message.control;
    const ref = core.refOpen(id, generation);
    if (isGone(ref)) return;
    let monitor: PoolMonitor;
    try {
      monitor = new PoolMonitor(this.#heap, this.#host, message, created(ref));
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      setTimeout(() => this.#host.whenQuiescent(() => this.open(message)), RETRY);
      return;
    }
    this.#monitors.set(id, monitor);
    monitor.begin();
    // It may have ended meanwhile.
    if (!core.workerIsKnown(message.creator)) monitor.lost(message.creator);
  }

  /** undefined: the pool is over, or has not begun yet. */
  monitor(control: number): PoolMonitor | undefined {
    return this.#monitors.get(control);
  }

  /** A worker has ended. */
  lost(tid: number): void {
    for (const monitor of this.#monitors.values()) this.#host.whenQuiescent(() => monitor.lost(tid));
  }

  /** The code of a process is over. */
  over(pid: number): void {
    for (const monitor of this.#monitors.values()) this.#host.whenQuiescent(() => monitor.over(pid));
  }
}
