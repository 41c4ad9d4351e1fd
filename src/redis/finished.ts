/**
 * Finished: slots whose items are done, on their way from workers to the bridge: a list in shared memory,
 * which workers push onto and the bridge takes whole.
 *
 * | word         | what                                                                             |
 * | ------------ | -------------------------------------------------------------------------------- |
 * | head         | the slot that was pushed last, plus 1; 0 none, and the bridge sleeps; -1 none    |
 * | a slot's own | the slot that was pushed before it, plus 1; 0 or -1 none                         |
 *
 * Who pushes the first one onto a 0 rings. While the bridge is busy it leaves a -1 and looks again by itself:
 * a push costs no wake-up then. Who is killed before his push is in has not finished the item; who is before
 * he rings delays the others until the bridge's next sign of life.
 */
import type { Queue, RawArray } from './core.ts';
import { SLOTS } from './protocol.ts';

const HEAD = SLOTS;
const ASLEEP = 0;
const AWAKE = -1;

export class Finished {
  readonly #links: Int32Array;
  readonly #bell: Queue<number>;
  /** Whether the bridge looks by itself. */
  #awake = false;

  constructor(links: RawArray<'i'>, bell: Queue<number>) {
    this.#links = links.view();
    this.#bell = bell;
  }

  push(slot: number): void {
    const links = this.#links;
    for (;;) {
      const head = Atomics.load(links, HEAD);
      Atomics.store(links, slot, head);
      if (Atomics.compareExchange(links, HEAD, head, slot + 1) !== head) continue;
      if (head === ASLEEP) this.#bell.put(0);
      return;
    }
  }

  /** Those that were pushed, in order. */
  takeAll(): number[] {
    const slots: number[] = [];
    let next = Atomics.exchange(this.#links, HEAD, this.#awake ? AWAKE : ASLEEP);
    while (next > 0) {
      slots.push(next - 1);
      next = Atomics.load(this.#links, next - 1);
    }
    return slots.reverse();
  }

  /** Until somebody has pushed while the bridge slept, which is awake then. */
  async rung(): Promise<void> {
    await this.#bell.getManyAsync();
    this.#awake = true;
  }

  /** Whether nothing has come meanwhile, so that the bridge sleeps until the bell. */
  sleep(): boolean {
    this.#awake = Atomics.compareExchange(this.#links, HEAD, AWAKE, ASLEEP) > ASLEEP;
    return !this.#awake;
  }
}
