/**
 * Holder: a value in the heap that several workers read, each as often as it likes.
 */
import { Kind, WorkerField } from '../../assembly/abi.ts';
import { theHeap } from '../heap/heap.ts';
import { packParcel, unpackParcel } from '../heap/records.ts';
import { created, Existing, registerShared, Shared } from '../heap/shared.ts';

/**
 * A value that lives as long as anybody has a handle, and the handles inside it with it. In the heap it is a worker's record that
 * is never started: those own what they hold, and give it back.
 */
export class Holder<T = unknown> extends Shared {
  constructor(value: T | Existing) {
    if (value instanceof Existing) super(value.heap, value.ref);
    else {
      const heap = theHeap();
      const parcel = packParcel(heap, value);
      const ref = heap.core.workerCreate(0);
      if (ref === 0) heap.core.dropParcel(parcel);
      super(heap, created(ref));
      heap.storeWord(this.ptr + WorkerField.TASK, parcel);
    }
  }

  read(): T {
    return unpackParcel(this.heap, this.heap.loadWord(this.open + WorkerField.TASK), true) as T;
  }

  get generation(): number {
    return this.heap.core.objectGeneration(this.open);
  }
}

registerShared(20, Holder, Kind.WORKER);
