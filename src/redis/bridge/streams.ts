/** Streams: all queues that workers here take from, and the one connection that reads them. */
import type { Redis } from 'ioredis';
import type { Queue, RawArray } from '../core.ts';
import { Finished } from '../finished.ts';
import type { Settings } from '../options.ts';
import type { Inbox, StreamOptions } from '../protocol.ts';
import { type Client, open } from './connections.ts';
import { type Engine, type Wait, within } from './engine.ts';
import { Inflow } from './inflow.ts';
import { type Held, Slots } from './slots.ts';
import { type Reader, type Reading, Stream } from './stream.ts';
import type { WakeUps } from './wake-ups.ts';

/** A read that blocks. */
interface Read {
  /** Redis's number of the connection. */
  id: number;
  of: ReadonlySet<Reading>;
  ends: boolean;
}

/** What workers and streams have in common. */
export interface StreamsLink {
  owners: RawArray<'i'>;
  finished: RawArray<'i'>;
  bell: Queue<number>;
}

/** Milliseconds in which what is done is taken together, while much is. */
const GATHER = 1;

type Entries = [id: Buffer, fields: Buffer[]][];

export class Streams implements Reader {
  readonly #streams = new Map<string, Stream>();
  readonly #slots: Slots;
  readonly #engine: Engine;
  readonly #wakeUps: WakeUps;
  readonly #settings: Settings;
  #connection: Promise<Client> | undefined;
  #reading = false;
  #again = false;
  #blocked: Read | undefined;
  #closed = false;

  readonly #finished: Finished;

  constructor(settings: Settings, engine: Engine, wakeUps: WakeUps, link: StreamsLink) {
    this.#finished = new Finished(link.finished, link.bell);
    this.#settings = settings;
    this.#engine = engine;
    this.#wakeUps = wakeUps;
    this.#slots = new Slots(link.owners);
  }

  /**
   * Somebody here wants items of these streams. `now`: of what is there. While Redis is away what is here is
   * here all the same.
   */
  async want(bases: readonly string[], options: StreamOptions, now: boolean, wait: Wait): Promise<Inbox> {
    const streams = this.#streamsOf(bases, options);
    const wanted = (async () => {
      await Promise.all(streams.map((stream) => stream.want()));
      if (now) await this.#fetch(streams);
    })();
    wanted.catch(() => {});
    await within(wanted, wait, now);
    return (streams[0] as Stream).inbox;
  }

