/**
 * RecordReference: what keeps a worker's record in memory while the supervisor deals with it.
 */
import type { Heap } from '../heap/heap.ts';
import { isCreated, isGone } from '../heap/shared.ts';
import { type RecordRow, WorkerRecord } from '../workers/record.ts';

/**
 * A handle, or in a full heap the bare reference: somebody waits for this worker's end, memory or not. A bare
 * one would stay if the supervisor were gone before it, with an attached thread that it belongs to.
 */
export class RecordReference {
  readonly record: WorkerRecord;
  readonly #heap: Heap;
  readonly #row: RecordRow;
  /** 0: there was no memory for a handle. */
  readonly #ref: number;

  private constructor(heap: Heap, row: RecordRow, ref: number) {
    const { core } = heap;
    this.#heap = heap;
    this.#row = row;
    this.#ref = isCreated(ref) ? ref : 0;
    this.record = new WorkerRecord(heap, this.#ref === 0 ? core.objectAt(row.id, row.generation) : core.refObject(this.#ref));
  }

  /** With one of its own: the slot keeps its. undefined: the record is gone. */
  static open(heap: Heap, row: RecordRow): RecordReference | undefined {
    if (isGone(heap.core.retain(row.id, row.generation))) return undefined;
    return new RecordReference(heap, row, heap.core.refAdopt(row.id, row.generation));
  }

  close(): void {
    const { core } = this.#heap;
    if (this.#ref === 0) core.release(this.#row.id, this.#row.generation);
    else core.refClose(this.#ref);
  }
}
