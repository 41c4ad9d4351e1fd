import {
  Barrier,
  Condition,
  Dict,
  Event,
  heap,
  LifoQueue,
  List,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  Value,
} from 'nogil';
import { Agent, closeAll } from '../harness/agents.ts';
import { runOnce } from '../harness/program.ts';
import type { Contender, Group } from '../harness/row.ts';
import { type ShapeName, shapeOf } from '../ways/shapes.ts';
import type { Asleep } from './memory.workers.ts';

interface Closable {
  close(): void;
}

const SOME = 4000;

/** Bytes of the shared heap for one of many. */
function footprint(make: () => Closable): number {
  const before = heap.stats().bytesInUse;
  const made = Array.from({ length: SOME }, make);
  const after = heap.stats().bytesInUse;
  for (const each of made) each.close();
  const left = heap.stats().bytesInUse - before;
  // The heap keeps what it made for itself meanwhile (its table of objects), once.
  if (left > (after - before) / 2) throw new Error(`${left} bytes are left when all are closed`);
  return (after - before) / SOME;
}

const primitive = (name: string, make: () => Closable): Contender => ({
  name,
  by: 'nogil',
  open: () => ({ gives: 'figure', run: () => footprint(make) }),
});

const pair = (): Closable => {
  const [near, far] = Pipe();
  return {
    close() {
      near.close();
      far.close();
    },
  };
};

/** Bytes of the shared heap for one of many items in a queue, which are then taken out and looked at. */
const item = (name: string, shapeName: ShapeName): Contender => ({
  name,
  by: 'nogil',
  open: () => ({
    gives: 'figure',
    run() {
      const shape = shapeOf(shapeName);
      const queue = new Queue();
      // The first segment is there before the first item.
      queue.put(shape.make(0));
      const before = heap.stats().bytesInUse;
      for (let i = 0; i < SOME; i++) queue.put(shape.make(i));
      const bytes = (heap.stats().bytesInUse - before) / SOME;
      queue.get();
      for (let i = 0; i < SOME; i++)
        if (shape.number(queue.get()) !== shape.expected(i)) throw new Error(`item ${i} is another one`);
      queue.close();
      return bytes;
    },
  }),
});

/** In a program of its own, where the garbage collector can be called. */
const inProgram = (name: string, by: Contender['by'], what: string, note?: string): Contender => ({
  name,
  by,
  ...(note !== undefined && { note }),
  open: () => ({ gives: 'figure', run: () => runOnce<number>('rows/memory.program.js', [what], ['--expose-gc']) }),
});

const LOCKS = { quick: 100_000, full: 1_000_000 };
const ALIVE = 1000;

const leftBehind: Contender = {
  name: 'left by locks, made and closed',
  by: 'nogil',
  open: (_, quick) => ({
    gives: 'figure',
    run() {
      const alive = new Array<Lock>(ALIVE);
      const before = heap.stats().bytesInUse;
      for (let made = 0; made < LOCKS[quick ? 'quick' : 'full']; made += ALIVE) {
        for (let i = 0; i < ALIVE; i++) alive[i] = new Lock();
        for (const lock of alive) lock.close();
      }
      return heap.stats().bytesInUse - before;
    },
  }),
};

