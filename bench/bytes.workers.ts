/** Both ends of each way that bytes may go. Each of these workers knows one way only. */
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import { type Handle, Queue } from 'nogil';
import { clock, reply, serve } from './agents.ts';
import { FutexRing } from './rivals/futex-ring.ts';

export type Job =
  | { do: 'connect'; port: MessagePort }
  /** Answers with the time at which it began. */
  | { do: 'put' | 'reserve' | 'write' | 'post'; count: number }
  /** Says that it is ready, and answers with the time at which it was through. */
  | { do: 'get' | 'getInto' | 'lease' | 'read' | 'receive'; count: number }
  /** Answers with copies a second. */
  | { do: 'copy'; count: number };

const setup = workerData as { bytes: number; handle: Handle; memory: SharedArrayBuffer };
const queue = Queue.from(setup.handle) as Queue<Uint8Array>;
const ring = new FutexRing(setup.memory);
const { bytes } = setup;
/** What is sent, and where what is copied out goes. */
const item = new Uint8Array(bytes).fill(0xa5);
const into = new Uint8Array(bytes);
let port: MessagePort;

/** Item number `i`. */
function make(i: number): Uint8Array {
  item[0] = i;
  item[1] = i >>> 8;
  item[2] = i >>> 16;
  return item;
}

const numberOf = (array: Uint8Array): number => (array[0] as number) | ((array[1] as number) << 8) | ((array[2] as number) << 16);

const senders: Record<string, (i: number) => void> = {
  put: (i) => queue.put(make(i)),
  reserve(i) {
    const slot = queue.reserve(bytes);
    slot.write(make(i));
    slot.commit();
  },
  write: (i) => ring.write(make(i)),
  post: (i) => port.postMessage(make(i)),
};

const receivers: Record<string, () => number> = {
  get: () => numberOf(queue.get()),
  getInto() {
    queue.getInto(into);
    return numberOf(into);
  },
  lease() {
    const lease = queue.lease();
    const number = numberOf(lease.bytes);
    lease.release();
    return number;
  },
  read() {
    ring.read(into);
    return numberOf(into);
  },
};

/** A light look at what arrives: every item came, none twice. */
function check(sum: number, count: number): void {
  if (sum !== (count * (count - 1)) / 2) throw new Error(`the numbers of ${count} items add up to ${sum}`);
}

function receive(count: number): void {
  let sum = 0;
  let received = 0;
  port.on('message', (array: Uint8Array) => {
    sum += numberOf(array);
    if (++received < count) return;
    port.removeAllListeners('message');
    check(sum, count);
    reply(clock());
  });
}

/** As many blocks as are on their way at a time, warm: what the producer of a lease does, without a queue. */
function copy(count: number): number {
  const blocks = Array.from({ length: 4 }, () => new Uint8Array(new SharedArrayBuffer(bytes)));
  const begin = clock();
  for (let i = 0; i < count; i++) {
    const block = blocks[i & 3] as Uint8Array;
    // The native memcpy, where it pays.
    if (bytes < 4096) block.set(make(i));
    else Buffer.prototype.fill.call(block, make(i) as unknown as string);
  }
  return (count * 1e9) / (clock() - begin);
}

serve<Job>((job) => {
  switch (job.do) {
    case 'connect':
      port = job.port;
      return reply('ready');
    case 'copy':
      return reply(copy(job.count));
    case 'receive':
      receive(job.count);
      return reply('ready');
    default: {
      const { count } = job;
      const send = senders[job.do];
      if (send !== undefined) {
        const begin = clock();
        for (let i = 0; i < count; i++) send(i);
        return reply(begin);
      }
      const take = receivers[job.do] as () => number;
      reply('ready');
      let sum = 0;
      for (let i = 0; i < count; i++) sum += take();
      check(sum, count);
      return reply(clock());
    }
  }
});
