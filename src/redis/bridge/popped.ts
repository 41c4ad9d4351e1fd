/** Popped: items of priority queues that workers here have in hand until they are done, each under a lease. */
import type { Reply, ScriptCall } from '../protocol.ts';
import type { Engine } from './engine.ts';

interface Held {
  base: string;
  member: Uint8Array;
  worker: number;
  timer: NodeJS.Timeout;
}

export class Popped {
  readonly #engine: Engine;
  readonly #held = new Set<Held>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** What a pop has answered. */
  take({ base }: ScriptCall, reply: Reply, lease: number, worker: number): void {
    if (!Array.isArray(reply)) return;
    for (let i = 0; i < reply.length; i += 2) {
      const member = reply[i] as Uint8Array;
      const touch = () => this.#engine.run({ base, script: 'priorityTouch', keys: 'l', args: [member, lease] }).catch(() => {});
      this.#held.add({ base, member, worker, timer: setInterval(() => void touch(), lease / 3) });
    }
  }

  /** The item that a worker has had longest is done; or one that another worker here has. */
  doneAny(base: string, worker: number): boolean {
    const all = [...this.#held].filter((held) => held.base === base);
    const held = all.find((each) => each.worker === worker) ?? all[0];
    if (held === undefined) return false;
    this.#forget(held);
    void this.#engine.run({ base, script: 'priorityDone', keys: 'zhlm', args: [`${base}c`, held.member] }).catch(() => {});
    return true;
  }

  #forget(held: Held): void {
    clearInterval(held.timer);
    this.#held.delete(held);
  }

  #release(held: Held): Promise<unknown> {
    const { base, member } = held;
    this.#forget(held);
    return this.#engine.run({ base, script: 'priorityRelease', keys: 'zhlm', args: [`${base}c`, member] }).catch(() => {});
  }

  /** Gives back what was popped for somebody who does not want it any more. */
  giveBack(base: string, reply: Reply): void {
    if (!Array.isArray(reply)) return;
    for (let i = 0; i < reply.length; i += 2)
      void this.#engine
        .run({ base, script: 'priorityRelease', keys: 'zhlm', args: [`${base}c`, reply[i] as Uint8Array] })
        .catch(() => {});
  }

  ownerDied(worker: number): void {
    for (const held of [...this.#held]) if (held.worker === worker) void this.#release(held);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held].map((held) => this.#release(held)));
  }
}
