/** PriorityQueue: what a put and a get cost, by how many items are in it. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { PriorityQueue } from 'nogil';
import type { Contender, Row } from '../harness/row.ts';
import { BinaryHeap } from '../rivals/binary-heap.ts';

interface Job {
  priority: number;
  text: string;
}

interface Subject {
  put(priority: number): void;
  /** What it took: its priority. */
  get(): number;
  close(): void;
}

type Make = (priority: number) => number | Job;

const priorityOf = (item: number | Job) => (typeof item === 'number' ? item : item.priority);

function ours(make: Make): Subject {
  const queue = new PriorityQueue<number | Job>();
  return { put: (priority) => queue.put(make(priority)), get: () => priorityOf(queue.get()), close: () => queue.close() };
}

/**
 * The least that a heap in one worker costs others: each item goes there in one message and back in another,
 * all of it on this thread, so that nobody has to be woken.
 */
function heapAndMessages(make: Make): Subject {
  const heap = new BinaryHeap<number | Job>();
  const { port1, port2 } = new MessageChannel();
  const sent = <T>(item: T): T => {
    port1.postMessage(item);
    return (receiveMessageOnPort(port2) as { message: T }).message;
  };
  return {
    put: (priority) => heap.push(priority, sent(make(priority))),
    get: () => priorityOf(sent(heap.pop())),
    close: () => port1.close(),
  };
}

const LEAST = 50;
const CALLS = { quick: 5000, full: 20_000 };

/** Nanoseconds of a put and of a get, with `size` items in it and up to a tenth more. */
function costs(subject: Subject, size: number, calls: number): { put: number; get: number } {
  const block = Math.max(LEAST, size / 10);
  let [put, get, done] = [0, 0, 0];
  for (; done < calls; done += block) {
    const priorities = Float64Array.from({ length: block }, Math.random);
    const taken = new Float64Array(block);
    const begin = performance.now();
    for (let i = 0; i < block; i++) subject.put(priorities[i] as number);
    const middle = performance.now();
    for (let i = 0; i < block; i++) taken[i] = subject.get();
    put += middle - begin;
    get += performance.now() - middle;
    if (taken.some((each, i) => i > 0 && each < (taken[i - 1] as number))) throw new Error('they do not come in order');
  }
  return { put: (put * 1e6) / done, get: (get * 1e6) / done };
}

function filled(open: () => Subject, size: number): Subject {
  const subject = open();
  for (let i = 0; i < size; i++) subject.put(Math.random());
  return subject;
}

const contender = (name: string, by: Contender['by'], open: () => Subject): Contender => ({
  name,
  by,
  open(size, quick) {
    const subject = filled(open, size);
    return {
      gives: 'figure',
      run: () => costs(subject, size, CALLS[quick ? 'quick' : 'full']),
      close: () => subject.close(),
    };
  },
});

function curve(id: string, what: string, make: Make, fullOnly?: true): Row {
  return {
    ...(fullOnly && { fullOnly }),
    id: `scaling.${id}`,
    what,
    how: `Of random priorities; blocks of a tenth of what is in it are put and taken, and must come in order. The rival is a
heap in plain JavaScript of which each item is one message away in either direction; nobody is woken for it.`,
    unit: 'time',
    over: { name: 'items in the queue', unit: 'count', full: [100, 1000, 10_000, 100_000], quick: [100, 10_000, 100_000] },
    contenders: [
      contender('PriorityQueue', 'nogil', () => ours(make)),
      contender('heap in a worker, by messages', 'handmade', () => heapAndMessages(make)),
    ],
    parts: { put: { what: `${what}: put` }, get: { what: `${what}: get` } },
  };
}

const FEW = 100;
const MANY = 100_000;

const doubling: Contender = {
  name: 'PriorityQueue: get',
  by: 'nogil',
  open(_, quick) {
    const [few, many] = [FEW, MANY].map((size) => filled(() => ours((priority) => priority), size)) as [Subject, Subject];
    const calls = CALLS[quick ? 'quick' : 'full'];
    return {
      gives: 'figure',
      run: () => (costs(many, MANY, calls).get - costs(few, FEW, calls).get) / Math.log2(MANY / FEW),
      close() {
        few.close();
        many.close();
      },
    };
  },
};

export const priorityRows: readonly Row[] = [
  curve('priority', 'A PriorityQueue of numbers', (priority) => priority),
  // Of objects the blocks fall out of the caches, too, which is not the heap's doing.
  curve(
    'priority-objects',
    'A PriorityQueue of objects { priority, text of 32 }',
    (priority) => ({ priority, text: 'x'.repeat(32) }),
    true,
  ),
  {
    id: 'scaling.priority-doubling',
    what: 'A PriorityQueue of twice as many numbers: what a get takes longer',
    how: `What a get takes longer with ${MANY} than with ${FEW} in it, for each doubling in between.`,
    unit: 'time',
    contenders: [doubling],
    targets: [{ who: doubling.name, atMost: 60 }],
  },
];
