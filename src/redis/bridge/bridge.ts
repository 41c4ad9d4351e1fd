/**
 * The bridge: the one thread of a program that talks to Redis. Workers ask it over a queue of their heap, and
 * wait at one of their own; so any of them may block, and signs of life are given whatever they compute.
 *
 * It never blocks itself: its loop is everybody's.
 */
import { randomUUID } from 'node:crypto';
import { type Queue, RuntimeError } from '../core.ts';
import { ConnectionError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type {
  Address,
  Answer,
  Arg,
  Calls,
  Hello,
  LeaseKind,
  Link,
  PoolAddress,
  Request,
  ScriptCall,
  StreamOptions,
} from '../protocol.ts';
import { Acknowledged, warnOfLoss } from './acknowledged.ts';
import { type Client, firstConnection, open } from './connections.ts';
import { Engine, type Wait } from './engine.ts';
import { inspect } from './inspect.ts';
import { Leases } from './leases.ts';
import { Pools } from './pools.ts';
import { Popped } from './popped.ts';
import { Servers } from './servers.ts';
import { Streams } from './streams.ts';
import { WakeUps } from './wake-ups.ts';

interface Caller {
  replies: Queue<Answer>;
  /** Those that it has still to be given. */
  answers: Answer[];
  /** Its calls that are not answered yet. */
  calls: Map<number, AbortController>;
}

/** What the bridge has of the objects that all workers have. */
export type BridgeLink = Pick<Link, 'requests' | 'finished' | 'bell' | 'owners' | 'expiries'>;

type Operation = (caller: number, wait: (ms: number) => Wait, ...args: never[]) => unknown;

class Bridge {
  readonly #callers = new Map<number, Caller>();
  readonly #engine: Engine;
  readonly #streams: Streams;
  readonly #leases: Leases;
  readonly #popped: Popped;
  readonly #pools: Pools;
  readonly #servers: Servers;
  readonly #acknowledged = new Acknowledged();
  readonly #settings: Settings;
  readonly #subscriber: Client;
  #finish = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  constructor(settings: Settings, link: BridgeLink, client: Client, subscriber: Client) {
    this.#settings = settings;
    this.#subscriber = subscriber;
    const wakeUps = new WakeUps(subscriber);
    this.#engine = new Engine(client, wakeUps, Math.round(settings.lease * 1000));
    this.#streams = new Streams(settings, this.#engine, wakeUps, link);
    this.#leases = new Leases(this.#engine, link.expiries);
    this.#popped = new Popped(this.#engine);
    this.#pools = new Pools(settings, client, wakeUps);
    this.#servers = new Servers(settings, client);
    void this.#streams.count().catch(() => {});
    client.on('ready', () => void this.#lookAtData().catch(() => {}));
  }

  // ── calls ──────────────────────────────────────────────────────────────────────────────────────────────

  async serve(requests: Queue<Request>): Promise<void> {
    for (;;) for (const request of await requests.getManyAsync(256)) this.#take(request);
  }

  #take([op, caller, id, ...args]: Request): void {
    const known = this.#callers.get(caller);
    if (op === 'hello') this.#hello(caller, args[0] as Hello);
    else if (op === 'cancel') known?.calls.get(id)?.abort();
    else this.#run(op, known, caller, id, args);
  }

  #run(op: string, known: Caller | undefined, caller: number, id: number, args: unknown[]): void {
    const wait = (ms: number): Wait => {
      const abort = new AbortController();
      known?.calls.set(id, abort);
      return { deadline: performance.now() + ms, signal: abort.signal };
    };
    const operation = this.#operations[op as keyof Calls] as Operation | undefined;
    const answer = (error: unknown, value: unknown) => {
      if (known === undefined || this.#callers.get(caller) !== known) return;
      known.calls.delete(id);
      if (id !== 0) this.#answer(known, [id, error, value]);
    };
    (async () => {
      if (operation === undefined) throw new RuntimeError(`the bridge has no call '${op}'`);
      return operation(caller, wait, ...(args as never[]));
    })().then(
      (value) => answer(undefined, value),
      (error) => answer(error, undefined),
    );
  }

  /** What comes of one read of the socket goes to a worker together. */
  #answer(caller: Caller, answer: Answer): void {
    caller.answers.push(answer);
    if (caller.answers.length > 1) return;
    process.nextTick(() => {
      const answers = caller.answers.splice(0);
      try {
        caller.replies.putMany(answers);
      } catch {
        if (this.#isKnown(caller)) for (const each of answers) answerAlone(caller.replies, each);
      }
    });
  }

  /** Its queue is closed when it is gone. */
  #isKnown(caller: Caller): boolean {
    return [...this.#callers.values()].includes(caller);
  }

  #hello(caller: number, { replies, worker }: Hello): void {
    this.#callers.set(caller, { replies, calls: new Map(), answers: [] });
    if (worker === undefined) return;
    worker.joinAsync().then(
      () => {
        worker.close();
        this.#gone(caller);
      },
      // The process that this thread is of: they end together.
      () => {},
    );
  }

  /**
   * A worker of this program has ended. What it held goes to others; a worker that has given back holds
   * nothing.
   */
  #gone(caller: number): void {
    const known = this.#callers.get(caller);
    this.#callers.delete(caller);
    for (const abort of known?.calls.values() ?? []) abort.abort();
    this.#leases.ownerDied(caller);
    this.#streams.ownerDied(caller);
    this.#popped.ownerDied(caller);
    known?.replies.close();
  }

  readonly #operations = {
    run: (_caller: number, _wait: unknown, call: ScriptCall) => this.#engine.run(call),

    wait: (_caller: number, wait: (ms: number) => Wait, call: ScriptCall, ms: number, turn: boolean) =>
      this.#engine.wait(call, wait(ms), turn),

    put: (_caller: number, wait: (ms: number) => Wait, call: ScriptCall, ms: number) => this.#put(call, wait(ms)),

    want: (_caller: number, wait: (ms: number) => Wait, bases: string[], options: StreamOptions, now: boolean, ms: number) =>
      this.#streams.want(bases, options, now, wait(ms)),

    opening: (_caller: number, _wait: unknown, slot: number) => this.#streams.opening(slot),

    doneAny: (caller: number, _wait: unknown, bases: string[]) =>
      bases.some((base) => this.#popped.doneAny(base, caller) || this.#streams.doneAny(base)),

    flush: () => this.#streams.flush(),

    sizes: (_caller: number, _wait: unknown, bases: string[]) => this.#streams.sizes(bases),

    acquire: (caller: number, wait: (ms: number) => Wait, kind: LeaseKind, address: Address, ms: number, args: Arg[]) =>
      this.#leases.acquire(kind, address, args, caller, wait(ms)),

    release: (caller: number, _wait: unknown, kind: LeaseKind, base: string, owner: string | undefined) =>
      this.#leases.release(kind, base, owner, caller),

    ended: (_caller: number, _wait: unknown, owner: string) => this.#leases.ended(owner),

    pop: async (caller: number, wait: (ms: number) => Wait, call: ScriptCall, ms: number, lease: number) => {
      const given = wait(ms);
      const reply = await this.#engine.wait(call, given, true, (late) => this.#popped.giveBack(call.base, late));
      if (lease > 0) {
        if (given.signal.aborted) this.#popped.giveBack(call.base, reply);
        else this.#popped.take(call, reply, lease, caller);
      }
      return reply;
    },

    inspect: () => inspect(this.#engine, this.#pools, this.#settings, this.connections),

    map: (_caller: number, wait: (ms: number) => Wait, ...args: Parameters<Calls['map']>) =>
      this.#pools.map(...args, wait(Number.POSITIVE_INFINITY).signal),

    serve: (_caller: number, _wait: unknown, ...args: Parameters<Calls['serve']>) => this.#servers.serve(...args),

    stopServing: (_caller: number, _wait: unknown, { base }: PoolAddress) => this.#servers.stop(base),

    close: async () => {
      await this.close();
      setTimeout(this.#finish, 10);
    },
  };

  /** As many items as there is room for, until all are in or the time is up. */
  async #put(call: ScriptCall, wait: Wait): Promise<number> {
    const [channel, maxsize, ...items] = call.args as [string, number, ...Arg[]];
    const each = call.script === 'priorityPut' ? 3 : 1;
    const isStream = each === 1;
    let placed = 0;
    while (placed * each < items.length) {
      const before = this.#acknowledged.before(call.base);
      const some = items.slice(placed * each, (placed + BATCH) * each);
      const args = [channel, maxsize, ...some, ...(isStream ? [this.#settings.cluster ? 1 : 0] : [])];
      const reply = (await this.#engine.wait({ ...call, args }, wait, maxsize > 0)) as number | [number, number] | null;
      if (reply === null) return placed;
      if (typeof reply === 'number') return reply;
      const [count, total] = reply;
      this.#acknowledged.after(call.base, before, count, total);
      placed += count;
    }
    return placed;
  }

  // ── the whole ──────────────────────────────────────────────────────────────────────────────────────────

  get connections(): number {
    return 2 + this.#streams.connections + this.#servers.connections;
  }

  #born: string | undefined;

  /** A Redis that was started anew may have lost what it had: then it is said. */
  async #lookAtData(): Promise<void> {
    const key = `${this.#settings.prefix}:born`;
    const client = this.#engine.client;
    // Another one each time: who comes first again must see it, too.
    await client.set(key, randomUUID(), 'NX');
    const born = (await client.get(key)) as string;
    if (this.#born !== undefined && this.#born !== born) {
      this.#leases.loseAll();
      warnOfLoss('its data: what was in queues, locks and values there is gone');
    }
    this.#born = born;
  }

  start(): Promise<void> {
    return this.#lookAtData();
  }

  async close(): Promise<void> {
    if (this.#engine.isUp) await Promise.race([this.#giveBack(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    this.#engine.client.disconnect();
    this.#subscriber.disconnect();
  }

  async #giveBack(): Promise<void> {
    await this.#servers.close();
    await Promise.allSettled([this.#streams.close(), this.#leases.close(), this.#popped.close(), this.#pools.close()]);
  }
}

/** Milliseconds in which everything has to be given back at the end. */
const PATIENCE = 2000;

/** Items in one call of a script. */
const BATCH = 512;

/** An answer that cannot be sent must not hold up the others, nor its caller. */
function answerAlone(replies: Queue<Answer>, [id, error, value]: Answer): void {
  try {
    replies.put([id, error, value]);
  } catch (why) {
    replies.put([id, new RuntimeError(`the answer cannot be sent: ${(why as Error).message}`), undefined]);
  }
}

/** What the thread runs; `ready` gets undefined, or why there is no connection. */
export async function runBridge(settings: Settings, link: BridgeLink, ready: Queue<unknown>): Promise<void> {
  let bridge: Bridge;
  try {
    const [client, subscriber] = await Promise.all([open(settings), open(settings, true)]);
    await Promise.all([firstConnection(client, settings), firstConnection(subscriber, settings)]);
    bridge = new Bridge(settings, link, client, subscriber);
    await bridge.start();
  } catch (error) {
    ready.put(error instanceof ConnectionError ? error : new ConnectionError(`Redis refuses: ${(error as Error).message}`));
    return;
  }
  ready.put(undefined);
  void bridge.serve(link.requests);
  await bridge.ended;
}
