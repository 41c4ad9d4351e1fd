import {
  type Barrier,
  type BoundedSemaphore,
  type Condition,
  type Connection,
  type Lock,
  type Queue,
  type RawArray,
  type RLock,
  type Array as SharedArray,
  type SharedMemory,
  type Thread,
  task,
  type Value,
} from 'nogil';

export interface Objects {
  barrier: Barrier;
  released: Lock;
  watched: Lock;
  reentrant: RLock;
  bounded: BoundedSemaphore;
  plain: Condition;
  nested: Condition;
  queues: Queue[];
  ends: [Connection, Connection];
  value: Value;
  bare: Value;
  shared: Value;
  array: SharedArray;
  raw: RawArray;
  memory: SharedMemory;
  thread: Thread;
}

function errorOf(fn: () => unknown): string {
  try {
    return `none: ${fn()}`;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Whether its lock may be taken again by who has it. */
function takenTwice(condition: Condition): boolean {
  condition.acquire();
  const again = condition.acquire(false);
  if (again) condition.release();
  condition.release();
  return again;
}

/** All that was fixed when they were made, as far as it shows. */
export function optionsOf(objects: Objects): unknown[] {
  const { barrier, bounded, plain, nested, queues, ends, value, bare, shared, array, raw, memory, thread } = objects;
  return [
    [barrier.parties, barrier.timeout],
    errorOf(() => bounded.release()),
    [plain, nested].map((each) => takenTwice(each)),
    queues.map((each) => [each.constructor.name, each.maxsize]),
    ends.map((each) => [each.readable, each.writable]),
    [value, shared].map((each) => each.getLock().constructor.name),
    errorOf(() => bare.getLock()),
    [errorOf(() => new (value.constructor as typeof Value)('x' as never)), value.value, array.length, raw.length],
    errorOf(() => array.set(0, 0.5)),
    [memory.name, memory.size],
    [thread.name, thread.daemon],
  ];
}

export const optionsThere = task(import.meta, function optionsThere(objects: Objects): unknown[] {
  return optionsOf(objects);
});

/** Dies with both in hand. */
export const dieHolding = task(import.meta, function dieHolding(...locks: (Lock | RLock)[]): void {
  for (const each of locks) each.acquire();
  process.exit(1);
});

/** The error of an acquire that would wait for ever for this very worker. */
export const acquireTwice = task(import.meta, function acquireTwice(lock: Lock): string {
  lock.acquire();
  try {
    return errorOf(() => lock.acquire());
  } finally {
    lock.release();
  }
});

/** What each says that is given back and was not taken: the flavour of the lock, not of what wraps it. */
export function misuse(wrappers: readonly { release(): void }[]): string[] {
  return wrappers.map((wrapper) => errorOf(() => wrapper.release()));
}

export const misuseThere = task(import.meta, misuse);
