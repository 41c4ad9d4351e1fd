/** PriorityQueue: what a put and a get cost, by how many items are in it. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { PriorityQueue } from 'nogil';
import { inTurn } from './in-turn.ts';
import { median, nanoseconds, type Row, type Table } from './report.ts';

interface Job {
  priority: number;
  text: string;
}

/** The textbook's heap, each item with its place in the order of arrival. */
class BinaryHeap<T> {
  readonly #items: { priority: number; sequence: number; item: T }[] = [];
  #sequence = 0;

  push(priority: number, item: T): void {
    const entry = { priority, sequence: this.#sequence++, item };
    const items = this.#items;
    let at = items.length;
    items.push(entry);
    for (let parent = (at - 1) >> 1; at > 0; at = parent, parent = (at - 1) >> 1) {
      const above = items[parent] as typeof entry;
      if (!precedes(entry, above)) break;
      items[at] = above;
    }
    items[at] = entry;
  }

  pop(): T {
    const items = this.#items;
    const first = items[0] as (typeof items)[number];
    const last = items.pop() as typeof first;
    const size = items.length;
    if (size === 0) return first.item;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && precedes(items[child + 1] as typeof first, items[child] as typeof first)) child++;
      const below = items[child] as typeof first;
      if (!precedes(below, last)) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return first.item;
  }
}

function precedes(a: { priority: number; sequence: number }, b: { priority: number; sequence: number }): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.sequence < b.sequence);
}

interface Contender {
  put(priority: number): void;
  get(): void;
  close(): void;
}

function ours(make: (priority: number) => number | Job): Contender {
  const queue = new PriorityQueue<number | Job>();
  return { put: (priority) => queue.put(make(priority)), get: () => queue.get(), close: () => queue.close() };
}

/**
 * The least that a heap in one worker costs others: each item goes there in one message and back in another,
 * all of it on this thread, so that nobody has to be woken.
 */
function heapAndMessages(make: (priority: number) => number | Job): Contender {
  const heap = new BinaryHeap<number | Job>();
  const { port1, port2 } = new MessageChannel();
  const sent = <T>(item: T): T => {
    port1.postMessage(item);
    return (receiveMessageOnPort(port2) as { message: T }).message;
  };
  return {
    put(priority) {
      heap.push(priority, sent(make(priority)));
    },
    get() {
      sent(heap.pop());
    },
    close() {
      port1.close();
    },
  };
}

const SIZES = [100, 1000, 10_000, 100_000];
const LEAST = 50;

/** Nanoseconds of a put and of a get, with `size` items in it and up to a tenth more. */
function measure(contender: Contender, size: number, calls: number): { put: number; get: number } {
  const block = Math.max(LEAST, size / 10);
  let [put, get, done] = [0, 0, 0];
  for (; done < calls; done += block) {
    const priorities = Float64Array.from({ length: block }, Math.random);
    const begin = performance.now();
    for (let i = 0; i < block; i++) contender.put(priorities[i] as number);
    const middle = performance.now();
    for (let i = 0; i < block; i++) contender.get();
    put += middle - begin;
    get += performance.now() - middle;
  }
  return { put: (put * 1e6) / done, get: (get * 1e6) / done };
}

async function costs(title: string, make: (priority: number) => number | Job, quick: boolean, target?: number): Promise<Table> {
  const rows: Row[] = [];
  const rounds = quick ? 3 : 15;
  const calls = quick ? 5000 : 20_000;
  for (const size of SIZES) {
    const contenders = [ours(make), heapAndMessages(make)] as const;
    for (const contender of contenders) for (let i = 0; i < size; i++) contender.put(Math.random());
    const [mine, theirs] = contenders;
    const figures = await inTurn(rounds, 1, {
      ours: () => measure(mine, size, calls),
      rival: () => measure(theirs, size, calls),
    });
    for (const what of ['put', 'get'] as const)
      rows.push({
        what: `${what}, ${size} items`,
        unit: nanoseconds,
        ours: figures.ours.map((each) => each[what]),
        rival: figures.rival.map((each) => each[what]),
      });
    for (const contender of contenders) contender.close();
  }
  const [few, many] = [rows[1], rows.at(-1)] as [Row, Row];
  const doublings = Math.log2((SIZES.at(-1) as number) / (SIZES[0] as number));
  rows.push({
    what: 'get, for each doubling of the items',
    unit: nanoseconds,
    ours: many.ours.map((each) => (each - median(few.ours)) / doublings),
    rival: [],
    ...(target !== undefined && { target }),
  });
  return { title, rival: 'JS heap + postMessage', rows };
}

export async function* priority(quick: boolean): AsyncGenerator<Table> {
  // Of objects the blocks fall out of the caches, too, which is not the heap's doing.
  yield await costs('numbers, random', (priority) => priority, quick, 60);
  yield await costs(
    'objects { priority, text of 32 characters }, random',
    (priority) => ({ priority, text: 'x'.repeat(32) }),
    quick,
  );
}
