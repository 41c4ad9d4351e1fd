/**
 * Host: to a guest, the program whose heap it has joined. When that is no more, nobody repairs the heap: every
 * wait of this process ends with an error, those of event loops as soon as they look, and so does every call.
 */
import type { Heap, HeapLink } from '../heap/heap.ts';
import { lineHasEnded, sleepNoMore, type Waits } from '../platform/index.ts';
import { lightSleep } from './process-lines.ts';

export class Host {
  isGone = false;
  readonly #link: HeapLink;
  readonly #line: number;
  readonly #heap: () => Heap;
  #own: Waits | undefined;

  /** @param line the descriptor of the line to its supervisor @param heap once this thread has entered it */
  constructor(link: HeapLink, line: number, heap: () => Heap) {
    this.#link = link;
    this.#line = line;
    this.#heap = heap;
  }

  /** How this guest's supervisor waits: while it does, it hears of no line's end. */
  readonly waits = (own: Waits): Waits => {
    this.#own = own;
    return lightSleep(own, () => {
      if (lineHasEnded(this.#line)) this.gone();
    });
  };

  /** It is no more. Twice is fine. */
  readonly gone = (): void => {
    if (this.isGone) return;
    this.isGone = true;
    Atomics.store(this.#link.processes?.ended as Int32Array, 0, 1);
    sleepNoMore();
    const heap = this.#heap();
    const bell = heap.core.doorbell();
    heap.storeWord(bell, heap.loadWord(bell) + 1);
    this.#own?.notify(bell, -1);
  };
}
