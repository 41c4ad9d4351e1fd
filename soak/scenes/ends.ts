/** The two ends of all that items flow through, in the ways there are to use them. */
import {
  type Connection,
  type Dict,
  Empty,
  Full,
  IndexError,
  KeyError,
  type List,
  type PriorityQueue,
  type Queue,
  ShutDown,
} from 'nogil';
import { SERIALS } from '../cast/ledger.ts';
import type { Random } from '../random.ts';
import type { Item } from './items.ts';

export type FlowKind =
  | 'Queue'
  | 'LifoQueue'
  | 'PriorityQueue'
  | 'JoinableQueue'
  | 'SimpleQueue'
  | 'Queue of bytes'
  | 'Pipe'
  | 'List'
  | 'Dict';

/** What went wrong as it may: nothing was put, or there is nothing. */
const refusals = [Full, Empty, ShutDown, IndexError, KeyError];

export function isRefusal(error: unknown): boolean {
  return refusals.some((each) => error instanceof each);
}

export interface Ends {
  /** Bytes of the largest item. */
  readonly largest: number;
  /** How many at once. */
  readonly most: number;
  /** @throws a refusal: none of them is in */
  put(items: Item[], random: Random): void | Promise<void>;
  /** @throws a refusal */
  take(most: number, random: Random): Item[] | Promise<Item[]>;
  /** Without waiting. */
  putNow(item: Item): void;
  takeNow(): Item[];
  /** Once one is done with. */
  done(): void;
}

const MEGABYTE = 2 ** 20;
/** Seconds of a wait with a timeout: as long as a wait takes, so that it is woken and late in turn. */
const SHORT = 0.002;

// biome-ignore lint/suspicious/noExplicitAny: a PriorityQueue has its items behind priorities
type AnyQueue = Queue<any>;

class QueueEnds implements Ends {
  readonly largest = MEGABYTE;
  readonly most = 3;
  readonly #queue: AnyQueue;
  readonly #counts: boolean;
  readonly #byPriority: boolean;

  constructor(queue: AnyQueue, { counts = false, byPriority = false } = {}) {
    this.#queue = queue;
    this.#counts = counts;
    this.#byPriority = byPriority;
  }

  #in(item: Item): unknown {
    return this.#byPriority ? [item.serial % 7, item] : item;
  }

  #out(item: unknown): Item {
    return this.#byPriority ? (item as [number, Item])[1] : (item as Item);
  }

  put(items: Item[], random: Random): void | Promise<void> {
    const queue = this.#queue;
    const wrapped = items.map((item) => this.#in(item));
    // Without a limit there is always room: who waits for it waits for nobody.
    if (wrapped.length > 1) return queue.maxsize === 0 ? queue.putMany(wrapped) : queue.putManyAsync(wrapped, 1);
    if (random.percent(25)) return queue.putAsync(wrapped[0], SHORT);
    queue.put(wrapped[0], true, random.percent(50) ? SHORT : 1);
  }

  take(most: number, random: Random): Item[] | Promise<Item[]> {
    const queue = this.#queue;
    const out = (all: unknown[]) => all.map((each) => this.#out(each));
    if (most > 1) return random.percent(50) ? out(queue.getMany(most)) : queue.getManyAsync(most).then(out);
    switch (random.integer(0, 3)) {
      case 0:
        return queue.getAsync().then((item) => out([item]));
      case 1:
        return out([queue.get()]);
      case 2:
        return out([queue.getNowait()]);
      default:
        return out([queue.get(true, SHORT)]);
    }
  }

  putNow(item: Item): void {
    this.#queue.putNowait(this.#in(item));
  }

  takeNow(): Item[] {
    return [this.#out(this.#queue.getNowait())];
  }

  done(): void {
    if (this.#counts) this.#queue.taskDone();
  }
}

class PipeEnds implements Ends {
  readonly largest = MEGABYTE;
  readonly most = 1;
  readonly #reader: Connection;
  readonly #writer: Connection;

  constructor(reader: Connection, writer: Connection) {
    this.#reader = reader;
    this.#writer = writer;
  }

  put([item]: Item[], random: Random): void | Promise<void> {
    if (random.percent(25)) return this.#writer.sendAsync(item);
    this.#writer.send(item);
  }

  take(_most: number, random: Random): Item[] | Promise<Item[]> {
    if (random.percent(30)) return this.#reader.recvAsync().then((item) => [item as Item]);
    if (random.percent(50) && !this.#reader.poll(SHORT)) throw new Empty();
    return [this.#reader.recv() as Item];
  }

  putNow(item: Item): void {
    this.#writer.send(item);
  }

  takeNow(): Item[] {
    if (!this.#reader.poll()) throw new Empty();
    return [this.#reader.recv() as Item];
  }

  done(): void {}
}

class ListEnds implements Ends {
  readonly largest = 2 ** 14;
  readonly most = 3;
  readonly #list: List<Item>;

  constructor(list: List<Item>) {
    this.#list = list;
  }

  put(items: Item[], random: Random): void | Promise<void> {
    const list = this.#list;
    if (items.length > 1) return list.extend(items);
    const [item] = items as [Item];
    if (random.percent(25)) return list.appendAsync(item);
    if (random.percent(30)) list.insert(random.integer(0, 3), item);
    else list.append(item);
  }

  take(_most: number, random: Random): Item[] | Promise<Item[]> {
    const index = random.percent(50) ? 0 : -1;
    if (random.percent(25)) return this.#list.popAsync(index).then((item) => [item]);
    return [this.#list.pop(index)];
  }

  putNow(item: Item): void {
    this.#list.append(item);
  }

  takeNow(): Item[] {
    return [this.#list.pop()];
  }

  done(): void {}
}

const keyOf = ({ row, serial }: Item) => row * SERIALS + serial;

class DictEnds implements Ends {
  readonly largest = 2 ** 14;
  readonly most = 3;
  readonly #dict: Dict<number, Item>;

  constructor(dict: Dict<number, Item>) {
    this.#dict = dict;
  }

  put(items: Item[], random: Random): void | Promise<void> {
    const dict = this.#dict;
    const pairs = items.map((item) => [keyOf(item), item] as [number, Item]);
    if (pairs.length > 1) return dict.update(pairs);
    const [[key, item]] = pairs as [[number, Item]];
    if (random.percent(25)) return dict.setAsync(key, item);
    if (random.percent(30)) dict.update(key, () => item);
    else dict.set(key, item);
  }

  take(_most: number, random: Random): Item[] | Promise<Item[]> {
    if (random.percent(25)) return this.#dict.popitemAsync().then(([, item]) => [item]);
    if (random.percent(50)) return this.takeNow();
    const [key] = this.#dict.keys();
    if (key === undefined) throw new Empty();
    return [this.#dict.pop(key)];
  }

  putNow(item: Item): void {
    this.#dict.set(keyOf(item), item);
  }

  takeNow(): Item[] {
    return [this.#dict.popitem()[1]];
  }

  done(): void {}
}

/** Of all but bytes, which are no objects. */
export function endsOf(kind: FlowKind, objects: unknown[]): Ends {
  if (kind === 'Pipe') return new PipeEnds(...(objects as [Connection, Connection]));
  if (kind === 'List') return new ListEnds(objects[0] as List<Item>);
  if (kind === 'Dict') return new DictEnds(objects[0] as Dict<number, Item>);
  const queue = objects[0] as AnyQueue | PriorityQueue<never>;
  return new QueueEnds(queue as AnyQueue, { counts: kind === 'JoinableQueue', byPriority: kind === 'PriorityQueue' });
}
