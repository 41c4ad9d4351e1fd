/**
 * Stream: one queue whose items workers of this program take. Items are read ahead into an inbox in the local
 * heap, for as long as somebody asks for some.
 *
 * An item of this program's is, in this order:
 *
 *  - in the inbox, of which no worker has it. If nobody asks for a third of a lease it goes back, so that an
 *    idle program keeps nothing from the others.
 *  - a worker's, once he has written so into its slot. When he dies it goes back at once.
 *  - between the two, if he died before he wrote: the inbox is empty and yet nobody has it. It goes back
 *    after two signs of life.
 *  - done, and its slot free.
 */
import { inboxItem, slotOf } from '../inbox-item.ts';
import type { Inbox, StreamOptions } from '../protocol.ts';
import { IDLE } from '../scripts/streams.ts';
import type { Engine } from './engine.ts';
import type { Inflow } from './inflow.ts';
import type { Held, Slots } from './slots.ts';
import type { WakeUps } from './wake-ups.ts';

/** A stream, as whoever reads it sees it. */
export interface Reading {
  readonly base: string;
  readonly room: number;
}

/** What is asked of whoever reads streams. */
export interface Reader {
  /** A stream wants items, or has room for more. */
  look(stream: Reading): void;
  /** Takes in what is done. */
  drain(): void;
}

/** Entries in one call of a script. */
const BATCH = 256;
/** Milliseconds in which what is done is told together. */
const GATHER = 1;

export class Stream {
  readonly base: string;
  readonly inflow: Inflow;
  options: StreamOptions;
  /** Those that are in this program's hands. */
  readonly held = new Set<Held>();
  /** Those that somebody else has by now, though a worker here does not know. */
  readonly #lost = new Set<Held>();
  /** Entries that others have let go, as far as is known. */
  #left = 0;
  #wantedAt = 0;
  #grouped: Promise<unknown> | undefined;
  #done: string[] = [];
  /** Those that are done, until Redis has answered that it knows. */
  readonly #telling = new Set<string>();
  #doneTimer: NodeJS.Timeout | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #reaping = false;
  readonly #engine: Engine;
  readonly #slots: Slots;
  readonly #reader: Reader;
  readonly #wakeUps: WakeUps;
  /** Milliseconds. */
  readonly #lease: number;
  #timer: NodeJS.Timeout;
  #shut = false;
  /** Items of which Redis was told that they are done. */
  #flushed = 0;

