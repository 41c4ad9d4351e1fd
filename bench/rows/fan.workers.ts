/** A producer or a consumer among several. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';
import { clock, reply, type Span, serve } from '../harness/agents.ts';

export type Orders = { side: 'put' | 'get' } & ({ handle: Handle } | { ports: MessagePort[] });

export interface Fan {
  /** Items of this producer, or of all of them. */
  count: number;
  producers: number;
  consumers: number;
  /** Of a queue: word 0: producers that are through. Of ports: items that came. */
  words: Int32Array;
}

export interface Account extends Span {
  sum: number;
}

const orders = workerData as Orders;

function put(queue: Queue<number>, { count, producers, consumers, words }: Fan): number {
  for (let i = 0; i < count; i++) queue.put(i);
  // The last one tells the consumers that there are no more.
  if (Atomics.add(words, 0, 1) === producers - 1) for (let i = 0; i < consumers; i++) queue.put(-1);
  return 0;
}

function get(queue: Queue<number>): number {
  let sum = 0;
  for (let item = queue.get(); item >= 0; item = queue.get()) sum += item;
  return sum;
}

/** Each producer has a channel to each consumer, and they take turns. */
function post(ports: MessagePort[], { count }: Fan): number {
  for (let i = 0; i < count; i++) (ports[i % ports.length] as MessagePort).postMessage(i);
  for (const port of ports) port.postMessage(-1);
  return 0;
}

/** It listens from the beginning: items may come before the job does. */
class Receiver {
  readonly #ports: number;
  readonly #sums: number[] = [];
  #sum = 0;
  #ended = 0;
  #resolve: ((sum: number) => void) | undefined;

  constructor(ports: MessagePort[]) {
    this.#ports = ports.length;
    for (const port of ports) port.on('message', (item: number) => this.#take(item));
  }

  #take(item: number): void {
    if (item >= 0) this.#sum += item;
    else if (++this.#ended === this.#ports) {
      this.#sums.push(this.#sum);
      this.#sum = this.#ended = 0;
      this.#answer();
    }
  }

  #answer(): void {
    if (this.#sums.length > 0 && this.#resolve) {
      this.#resolve(this.#sums.shift() as number);
      this.#resolve = undefined;
    }
  }

  /** Of the next run whose items have all come. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#answer();
    });
  }
}

const queue = 'handle' in orders ? (Queue.from(orders.handle) as Queue<number>) : undefined;
const receiver = 'ports' in orders && orders.side === 'get' ? new Receiver(orders.ports) : undefined;

function work(job: Fan): number | Promise<number> {
  if (queue) return orders.side === 'put' ? put(queue, job) : get(queue);
  const { ports } = orders as { ports: MessagePort[] };
  return receiver ? receiver.next() : post(ports, job);
}

serve<Fan>(async (job) => {
  const begin = clock();
  const sum = await work(job);
  reply({ begin, end: clock(), sum } satisfies Account);
});
reply('ready');
