/** Inflow: where the items of a queue come to workers here, of one stream or of all its shards. */
import { Queue } from '../core.ts';
import type { Inbox } from '../protocol.ts';

export class Inflow {
  readonly inbox: Inbox = new Queue<Uint8Array>();
  readonly #drained = new Set<string>();
  /** How many there are. */
  readonly streams: number;

  constructor(streams: number) {
    this.streams = streams;
  }

  /** A stream is shut down, and nothing of it is left that this program could be given. */
  drained(base: string): void {
    this.#drained.add(base);
    if (this.#drained.size === this.streams) this.inbox.shutdown();
  }
}