  #streamsOf(bases: readonly string[], options: StreamOptions): Stream[] {
    let inflow = this.#streams.get(bases[0] as string)?.inflow;
    return bases.map((base) => {
      let stream = this.#streams.get(base);
      if (stream === undefined) {
        inflow ??= new Inflow(bases.length);
        const lease = Math.round(this.#settings.lease * 1000);
        stream = new Stream(base, inflow, options, this.#engine, this.#wakeUps, this.#slots, this, lease);
        this.#streams.set(base, stream);
      }
      return stream;
    });
  }

  /** Hears of slots whose items are done: of many together, while many are. */
  async count(): Promise<void> {
    for (;;) {
      await this.#finished.rung();
      do {
        this.drain();
        await new Promise((resolve) => setTimeout(resolve, GATHER));
      } while (!this.#finished.sleep());
    }
  }

  /** Behind what is done: who ends his program with this item takes none of those along. */
  async opening(slot: number): Promise<boolean> {
    await this.flush();
    const held = this.#slots.get(slot);
    return held !== undefined && (held.from as Stream).opening(held);
  }

  doneAny(base: string): boolean {
    const stream = this.#streams.get(base);
    const held = stream?.oldestTaken;
    if (held === undefined) return false;
    this.#finish([held]);
    return true;
  }

  /** [there, in hand, unfinished, shut down], with what was done before. */
  async sizes(bases: readonly string[]): Promise<[number, number, number, number]> {
    await this.flush();
    const all = await Promise.all(
      bases.map(async (base) => {
        const reply = await this.#engine.run({ base, script: 'streamState', keys: 'qm', args: [] });
        return reply as [number, number, number, number];
      }),
    );
    const here = this.#streams.get(bases[0] as string)?.inbox.qsize() ?? 0;
    const sum = (what: 0 | 1 | 2) => all.reduce((total, each) => total + each[what], 0);
    return [sum(0) - sum(1) + here, sum(1) - here, sum(2), all.some(([, , , down]) => down === 1) ? 1 : 0];
  }

  drain(): void {
    const held = this.#finished.takeAll().map((slot) => this.#slots.get(slot));
    this.#finish(held.filter((each) => each !== undefined));
  }

  #finish(held: readonly Held[]): void {
    const streams = new Set<Stream>();
    for (const each of held) {
      const stream = each.from as Stream;
      stream.finished(each);
      streams.add(stream);
    }
    for (const stream of streams) if (stream.room > 0) this.look(stream);
  }

  async flush(): Promise<void> {
    this.drain();
    await Promise.all([...this.#streams.values()].map((stream) => stream.flush()));
  }

  ownerDied(worker: number): void {
    // What he has finished comes first: its slots are others' soon.
    this.drain();
    for (const stream of this.#streams.values()) stream.ownerDied(worker);
  }

  get connections(): number {
    return this.#connection === undefined ? 0 : 1;
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────

  look(stream: Reading): void {
    if (!this.#reading) {
      void this.#readAll();
      return;
    }
    this.#again = true;
    if (this.#blocked !== undefined && !this.#blocked.of.has(stream)) void this.#unblock(this.#blocked);
  }

  /** Redis may not have come to the read yet that is to end. */
  async #unblock(read: Read): Promise<void> {
    if (read.ends) return;
    read.ends = true;
    while (this.#blocked === read) {
      const ended = await (this.#engine.client as Redis).client('UNBLOCK', read.id).catch(() => 0);
      if (ended === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Reads what is there, also what the read that blocks has just been given. */
  async #fetch(streams: readonly Stream[]): Promise<void> {
    this.#paused++;
    try {
      if (this.#blocked !== undefined) await this.#unblock(this.#blocked);
      await this.#loop;
      await this.#readEach(streams.filter((stream) => stream.room > 0));
    } finally {
      this.#paused--;
      for (const stream of streams) this.look(stream);
    }
  }
  #paused = 0;
  #loop: Promise<void> | undefined;

  #readAll(): Promise<void> {
    this.#reading = true;
    this.#loop = this.#readWhileWanted();
    return this.#loop;
  }

  async #readWhileWanted(): Promise<void> {
    try {
      while (!this.#closed && this.#paused === 0) {
        this.#again = false;
        const streams = [...this.#streams.values()].filter((stream) => stream.room > 0);
        if (streams.length === 0) {
          if (this.#again) continue;
          return;
        }
        try {
          const came = await (this.#settings.cluster ? this.#readEach(streams) : this.#readTogether(streams));
          if (!came && this.#settings.cluster && !this.#again) return;
        } catch (error) {
          if (this.#closed) return;
          if (/NOGROUP/.test((error as Error).message)) for (const stream of streams) stream.regroup();
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    } finally {
      this.#reading = false;
    }
  }

  async #readTogether(streams: readonly Stream[]): Promise<boolean> {
    this.#connection ??= this.#connect();
    const connection = (await this.#connection) as Redis;
    const room = Math.min(...streams.map((stream) => stream.room));
    const names = streams.map(({ base }) => `${base}q`);
    const wait = Math.round((this.#settings.lease * 1000) / 3);
    this.#id ??= await unlessClosed(connection, connection.client('ID'));
    const reading = connection.xreadgroupBuffer(
      ...([
        'GROUP',
        'g',
        this.#engine.me,
        'COUNT',
        room,
        'BLOCK',
        wait,
        'STREAMS',
        ...names,
        ...names.map(() => '>'),
      ] as never as ['GROUP', string, string, 'STREAMS', string, string]),
    );
    this.#blocked = { id: this.#id, of: new Set(streams), ends: false };
    let reply: [Buffer, Entries][] | null;
    try {
      reply = (await unlessClosed(connection, reading)) as [Buffer, Entries][] | null;
    } finally {
      this.#blocked = undefined;
    }
    for (const [name, entries] of reply ?? []) {
      const stream = this.#streams.get(String(name).slice(0, -1));
      stream?.arrived(entries.map(([id, fields]) => [String(id), fields[1] as Buffer]));
    }
    return reply !== null;
  }

  /** Of a Redis Cluster: each where it lies. Nothing blocks there, since a put says that it was. */
  async #readEach(streams: readonly Stream[]): Promise<boolean> {
    const client = this.#engine.client as Redis;
    const replies = await Promise.all(
      streams.map(async (stream) => {
        const reply = (await client.xreadgroupBuffer(
          'GROUP',
          'g',
          this.#engine.me,
          'COUNT',
          stream.room,
          'STREAMS',
          `${stream.base}q`,
          '>',
        )) as [Buffer, Entries][] | null;
        for (const [, entries] of reply ?? []) stream.arrived(entries.map(([id, fields]) => [String(id), fields[1] as Buffer]));
        return reply !== null;
      }),
    );
    return replies.includes(true);
  }

  #id: number | undefined;

  async #connect(): Promise<Client> {
    const connection = (await open(this.#settings, false)) as Redis;
    connection.on('error', () => {});
    connection.on('close', () => {
      this.#id = undefined;
    });
    await connection.connect().catch(() => {});
    return connection;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
    (await this.#connection)?.disconnect();
  }
}

/** What Redis answers to a call that is not sent again. @throws Error the connection is lost meanwhile */
async function unlessClosed<T>(connection: Redis, call: Promise<T>): Promise<T> {
  let lost = () => {};
  const closed = new Promise<never>((_, reject) => {
    lost = () => reject(new Error('the connection is lost'));
    connection.once('close', lost);
  });
  try {
    return await Promise.race([call, closed]);
  } finally {
    connection.off('close', lost);
  }
}
