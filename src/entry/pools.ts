/**
 * Pools: the monitors of those that this supervisor keeps staffed.
 */
import { MemoryError } from '../errors.ts';
import { useBare } from '../heap/bare.ts';
import type { Heap } from '../heap/heap.ts';
import { created, isGone } from '../heap/shared.ts';
import { type Host, PoolMonitor, RETRY } from '../pool/monitor.ts';
import { PoolState, TableWord } from '../pool/table-words.ts';
import { endOutputs } from '../workers/own-outputs.ts';
import type { PoolMessage } from '../workers/protocol.ts';

/** Attempts to make a monitor in a full heap: a second. */
const ATTEMPTS = 20;

export class Pools {
  readonly #heap: Heap;
  readonly #host: Host;
  readonly #monitors = new Map<number, PoolMonitor>();

  constructor(heap: Heap, host: Omit<Host, 'ended'>) {
    this.#heap = heap;
    this.#host = { ...host, ended: (control) => void this.#monitors.delete(control) };
  }

  /** The creator waits for what its workers do: when the heap stays full it hears that there are none. */
  open(message: PoolMessage, attempts = ATTEMPTS): void {
    const { core } = this.#heap;
    const { id, generation } = message.control;
    const ref = core.refOpen(id, generation);
    if (isGone(ref)) return;
    let monitor: PoolMonitor;
    try {
      monitor = new PoolMonitor(this.#heap, this.#host, message, created(ref));
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      if (attempts === 0 || this.#isTerminated(message)) this.#refuse(message);
      else setTimeout(() => this.#host.whenQuiescent(() => this.open(message, attempts - 1)), RETRY);
      return;
    }
    this.#monitors.set(id, monitor);
    monitor.begin();
    // It may have ended meanwhile.
    if (!core.workerIsKnown(message.creator)) monitor.lost(message.creator);
  }

  // ── what needs no memory ───────────────────────────────────────────────────────────────────────────

  #isTerminated({ table }: PoolMessage): boolean {
    let state: PoolState = PoolState.TERMINATED;
    useBare(this.#heap, table, (object) => {
      state = this.#heap.loadWord(this.#heap.core.valueData(object) + 4 * TableWord.STATE);
    });
    return state === PoolState.TERMINATED;
  }

  #refuse({ table, replies, outputs }: PoolMessage): void {
    const heap = this.#heap;
    const { core } = heap;
    useBare(heap, table, (object) => heap.storeWord(core.valueData(object) + 4 * TableWord.REFUSED, 1));
    // ORDERING: behind that: who hears of it looks why.
    useBare(heap, replies, (object) => core.queueShutdown(object, 0));
    endOutputs(heap, outputs);
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
