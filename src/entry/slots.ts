/**
 * The registry of workers, as supervisors read it.
 */
import { SlotField } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import type { RecordRow } from '../workers/record.ts';

export class Slots {
  readonly #heap: Heap;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  #word(tid: number, field: SlotField): number {
    return this.#heap.loadWord(this.#heap.core.slotOf(tid) + field);
  }

  /** Who has a place in the heap. */
  all(): number[] {
    const { core } = this.#heap;
    const tids = Array.from({ length: core.slotCount() }, (_, index) => this.#word(index, SlotField.TID));
    return tids.filter((tid) => tid > 0);
  }

  /** Of the process in which it lives: the worker that is its main thread, 0 where the program began. */
  osOf(tid: number): number {
    return this.#word(tid, SlotField.OS);
  }

  parentOf(tid: number): number {
    return this.#word(tid, SlotField.PARENT);
  }

  /** Whether it is one that the package starts: others have no record. */
  hasRecord(tid: number): boolean {
    return this.#word(tid, SlotField.RECORD_ID) !== 0;
  }

  recordOf(tid: number): RecordRow {
    return { id: this.#word(tid, SlotField.RECORD_ID), generation: this.#word(tid, SlotField.RECORD_GENERATION) };
  }

  /**
   * Those of `tids`, each behind all that it has started: repairing a worker frees the places that it had
   * taken.
   */
  childrenFirst(tids: readonly number[]): number[] {
    const ordered = new Set<number>();
    const add = (tid: number) => {
      for (const each of tids) if (each !== tid && this.parentOf(each) === tid) add(each);
      ordered.add(tid);
    };
    for (const tid of tids) add(tid);
    return [...ordered];
  }
}
