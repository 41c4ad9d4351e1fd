/**
 * Waits in each way there is, in the main thread, which is sent a signal each time. Arguments: the start
 * method of processes, and the signal. Prints 'ready' before each wait, and at its end what came of them as
 * JSON.
 */
import {
  Barrier,
  Condition,
  type Dict,
  Event,
  JoinableQueue,
  LifoQueue,
  Lock,
  Manager,
  main,
  Pipe,
  Pool,
  PriorityQueue,
  Process,
  Queue,
  RLock,
  Semaphore,
  SimpleQueue,
  sleep,
  Thread,
  task,
  wait,
} from 'nogil';
import { type StartMethod, setStartMethod } from 'nogil/multiprocessing';

const [, , method, signal] = process.argv as [string, string, StartMethod, NodeJS.Signals];

/** Holds what it is given until it is told to end. */
export const hold = task(import.meta, function hold(lock: Lock | RLock, held: Event, enough: Event): void {
  lock.acquire();
  held.set();
  enough.wait();
  lock.release();
});

export const waitFor = task(import.meta, function waitFor(event: Event): void {
  event.wait();
});

export const update = task(import.meta, function update(dict: Dict<string, number>, held: Event, enough: Event): void {
  dict.update('key', () => {
    held.set();
    enough.wait();
    return 1;
  });
});

interface Outcome {
  wait: string;
  error: string;
  signal: unknown;
  /** How often the listener had run when the wait was over. */
  heard: number;
  /** What is used afterwards works. */
  works: boolean;
}

main(import.meta, () => {
  setStartMethod(method);
  let heard = 0;
  process.on(signal, () => heard++);
  const outcomes: Outcome[] = [];
  const interrupted = (name: string, wait: () => unknown, works: () => boolean): void => {
    const before = heard;
    console.log('ready');
    let outcome: Partial<Outcome> = { error: 'none' };
    try {
      wait();
    } catch (error) {
      outcome = { error: (error as Error).name, signal: (error as { signal?: unknown }).signal };
    }
    outcomes.push({ wait: name, ...outcome, heard: heard - before, works: works() } as Outcome);
  };

  for (const Class of [Queue, JoinableQueue, LifoQueue, SimpleQueue] as (typeof Queue<number>)[]) {
    const queue = new Class();
    const works = () => {
      queue.put(7);
      return queue.get() === 7;
    };
    interrupted(`${Class.name}.get`, () => queue.get(), works);
    interrupted(`${Class.name}.get with a timeout`, () => queue.get(true, 1000), works);
  }
  const ordered = new PriorityQueue<[number, string]>();
  interrupted(
    'PriorityQueue.get',
    () => ordered.get(),
    () => {
      ordered.put([1, 'a']);
      return ordered.get()[1] === 'a';
    },
  );
  const many = new Queue<number>();
  const none = () => many.qsize() === 0;
  interrupted('getMany', () => many.getMany(5), none);
  interrupted('getManyInto', () => many.getManyInto(new Float64Array(5)), none);
  interrupted('lease', () => many.lease(), none);
  interrupted('getInto', () => many.getInto(new Uint8Array(5)), none);
  const full = new Queue<unknown>(1);
  full.put(1);
  const isAsBefore = () => full.qsize() === 1 && full.get() === 1 && full.put(1) === undefined;
  interrupted('put', () => full.put(2), isAsBefore);
  interrupted('put of an object', () => full.put({ a: 'text', b: [1] }), isAsBefore);
  interrupted('put of 100 KB', () => full.put('x'.repeat(100_000)), isAsBefore);
  interrupted('putMany', () => full.putMany([2, 3]), isAsBefore);
  interrupted('reserve', () => full.reserve(10), isAsBefore);
  const unfinished = new JoinableQueue<number>();
  unfinished.put(1);
  interrupted(
    'join of a queue',
    () => unfinished.join(),
    () => {
      unfinished.get();
      unfinished.taskDone();
      return unfinished.join();
    },
  );

  for (const Class of [Lock, RLock]) {
    const [lock, held, enough] = [new Class(), new Event(), new Event()];
    const holder = new Thread({ target: hold, args: [lock, held, enough] });
    holder.start();
    held.wait();
    interrupted(
      `${Class.name}.acquire`,
      () => lock.acquire(),
      () => {
        enough.set();
        holder.join();
        return lock.acquire(false);
      },
    );
  }
  const semaphore = new Semaphore(0);
  interrupted(
    'Semaphore.acquire',
    () => semaphore.acquire(),
    () => {
      semaphore.release();
      return semaphore.acquire(false);
    },
  );
  const event = new Event();
  interrupted(
    'Event.wait',
    () => event.wait(),
    () => {
      event.set();
      return event.wait();
    },
  );
  const condition = new Condition();
  interrupted(
    'Condition.wait',
    () => {
      using _held = condition.hold();
      try {
        condition.wait();
      } finally {
        // Which would throw if the lock had not been taken back.
        condition.notify();
      }
    },
    () => condition.acquire(false),
  );
  condition.release();
  interrupted(
    'Condition.waitFor',
    () => {
      using _held = condition.hold();
      condition.waitFor(() => false);
    },
    () => condition.acquire(false),
  );
  const barrier = new Barrier(2);
  interrupted(
    'Barrier.wait',
    () => barrier.wait(),
    () => barrier.broken,
  );

  const [here, there] = Pipe();
  interrupted(
    'recv',
    () => here.recv(),
    () => {
      there.send(3);
      return here.recv() === 3;
    },
  );
  interrupted(
    'poll',
    () => here.poll(null),
    () => !here.poll(),
  );
  interrupted(
    'wait',
    () => wait([here]),
    () => wait([here], 0).length === 0,
  );

  for (const Class of [Thread, Process]) {
    const enough = new Event();
    const worker = new Class({ target: waitFor, args: [enough] });
    worker.start();
    interrupted(
      `${Class.name}.join`,
      () => worker.join(),
      () => {
        enough.set();
        return worker.join();
      },
    );
  }
  interrupted(
    'sleep',
    () => sleep(1000),
    () => true,
  );

  {
    using manager = new Manager();
    const dict = manager.dict<string, number>();
    const [held, enough] = [new Event(), new Event()];
    const other = new Thread({ target: update, args: [dict, held, enough] });
    other.start();
    held.wait();
    interrupted(
      'Dict.set',
      () => dict.set('other', 3),
      () => !dict.has('other'),
    );
    interrupted(
      'Dict.update',
      () => dict.update('key', () => 2),
      () => {
        enough.set();
        other.join();
        return dict.get('key') === 1;
      },
    );
  }
  {
    using pool = new Pool(1);
    const enough = new Event();
    const result = pool.applyAsync(waitFor, [enough]);
    interrupted(
      'AsyncResult.get',
      () => result.get(),
      () => {
        enough.set();
        result.get();
        return true;
      },
    );
    enough.clear();
    interrupted(
      'Pool.map',
      () => pool.map(waitFor, [enough, enough]),
      () => true,
    );
    enough.set();
    pool.close();
    pool.join();
  }
  console.log(JSON.stringify(outcomes));
});