const IDLE_MS = { quick: 500, full: 1000 };
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Percent of a core that the whole program takes while some workers wait and nothing comes. */
async function idle(quick: boolean): Promise<number> {
  // Spins, and what starting has left to do, end before.
  await rest(200);
  const ms = IDLE_MS[quick ? 'quick' : 'full'];
  const [begin, before] = [performance.now(), process.cpuUsage()];
  await rest(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / (performance.now() - begin);
}

const WAITERS = ['queue', 'lock', 'event', 'condition', 'semaphore', 'barrier'] as const;

const blocked: Contender = {
  name: `${WAITERS.length} workers that wait`,
  by: 'nogil',
  note: 'one each in a queue, a lock, an event, a condition, a semaphore, a barrier',
  async open(_, quick) {
    const things = {
      queue: new Queue(),
      lock: new Lock(),
      event: new Event(),
      condition: new Condition(),
      semaphore: new Semaphore(0),
      barrier: new Barrier(2),
    };
    things.lock.acquire();
    const agents = WAITERS.map(
      (what) => new Agent('rows/memory.workers.js', { what, handle: things[what].handle() } satisfies Asleep),
    );
    // Each says so right before it waits.
    await Promise.all(agents.map((agent) => agent.answer()));
    return {
      gives: 'figure',
      run: () => idle(quick),
      async close() {
        things.queue.put(0);
        things.lock.release();
        things.event.set();
        things.semaphore.release();
        things.condition.with(() => things.condition.notifyAll());
        await things.barrier.waitAsync();
        await Promise.all(agents.map((agent) => agent.answer()));
        await closeAll(agents);
        for (const each of Object.values(things)) each.close();
      },
    };
  },
};

const bareWaiting: Contender = {
  name: `${WAITERS.length} bare workers that wait`,
  by: 'node',
  note: 'for messages',
  async open(_, quick) {
    const agents = WAITERS.map(() => new Agent('rows/empty.listens.workers.js'));
    await Promise.all(agents.map((agent) => agent.answer()));
    return { gives: 'figure', run: () => idle(quick), close: () => closeAll(agents) };
  },
};

export const memory: Group = {
  id: 'memory',
  question: 'What memory and CPU does it take?',
  how: `Bytes of the shared heap are counted by the heap itself (heap.stats()), for one of ${SOME}; they are the same in
every run. Bytes of JavaScript are those that the engine reports after a full collection, in a program of their own.`,
  rows: [
    {
      id: 'memory.primitives',
      what: 'One of each, in the shared heap',
      how: 'What is made and closed again must leave nothing.',
      unit: 'bytes',
      once: true,
      contenders: [
        primitive('Lock', () => new Lock()),
        primitive('RLock', () => new RLock()),
        primitive('Semaphore', () => new Semaphore()),
        primitive('Event', () => new Event()),
        primitive('Condition', () => new Condition()),
        primitive('Barrier', () => new Barrier(2)),
        primitive('Value', () => new Value('d', 0)),
        primitive('Queue', () => new Queue()),
        primitive('LifoQueue', () => new LifoQueue()),
        primitive('PriorityQueue', () => new PriorityQueue()),
        primitive('Pipe, both ends', pair),
        primitive('Dict', () => new Dict()),
        primitive('List', () => new List()),
      ],
      targets: [{ who: 'Lock', atMost: 128 }],
    },
    {
      id: 'memory.items',
      what: 'One item in a queue, in the shared heap',
      how: 'Of as many more as there are: its record, and what of the segments is not used.',
      unit: 'bytes',
      once: true,
      contenders: [
        item('a number', 'number'),
        item('a string of 32', 'text'),
        item('64 bytes', 'bytes:64'),
        item('{ id, name, text of 32 }', 'object'),
        item('a nested object', 'nested'),
        item('1 KiB', 'bytes:1024'),
      ],
    },
    {
      id: 'memory.handles',
      what: "One handle in a worker's own JavaScript",
      how: 'Objects of the class, all reachable, in a program of their own; the shared heap is not in it.',
      unit: 'bytes',
      once: true,
      contenders: [
        inProgram('Lock', 'nogil', 'lock'),
        inProgram('Queue', 'nogil', 'queue'),
        inProgram('Dict', 'nogil', 'dict'),
        inProgram('futex mutex', 'handmade', 'mutex', 'with a SharedArrayBuffer of its own'),
        inProgram('MessageChannel', 'node', 'channel', 'V8 sees but a part of it'),
      ],
    },
    {
      id: 'memory.left',
      what: 'What is left in the shared heap',
      how: 'A million locks (100 000 in a quick run), of which a thousand live at a time, are made and closed.',
      unit: 'bytes',
      once: true,
      contenders: [leftBehind],
      targets: [{ who: leftBehind.name, atMost: 0 }],
    },
    {
      id: 'memory.idle',
      what: 'CPU of workers that wait',
      how: 'process.cpuUsage() over a second (half of one in a quick run) in which nothing happens: all threads of the program.',
      unit: 'percent',
      once: true,
      noLead: true,
      contenders: [blocked, bareWaiting],
      targets: [{ who: blocked.name, atMost: 1 }],
    },
  ],
};
