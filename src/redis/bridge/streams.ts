/** Streams: all queues that workers here take from, and the one connection that reads them. */
import type { Redis } from 'ioredis';
import type { Queue, RawArray } from '../core.ts';
import type { Settings } from '../options.ts';
import type { Inbox, StreamOptions } from '../protocol.ts';
import { type Client, open } from './connections.ts';
import type { Engine } from './engine.ts';
import { Slots } from './slots.ts';
import { type Reader, type Reading, Stream } from './stream.ts';
import type { WakeUps } from './wake-ups.ts';

/** A read that blocks. */
interface Read {
  /** Redis's number of the connection. */
  id: number;
  of: ReadonlySet<Reading>;
  ends: boolean;
}

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

  readonly #done: Queue<number>;

  constructor(settings: Settings, engine: Engine, wakeUps: WakeUps, link: { owners: RawArray<'i'>; done: Queue<number> }) {
    this.#done = link.done;
    this.#settings = settings;
    this.#engine = engine;
    this.#wakeUps = wakeUps;
    this.#slots = new Slots(link.owners);
  }

  async want(base: string, options: StreamOptions, now: boolean): Promise<Inbox> {
    let stream = this.#streams.get(base);
    if (stream === undefined) {
      const lease = Math.round(this.#settings.lease * 1000);
      stream = new Stream(base, options, this.#engine, this.#wakeUps, this.#slots, this, lease);
      this.#streams.set(base, stream);
    }
    await stream.want();
    if (now) await this.#fetch(stream);
    return stream.inbox;
  }

  /** Hears of slots whose items are done. */
  async count(): Promise<void> {
    for (;;) for (const slot of await this.#done.getManyAsync()) this.finished(slot);
  }

  finished(slot: number): void {
    const held = this.#slots.get(slot);
    if (held) (held.from as Stream).finished(held);
  }

  doneAny(base: string): boolean {
    const stream = this.#streams.get(base);
    const held = stream?.oldestTaken;
    if (held === undefined) return false;
    stream?.finished(held);
    return true;
  }

  /** [there, in hand, unfinished, shut down], with what was done before. */
  async sizes(base: string): Promise<[number, number, number, number]> {
    await this.flush();
    const reply = await this.#engine.run({ base, script: 'streamState', keys: 'qm', args: [] });
    const [length, pending, unfinished, down] = reply as [number, number, number, number];
    const here = this.#streams.get(base)?.inbox.qsize() ?? 0;
    return [length - pending + here, pending - here, unfinished, down];
  }

  #drain(): void {
    while (this.#done.qsize() > 0) this.finished(this.#done.getNowait());
  }

  async flush(): Promise<void> {
    this.#drain();
    await Promise.all([...this.#streams.values()].map((stream) => stream.flush()));
  }

  ownerDied(worker: number): void {
    // What he has finished comes first: its slots are others' soon.
    this.#drain();
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

  /** Reads what is there of one stream, also what the read that blocks has just been given. */
  async #fetch(stream: Stream): Promise<void> {
    this.#paused++;
    try {
      if (this.#blocked !== undefined) await this.#unblock(this.#blocked);
      await this.#loop;
      if (stream.room > 0) await this.#readEach([stream]);
    } finally {
      this.#paused--;
      this.look(stream);
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
