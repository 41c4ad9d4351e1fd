import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Event, Lock, Pool, Process, Queue, Thread } from 'nogil';
import { loop } from '../harness/loop.ts';
import { runOnce } from '../harness/program.ts';
import type { Contender, Group } from '../harness/row.ts';
import { Mutex } from '../rivals/mutex.ts';
import type { By } from '../rivals/parties.ts';
import { openBare } from '../rivals/pools/bare.ts';
import { openPiscina, openTinypool } from '../rivals/pools/piscina.ts';
import type { OpenPool } from '../rivals/pools/pool.ts';
import { openPoolifier } from '../rivals/pools/poolifier.ts';
import { openWorkerpool } from '../rivals/pools/workerpool.ts';
import { python } from '../rivals/python.ts';
import { increment, nothing } from './tasks.ts';

const BARE = 'bare Worker';

/** One after the other. */
function repeated(name: string, by: By, start: () => unknown): Contender {
  return {
    name,
    by,
    async open() {
      // The first one of ours starts the supervisor.
      await start();
      return {
        async run(count) {
          const begin = performance.now();
          for (let i = 0; i < count; i++) await start();
          return (performance.now() - begin) * 1e6;
        },
      };
    },
  };
}

function checkExit(code: number | null | undefined): void {
  if (code !== 0) throw new Error(`exit code ${code}`);
}

const thread = repeated('Thread: start, join', 'nogil', () => {
  const one = new Thread({ target: nothing });
  one.start();
  one.join();
  one.close();
});
const threadAsync = repeated('Thread: start, joinAsync', 'nogil', async () => {
  const one = new Thread({ target: nothing });
  one.start();
  await one.joinAsync();
  one.close();
});
const process_ = repeated('Process: start, join', 'nogil', () => {
  const one = new Process({ target: nothing });
  one.start();
  one.join();
  checkExit(one.exitcode);
  one.close();
});
const bareWorker = repeated(BARE, 'node', async () => {
  const [code] = await once(new Worker(new URL('./empty.workers.js', import.meta.url)), 'exit');
  checkExit(code as number);
});

/** A program that has just begun: nanoseconds from its first line to the worker's end. */
const cold = (name: string, by: By, module: string, note: string): Contender => ({
  name,
  by,
  note,
  open: () => ({ gives: 'each', run: () => runOnce<number>(module) }),
});

const WORKERS = 2;

async function poolOfOurs(): Promise<number> {
  const begin = performance.now();
  const pool = new Pool(WORKERS);
  const results = await Promise.all([pool.applyAsync(increment, [1]), pool.applyAsync(increment, [2])]);
  const ms = performance.now() - begin;
  if (results[0] + results[1] !== 5) throw new Error(`it answers ${results}`);
  pool.terminate();
  await pool.joinAsync();
  return ms * 1e6;
}

async function poolOf(open: OpenPool): Promise<number> {
  const begin = performance.now();
  const pool = await open(WORKERS);
  const results = await Promise.all([pool.run(1), pool.run(2)]);
  const ms = performance.now() - begin;
  if ((results[0] as number) + (results[1] as number) !== 5) throw new Error(`it answers ${results}`);
  await pool.close();
  return ms * 1e6;
}

const pool = (name: string, by: By, open: OpenPool): Contender => ({
  name,
  by,
  open: () => ({ gives: 'each', run: () => poolOf(open) }),
});

const CLOSED = { calls: 200, expected: (calls: number) => calls };
const made = (name: string, by: By, subject: () => unknown, body = 'new subject().close(); sum++;'): Contender =>
  loop(name, { by, subject, body, ...CLOSED });

export const starting: Group = {
  id: 'starting',
  question: 'How long does it take to start things?',
  how: `Each is started again and again, one at a time. A program of ours starts a supervisor once, with its first worker
or pool; where nothing else is said it is up.`,
  rows: [
    {
      id: 'starting.worker',
      what: 'A worker that does nothing, from start to end',
      how: "From start() to the return of join(); of a bare Worker with an empty module from its constructor to 'exit'.",
      unit: 'time',
      contenders: [thread, threadAsync, process_, bareWorker, python('Python: Process', () => ['process', 'fork'], 'fork')],
      targets: [{ who: thread.name, against: BARE, atMost: 1.5 }],
    },
    {
      id: 'starting.first',
      what: "A program's first worker",
      how: "In a new program each: from before the import of what is used to the worker's end. Node's own start is not in it.",
      unit: 'time',
      contenders: [
        cold('Thread', 'nogil', 'rows/cold-thread.program.js', 'the import and the supervisor are in it'),
        cold(BARE, 'node', 'rows/cold-worker.program.js', 'worker_threads has no more to load'),
      ],
    },
    {
      id: 'starting.pool',
      what: `A pool of ${WORKERS}, to its first two results`,
      how: 'From the constructor to the results of two tasks, which both must import their module; the end is not in it.',
      unit: 'time',
      contenders: [
        { name: 'Pool', by: 'nogil', open: () => ({ gives: 'each', run: poolOfOurs }) },
        pool('piscina', 'piscina', openPiscina),
        pool('tinypool', 'tinypool', openTinypool),
        pool('workerpool', 'workerpool', openWorkerpool),
        pool('poolifier', 'poolifier', openPoolifier),
        pool('bare postMessage', 'handmade', openBare),
      ],
      targets: [{ who: 'Pool', against: 'piscina', atMost: 1.3 }],
    },
    {
      id: 'starting.objects',
      what: 'A lock, an event, a queue: made and closed',
      how: 'One at a time, in one thread, in a program that blocks. The others leave what they made to the garbage collector.',
      unit: 'time',
      contenders: [
        made('Lock', 'nogil', () => Lock),
        made('Event', 'nogil', () => Event),
        made('Queue', 'nogil', () => Queue),
        made('futex mutex', 'handmade', () => Mutex, 'if (new subject().acquire()) sum++;'),
        made('MessageChannel', 'node', () => MessageChannel, 'new subject().port1.close(); sum++;'),
      ],
    },
  ],
};
