/**
 * What one snapshot does not show: since when something is so, and how fast something counts. Who looks
 * remembers it from look to look, so a program that nobody looks at pays nothing.
 */
import type { QueueInfo, Snapshot, WorkerInfo } from './snapshot.ts';

/** Since when something is so. */
export interface Since {
  /** Milliseconds. */
  ms: number;
  /** It was so already at the first look: it may be longer. */
  atLeast: boolean;
}

/** A snapshot, and what the ones before it add. */
export interface View extends Snapshot {
  /** How long a worker has been waiting where it waits, by its number. */
  waiting: ReadonlyMap<number, Since>;
  /** How long a worker of a pool has had its task, by its number. */
  running: ReadonlyMap<number, Since>;
  /** Items a second, by a queue's number. */
  rates: ReadonlyMap<number, { put: number; got: number }>;
  /** Tasks a second, by a pool's number. */
  taskRates: ReadonlyMap<number, number>;
  /** How often a lock was seen in other hands than at the look before, by its number: at least so often. */
  handOvers: ReadonlyMap<number, number>;
}

/** Things that are the same as long as their text is, and when that was first seen. */
class Stays {
  #known = new Map<number, { text: string; from: number; atLeast: boolean }>();
  #isFirst = true;

  look(at: number, now: Iterable<readonly [id: number, text: string]>): Map<number, Since> {
    const known = new Map<number, { text: string; from: number; atLeast: boolean }>();
    for (const [id, text] of now) {
      const before = this.#known.get(id);
      known.set(id, before?.text === text ? before : { text, from: at, atLeast: this.#isFirst });
    }
    this.#known = known;
    this.#isFirst = false;
    return new Map([...known].map(([id, { from, atLeast }]) => [id, { ms: at - from, atLeast }]));
  }
}

function waitText({ waits }: WorkerInfo): string | undefined {
  return waits && `${waits.class} ${waits.id} ${waits.call}`;
}

/** Counts between two looks, as numbers a second; the counts are of 32 bits, and wrap. */
function rate(before: number, now: number, seconds: number): number {
  return seconds > 0 ? ((now - before) >>> 0) / seconds : 0;
}

export class History {
  readonly #waits = new Stays();
  readonly #tasks = new Stays();
  readonly #handOvers = new Map<number, number>();
  #before: Snapshot | undefined;

  /** The next snapshot, with what those before it add. */
  add(snapshot: Snapshot): View {
    const { at } = snapshot;
    const seen = this.#waits.look(
      at,
      snapshot.workers.flatMap((worker) => {
        const text = waitText(worker);
        return text === undefined ? [] : [[worker.tid, text] as const];
      }),
    );
    // A worker that leaves traces says it better.
    for (const { tid, waits } of snapshot.workers) {
      if (waits?.since !== undefined) seen.set(tid, { ms: Math.max(at - waits.since, 0), atLeast: false });
    }
    const view: View = {
      ...snapshot,
      waiting: seen,
      running: this.#tasks.look(
        at,
        snapshot.pools.flatMap(({ workers }) =>
          workers.filter(({ task }) => task > 0).map(({ tid, task }) => [tid, String(task)] as const),
        ),
      ),
      rates: this.#rates(snapshot),
      taskRates: this.#taskRates(snapshot),
      handOvers: this.#countHandOvers(snapshot),
    };
    this.#before = snapshot;
    return view;
  }

  #rates({ at, queues }: Snapshot): Map<number, { put: number; got: number }> {
    const before = new Map<number, QueueInfo>(this.#before?.queues.map((queue) => [queue.id, queue]));
    const seconds = (at - (this.#before?.at ?? at)) / 1000;
    const rates = new Map<number, { put: number; got: number }>();
    for (const { id, put, got } of queues) {
      const earlier = before.get(id);
      if (earlier === undefined) continue;
      rates.set(id, { put: rate(earlier.put, put, seconds), got: rate(earlier.got, got, seconds) });
    }
    return rates;
  }

  #taskRates({ at, pools }: Snapshot): Map<number, number> {
    const before = new Map(this.#before?.pools.map(({ id, done }) => [id, done]));
    const seconds = (at - (this.#before?.at ?? at)) / 1000;
    return new Map(
      pools.flatMap(({ id, done }) => {
        const earlier = before.get(id);
        return earlier === undefined ? [] : [[id, rate(earlier, done, seconds)] as const];
      }),
    );
  }

  #countHandOvers({ locks }: Snapshot): ReadonlyMap<number, number> {
    const before = new Map(this.#before?.locks.map(({ id, holder }) => [id, holder]));
    for (const { id, holder } of locks) {
      if (before.has(id) && holder !== undefined && before.get(id) !== holder)
        this.#handOvers.set(id, (this.#handOvers.get(id) ?? 0) + 1);
    }
    return this.#handOvers;
  }
}
