/**
 * SharedConstant: a value in the heap that several workers read, each as often as it likes.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { theHeap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared, Shared } from '../heap/shared.ts';
import { WorkerRecord } from '../workers/record.ts';

/**
 * A value that lives as long as anybody has a handle, and the handles inside it with it. In the heap it is a
 * worker's record that is never started: those own what they hold, and give it back.
 */
export class SharedConstant<T = unknown> extends Shared {
  constructor(value: T | AdoptionToken) {
    if (value instanceof AdoptionToken) super(value.heap, value.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.workerCreate(0)));
      try {
        new WorkerRecord<T>(heap, this[Member.PTR]).setTask(value);
      } catch (error) {
        this.close();
        throw error;
      }
    }
  }

  read(): T {
    return new WorkerRecord<T>(this[Member.HEAP], this[Member.OPEN]).readTask();
  }

  get generation(): number {
    return this[Member.HEAP].core.objectGeneration(this[Member.OPEN]);
  }
}

registerShared(ClassTag.SHARED_CONSTANT, SharedConstant, Kind.WORKER);
