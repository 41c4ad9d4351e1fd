import type { Described } from './functions.ts';
import type { PendingTask } from './pending-tasks.ts';
import type { Reply } from './protocol.ts';

/** Where the chunks of a call arrive. */
export interface ChunkOwner {
  readonly fn: Described;
  hear(message: unknown): void;
  arriveChunk(chunk: Chunk, value: unknown, reply: Reply): void;
}

/** A piece of a call for many items: `length` of them, the first one being the `from`th. */
export class Chunk implements PendingTask {
  readonly fn: Described;
  id = 0;
  place = 0;
  readonly owner: ChunkOwner;
  gone: (() => void) | undefined = undefined;
  #hasArrived = false;
  readonly from: number;
  readonly length: number;

  constructor(owner: ChunkOwner, from: number, length: number) {
    this.fn = owner.fn;
    this.owner = owner;
    this.from = from;
    this.length = length;
  }

  hear(message: unknown): void {
    this.owner.hear(message);
  }

  arrive(value: unknown, reply: Reply): void {
    // One that was late has arrived before.
    if (this.#hasArrived) return;
    this.#hasArrived = true;
    this.owner.arriveChunk(this, value, reply);
  }
}
