/**
 * A program that nobody here has started as a process of the package: joins the heap of another one, and does
 * what its second argument says with what is published there. Prints lines of JSON.
 */
import {
  type Dict,
  type Event,
  getpid,
  heap,
  type Lock,
  Process,
  type Queue,
  SharedMemory,
  sleep,
  Thread,
  type Value,
} from 'nogil';
import { type Barrier, type Condition, type Connection, getContext, type Semaphore } from 'nogil/multiprocessing';
import { hold, put, takeForever, tell } from '../children.workers.js';

const [name = '', what = '', ...args] = process.argv.slice(2);

const say = (value: unknown) => console.log(JSON.stringify(value));

async function failure(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'nothing was thrown';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

function forever(): never {
  for (;;) sleep(1000);
}

const works: Record<string, () => unknown> = {
  /** Sends back what comes, until there is a null. */
  echo() {
    const [from, to] = [heap.lookup<Queue>('from'), heap.lookup<Queue>('to')];
    for (let item = from.get(); item !== null; item = from.get()) to.put(item);
  },
  async echoAsync() {
    const [from, to] = [heap.lookup<Queue>('from'), heap.lookup<Queue>('to')];
    for (let item = await from.getAsync(); item !== null; item = await from.getAsync()) await to.putAsync(item);
  },
  count() {
    const [lock, total] = [heap.lookup<Lock>('lock'), heap.lookup<Value>('total')];
    for (let i = 0; i < Number(args[0]); i++) {
      lock.acquire();
      total.value = (total.value as number) + 1;
      lock.release();
    }
  },
  async everything() {
    const { dict, end, event, barrier, condition, semaphore, box } = heap.lookup<{
      dict: Dict<string, unknown>;
      end: Connection;
      event: Event;
      barrier: Barrier;
      condition: Condition;
      semaphore: Semaphore;
      box: Value;
    }>('everything');
    dict.set('guest', { pid: process.pid });
    end.send(end.recv());
    const block = new SharedMemory('block');
    (block.buf as Uint8Array)[0] = 7;
    await event.waitAsync();
    barrier.wait();
    semaphore.acquire();
    condition.with(() => {
      box.value = (box.value as number) + 1;
      condition.notifyAll();
    });
  },
  async threads() {
    const pids = heap.lookup<Queue<number>>('to');
    const thread = new Thread({ target: tell, args: [pids] });
    thread.start();
    thread.join();
    const child = new (getContext('worker').Process)({ target: tell, args: [pids] });
    child.start();
    child.join();
    const failed = await failure(() => new (getContext('spawn').Process)({ target: tell, args: [pids] }).start());
    say([getpid(), process.pid, child.exitcode, failed]);
  },
  hold() {
    const [lock, ready] = [heap.lookup<Lock>('lock'), heap.lookup<Queue<number>>('to')];
    if (args[0] === 'thread') new Thread({ target: hold, args: [lock, ready] }).start();
    else hold(lock, ready);
    forever();
  },
  async wait() {
    const [never, ready] = [heap.lookup<Queue>('never'), heap.lookup<Queue<number>>('to')];
    const { event, condition } = heap.lookup<{ event: Event; condition: Condition }>('waits');
    const ways: Record<string, () => unknown> = {
      get: () => never.get(),
      getAsync: () => never.getAsync(),
      eventAsync: () => event.waitAsync(),
      async conditionAsync() {
        await condition.acquireAsync();
        await condition.waitAsync();
      },
      join() {
        const thread = new Thread({ target: takeForever, args: [never] });
        thread.start();
        thread.join();
      },
      busy() {
        for (;;) heap.lookup<Value>('total').close();
      },
    };
    process.stderr.write = () => true;
    ready.put(process.pid);
    say(await failure(ways[args[0] as string] as () => unknown));
    // And whatever comes after that.
    say(await failure(() => never.put(1)));
  },
  put() {
    put(heap.lookup<Queue<number>>('from'), Number(args[0]));
  },
  async late() {
    new Process();
    say(await failure(() => heap.join(name)));
    say(await failure(() => heap.joinAsync(name)));
  },
  async failing() {
    say(await failure(() => heap.join(name, { timeout: Number(args[0] ?? 0) })));
    say(await failure(() => heap.joinAsync(name)));
  },
};

if (what !== 'late' && what !== 'failing') {
  if (args.at(-1) === 'async') await heap.joinAsync(name, { timeout: 15 });
  else heap.join(name, { timeout: 15 });
}
await works[what]?.();
