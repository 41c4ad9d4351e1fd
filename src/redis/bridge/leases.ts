/**
 * Leases: locks and permits that workers of this program hold. Each third of its lease a sign of life is given.
 * One that Redis does not know any more is lost, and so is one of which Redis has not said in time that it
 * does: its holder can see that, and is told, whether or not Redis can be reached.
 */
import type { RawArray } from '../core.ts';
import { type Address, type Arg, EXPIRIES, type Lease, type LeaseKind, type ScriptCall, sharedNow } from '../protocol.ts';
import type { Engine, Wait } from './engine.ts';

interface Held extends Lease {
  kind: LeaseKind;
  address: Address;
  worker: number;
  timer: NodeJS.Timeout;
  /** sharedNow() at which it is over. */
  end: number;
  over: NodeJS.Timeout | undefined;
  lost: boolean;
  /** Those who wait for its end. */
  ended: ((lost: boolean) => void)[];
}

const SCRIPTS = {
  lock: { acquire: 'lockAcquire', renew: 'lockRenew', release: 'lockRelease', keys: 'kf' },
  permit: { acquire: 'permitAcquire', renew: 'permitRenew', release: 'permitRelease', keys: 'sm' },
} as const;

/** The longest delay that a timer takes. */
const LONGEST = 0x7fffffff;

export class Leases {
  readonly #engine: Engine;
  readonly #expiries: Float64Array;
  readonly #free = Array.from({ length: EXPIRIES }, (_, i) => EXPIRIES - 1 - i);
  readonly #held = new Map<string, Held>();
  #count = 0;

  constructor(engine: Engine, expiries: RawArray<'d'>) {
    this.#engine = engine;
    this.#expiries = expiries.view();
  }

  async acquire(kind: LeaseKind, address: Address, args: Arg[], worker: number, wait: Wait): Promise<Lease | null> {
    const { base, lease } = address;
    const owner = `${this.#engine.me}:${++this.#count}`;
    const { acquire, keys } = SCRIPTS[kind];
    let asked = sharedNow();
    const call: ScriptCall = { base, script: acquire, keys, args: [owner, lease, ...args] };
    // The lease counts from when it was asked for, not from when the answer came.
    const asking = () => {
      asked = sharedNow();
    };
    const giveBack = () => void this.#release(kind, address, owner).catch(() => {});
    const reply = await this.#engine.wait(call, { ...wait, asking }, true, giveBack);
    if (reply === null) return null;
    // The answer came late. What is over by now Redis may have given to others.
    while (sharedNow() >= asked + lease) {
      asking();
      const { renew } = SCRIPTS[kind];
      const renewed = await this.#engine.run({ base, script: renew, keys, args: [owner, lease] });
      if (renewed !== 1) return this.acquire(kind, address, args, worker, wait);
    }
    if (wait.signal.aborted) {
      giveBack();
      return null;
    }
    const slot = this.#free.pop() ?? -1;
    const held: Held = {
      kind,
      address,
      owner,
      token: Number(reply),
      slot,
      worker,
      end: 0,
      over: undefined,
      lost: false,
      ended: [],
      timer: setInterval(() => void this.#renew(held), lease / 3),
    };
    this.#expire(held, asked + lease);
    this.#held.set(owner, held);
    return { owner, token: held.token, slot };
  }

  #expire(held: Held, at: number): void {
    held.end = at;
    if (held.slot >= 0) this.#expiries[held.slot] = at;
    this.#watch(held);
  }

  #watch(held: Held): void {
    clearTimeout(held.over);
    // If this loop was late, an answer that came in time is read first.
    const look = () => setImmediate(() => this.#lookAt(held));
    held.over = setTimeout(look, Math.min(Math.max(0, held.end - sharedNow()) + 1, LONGEST));
  }

  #lookAt(held: Held): void {
    if (held.lost || this.#held.get(held.owner) !== held) return;
    if (sharedNow() < held.end) this.#watch(held);
    else this.#lose(held);
  }

  async #renew(held: Held): Promise<void> {
    const asked = sharedNow();
    const { base, lease } = held.address;
    const { renew, keys } = SCRIPTS[held.kind];
    let reply: unknown;
    try {
      reply = await this.#engine.run({ base, script: renew, keys, args: [held.owner, lease] });
    } catch {
      return;
    }
    if (held.lost || this.#held.get(held.owner) !== held) return;
    if (reply === 1) this.#expire(held, asked + lease);
    else this.#lose(held);
  }

  /** It is known to be lost; its holder has still to give it up. */
  #lose(held: Held): void {
    this.#stop(held);
    held.lost = true;
    if (held.slot >= 0) this.#expiries[held.slot] = 0;
    for (const tell of held.ended.splice(0)) tell(true);
  }

  /** Redis has lost its data: nothing is held by anybody. */
  loseAll(): void {
    for (const held of this.#held.values()) this.#lose(held);
  }

  async release(kind: LeaseKind, base: string, owner: string | undefined, worker: number): Promise<'released' | 'lost' | 'none'> {
    const held = owner === undefined ? this.#anyOf(kind, base, worker) : this.#held.get(owner);
    if (held === undefined) return 'none';
    this.#forget(held);
    const reply = await this.#release(kind, held.address, held.owner);
    const lost = held.lost || reply !== 1;
    for (const tell of held.ended.splice(0)) tell(lost);
    return lost ? 'lost' : 'released';
  }

  /** That of a worker himself, or else of another one here. */
  #anyOf(kind: LeaseKind, base: string, worker: number): Held | undefined {
    const all = [...this.#held.values()].filter((held) => held.kind === kind && held.address.base === base);
    return all.find((held) => held.worker === worker) ?? all[0];
  }

  #stop(held: Held): void {
    clearInterval(held.timer);
    clearTimeout(held.over);
  }

  #forget(held: Held): void {
    this.#stop(held);
    this.#held.delete(held.owner);
    if (held.slot < 0) return;
    this.#expiries[held.slot] = 0;
    this.#free.push(held.slot);
  }

  #release(kind: LeaseKind, { base, lease }: Address, owner: string): Promise<unknown> {
    const { release, keys } = SCRIPTS[kind];
    return this.#engine.run({ base, script: release, keys, args: [owner, lease, `${base}c`] });
  }

  ended(owner: string): Promise<boolean> {
    const held = this.#held.get(owner);
    if (held === undefined || held.lost) return Promise.resolve(held !== undefined);
    return new Promise((resolve) => held.ended.push(resolve));
  }

  /** What a worker held others may have at once. */
  ownerDied(worker: number): void {
    for (const held of [...this.#held.values()])
      if (held.worker === worker) void this.release(held.kind, held.address.base, held.owner, worker).catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.allSettled(
      [...this.#held.values()].map((held) => this.release(held.kind, held.address.base, held.owner, held.worker)),
    );
  }
}