  constructor(
    base: string,
    inflow: Inflow,
    options: StreamOptions,
    engine: Engine,
    wakeUps: WakeUps,
    slots: Slots,
    reader: Reader,
    lease: number,
  ) {
    this.base = base;
    this.inflow = inflow;
    this.options = options;
    this.#engine = engine;
    this.#wakeUps = wakeUps;
    this.#slots = slots;
    this.#reader = reader;
    this.#lease = lease;
    this.#timer = setInterval(() => void this.#sign().catch(() => {}), lease / 3);
    void wakeUps.on(`${base}c`, this.#heard).catch(() => {});
  }

  /** Of all shards, if there are several. */
  get inbox(): Inbox {
    return this.inflow.inbox;
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody here waits for an item. */
  async want(): Promise<void> {
    const first = !this.isWanted;
    this.#wantedAt = performance.now();
    await this.group();
    if (first || this.#left > 0) await this.#reap(1);
    this.#reader.look(this);
    if (first) void this.#lookWhetherShut();
  }

  get isWanted(): boolean {
    return performance.now() - this.#wantedAt < this.#lease / 3;
  }

  /** How many items may be read. */
  get room(): number {
    if (!this.isWanted) return 0;
    const { streams } = this.inflow;
    const room = Math.min(Math.ceil((this.options.prefetch - this.inbox.qsize()) / streams), this.#slots.room);
    // Few items cost as much as many.
    return room >= this.options.prefetch / streams / 2 ? room : 0;
  }

  group(): Promise<unknown> {
    this.#grouped ??= this.#engine.run({ base: this.base, script: 'streamGroup', keys: 'q', args: [] });
    return this.#grouped;
  }

  /** Redis does not know the group any more: it has lost its data. */
  regroup(): void {
    this.#grouped = undefined;
    void this.group();
  }

  // ── coming ─────────────────────────────────────────────────────────────────────────────────────────────

  arrived(entries: readonly (readonly [id: string, value: Uint8Array, times?: number])[]): void {
    if (entries.length === 0) return;
    const items = entries.map(([id, value, times = 0]) => {
      const held = this.#slots.take(id, this, times);
      this.held.add(held);
      return inboxItem(value, held.slot, times > 0);
    });
    this.inbox.putMany(items);
  }

  /**
   * Takes over what others have let go: one of them may have ended its program. Which that is comes out as
   * each is counted when somebody looks at it (`opening`), not when it comes.
   */
  async #reap(most: number): Promise<void> {
    if (this.#reaping || this.#slots.room === 0) return;
    this.#reaping = true;
    try {
      // After an outage everybody's signs of life are late.
      const idle = this.#engine.backFor < this.#lease ? IDLE : this.#lease;
      const args = [`${this.base}c`, this.#engine.me, idle, this.options.maxDeliveries, most];
      const reply = await this.#engine.run({ base: this.base, script: 'streamReap', keys: 'qmx', args });
      const [left, ...rest] = reply as [number, ...Uint8Array[]];
      this.#left = left;
      if (rest.length === 0) return;
      const entries: [string, Uint8Array, number][] = [];
      // What a worker here has, or Redis has only to be told of, nobody gets again.
      const mine = new Set([...this.#telling, ...Array.from(this.held, ({ id }) => id)]);
      for (let i = 0; i < rest.length; i += 3)
        if (!mine.has(String(rest[i]))) entries.push([String(rest[i]), rest[i + 1] as Uint8Array, Number(rest[i + 2])]);
      this.arrived(entries);
    } finally {
      this.#reaping = false;
    }
  }

  readonly #heard = (message: string): void => {
    if (message === 'p') this.#reader.look(this);
    if (message === 'r' && this.isWanted) void this.#reap(1).catch(() => {});
    if (message === 'i') this.#dropInbox();
    if (message === 's' || message === 'i' || (message === 'w' && this.#shut)) void this.#lookWhetherShut();
  };

  /** A worker here is about to look at an item that others let go: whether it is still this program's. */
  async opening(held: Held): Promise<boolean> {
    const args = [this.#engine.me, held.id, held.times + 1];
    if ((await this.#engine.run({ base: this.base, script: 'streamOpen', keys: 'q', args })) === 1) return true;
    this.#lost.delete(held);
    this.#forget(held);
    return false;
  }

  // ── going ──────────────────────────────────────────────────────────────────────────────────────────────

  /** An item is done. */
  finished(held: Held): void {
    this.#slots.give(held);
    this.#lost.delete(held);
    if (!this.held.delete(held)) return;
    this.#done.push(held.id);
    this.#telling.add(held.id);
    if (this.#done.length >= BATCH / 2) void this.flush();
    else this.#doneTimer ??= setTimeout(() => void this.flush(), GATHER);
  }

  /** Tells Redis what is done. */
  flush(): Promise<unknown> {
    clearTimeout(this.#doneTimer);
    this.#doneTimer = undefined;
    const ids = this.#done;
    this.#done = [];
    const calls: Promise<unknown>[] = [this.#sending];
    const counts = this.options.until === 'taskDone' ? 1 : 0;
    for (let i = 0; i < ids.length; i += BATCH) calls.push(this.#tell(ids.slice(i, i + BATCH), counts));
    this.#flushed += ids.length;
    if (calls.length > 1) this.#sending = Promise.all(calls).catch(() => {});
    if (this.#shut && ids.length > 0) void this.#lookWhetherShut();
    return this.#sending;
  }

  async #tell(ids: readonly string[], counts: 0 | 1): Promise<void> {
    const { base } = this;
    await this.#engine.run({ base, script: 'streamDone', keys: 'qm', args: [`${base}c`, counts, ...ids] });
    for (const id of ids) this.#telling.delete(id);
  }

  /** The item that a worker here has had longest. */
  get oldestTaken(): Held | undefined {
    for (const held of this.held) if (this.#slots.ownerOf(held) !== 0) return held;
    return undefined;
  }

  /** A worker here is gone. */
  ownerDied(worker: number): void {
    const his = (held: Held) => this.#slots.ownerOf(held) === worker;
    for (const held of [...this.#lost].filter(his)) {
      this.#lost.delete(held);
      this.#slots.give(held);
    }
    void this.#release([...this.held].filter(his));
  }

  /** This program gives all back. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#wakeUps.off(`${this.base}c`, this.#heard);
    await this.flush();
    await this.#release([...this.held]);
    this.inbox.shutdown(true);
  }

  /** Those of any shard. */
  async releaseAll(items: readonly Held[]): Promise<void> {
    const streams = new Set(items.map(({ from }) => from as Stream));
    await Promise.all([...streams].map((stream) => stream.#release(items.filter(({ from }) => from === stream))));
  }

  #release(items: readonly Held[]): Promise<unknown> {
    if (items.length === 0) return Promise.resolve();
    const args: (string | number)[] = [`${this.base}c`];
    for (const held of items) {
      args.push(held.id, this.#slots.ownerOf(held) === 0 && held.times === 0 ? 0 : 1);
      this.#forget(held);
    }
    return this.#engine.run({ base: this.base, script: 'streamRelease', keys: 'qm', args }).catch(() => {});
  }

  #forget(held: Held): void {
    this.held.delete(held);
    this.#slots.give(held);
  }

  /** Takes out of the inbox what is in it, and answers that. */
  #emptied(): Held[] {
    const out: Held[] = [];
    while (this.inbox.qsize() > 0) {
      let bytes: Uint8Array;
      try {
        bytes = this.inbox.getNowait();
      } catch {
        break;
      }
      const held = this.#slots.get(slotOf(bytes));
      if (held) out.push(held);
    }
    return out;
  }

  #dropInbox(): void {
    for (const held of this.#emptied()) (held.from as Stream).finished(held);
  }

  // ── signs of life ──────────────────────────────────────────────────────────────────────────────────────

  async #sign(): Promise<void> {
    // Who has finished one may have been killed before he could say so.
    this.#reader.drain();
    const ids = new Map([...this.held].map((held) => [held.id, held]));
    const all = [...ids.keys()];
    for (let i = 0; i < all.length; i += BATCH) {
      const args = [this.#engine.me, ...all.slice(i, i + BATCH)];
      const lost = (await this.#engine.run({ base: this.base, script: 'streamTouch', keys: 'q', args })) as Uint8Array[];
      // Somebody else has them by now: what is done with them here is done twice.
      // Their slots stay theirs until the worker is done or gone.
      for (const id of lost) {
        const held = ids.get(String(id)) as Held;
        if (this.held.delete(held)) this.#lost.add(held);
      }
    }
    if (!this.isWanted) {
      // Before it goes back it is taken out: nobody here can get it any more.
      await this.releaseAll(this.#emptied());
    }
    this.#releaseStray();
    if (!this.isWanted) return;
    await this.#reap(1);
    // Of a shutdown one may not have heard.
    await this.#lookWhetherShut();
  }

  /**
   * Items that are neither in the inbox nor anybody's, for two signs: who took them died before he said so.
   */
  #releaseStray(): void {
    const inInbox = this.inbox.qsize();
    const nobodys = [...this.held].filter((held) => this.#slots.ownerOf(held) === 0);
    if (nobodys.length <= inInbox) return;
    // Those in the inbox came last, but for a moment in which one was just taken.
    const old = performance.now() - (2 * this.#lease) / 3;
    const stray = nobodys.slice(0, nobodys.length - inInbox).filter(({ since }) => since < old);
    if (inInbox === 0) void this.#release(stray);
  }

  async #lookWhetherShut(): Promise<void> {
    const before = this.#flushed;
    const state = await this.#engine.run({ base: this.base, script: 'streamState', keys: 'qm', args: [] });
    const [length, , , down] = state as [number, number, number, number];
    this.#shut = down === 1;
    if (!this.#shut) return;
    const taken = [...this.held].filter((held) => this.#slots.ownerOf(held) !== 0).length;
    // What others have may come back, if they die.
    if (length <= taken) this.inflow.drained(this.base);
    // What was told meanwhile Redis may have counted still.
    else if (this.#flushed !== before) await this.#lookWhetherShut();
  }
}
