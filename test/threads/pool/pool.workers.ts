/** What the pools of the tests run. */
import {
  activeChildren,
  Barrier,
  Condition,
  currentProcess,
  Event,
  getpid,
  LifoQueue,
  Lock,
  Manager,
  NotImplementedError,
  Pipe,
  Pool,
  PriorityQueue,
  Process,
  Queue,
  RLock,
  Semaphore,
  SimpleQueue,
  sleep,
  sleepAsync,
  task,
  taskSignal,
  Value,
} from 'nogil';

export const double = task(import.meta, function double(x: number): number {
  return 2 * x;
});

export const identity = task(import.meta, function identity<T>(x: T): T {
  return x;
});

export const add = task(import.meta, function add(a: number, b: number): number {
  return a + b;
});

export const given = task(import.meta, function given(...args: unknown[]): unknown[] {
  return args;
});

export const doubleLater = task(import.meta, async function doubleLater(x: number): Promise<number> {
  await sleepAsync(0.001);
  return 2 * x;
});

export const typeOf = task(import.meta, function typeOf(x: unknown): string {
  return typeof x;
});

export const pid = task(import.meta, function pid(): number {
  return getpid();
});

export const self = task(import.meta, function self(): { name: string; daemon: boolean } {
  const { name, daemon } = currentProcess();
  return { name, daemon };
});

/** Throws for odd numbers. */
export const evenOnly = task(import.meta, function evenOnly(x: number): number {
  if (x % 2 === 1) throw Object.assign(new RangeError(`${x} is odd`), { number: x });
  return x;
});

export const throwThis = task(import.meta, function throwThis(what: unknown): never {
  throw what;
});

export const throwWithCause = task(import.meta, function throwWithCause(): never {
  throw new Error('outer', { cause: new TypeError('inner') });
});

export const unsendable = task(import.meta, function unsendable(): unknown {
  return { deep: [1, () => 2] };
});

export const throwUnsendable = task(import.meta, function throwUnsendable(): never {
  throw Object.assign(new Error('with baggage'), { baggage: () => 1 });
});

export const zeros = task(import.meta, function zeros(bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(7);
});

/** Waits until it may go on. */
export const pass = task(import.meta, function pass<T>(gate: Semaphore, value: T): T {
  if (!gate.acquire(true, 20)) throw new Error('nobody has opened the gate');
  return value;
});

/** Says that it is here, then waits until it may go on. */
export const enter = task(import.meta, function enter(here: Semaphore, gate: Semaphore, value: unknown): unknown {
  here.release();
  if (!gate.acquire(true, 20)) throw new Error('nobody has opened the gate');
  return value;
});

export const meet = task(import.meta, function meet(barrier: Barrier): number {
  return barrier.wait(20);
});

export const exitWith = task(import.meta, function exitWith(code: number): never {
  process.exit(code);
});

/** Ends its worker for some numbers. */
export const exitForMultiplesOf = task(import.meta, function exitForMultiplesOf([n, x]: [number, number]): number {
  if (x % n === 0) process.exit(1);
  return x;
});

export const never = task(import.meta, async function never(): Promise<void> {
  await new Promise(() => {});
});

export const setLater = task(import.meta, function setLater(event: Event): void {
  setTimeout(() => event.set(), 5);
});

export const throwLater = task(import.meta, async function throwLater(): Promise<void> {
  setTimeout(() => {
    throw new Error('from a timer');
  }, 1);
  await sleepAsync(20);
});

let prepared: unknown[] | undefined;

export const prepare = task(import.meta, function prepare(...args: unknown[]): void {
  prepared = args;
});

export const prepareLater = task(import.meta, async function prepareLater(x: number): Promise<void> {
  await sleepAsync(0.01);
  prepared = [x];
});

export const whatIsPrepared = task(import.meta, function whatIsPrepared(): unknown {
  return prepared;
});

export const lockPrepared = task(import.meta, function lockPrepared(): boolean {
  const [lock, counter] = prepared as [Lock, Value<'i'>];
  return lock.with(() => {
    counter.value += 1;
    return true;
  });
});

export const failToPrepare = task(import.meta, function failToPrepare(): never {
  throw new RangeError('not prepared');
});

export const failWithObjects = task(import.meta, function failWithObjects(): never {
  const { dict, list, Namespace } = Manager();
  const queues = [new Queue(), new LifoQueue(), new PriorityQueue(), new SimpleQueue()];
  const locks = [new Lock(), new RLock(), new Semaphore(), new Condition(), new Event(), new Barrier(2)];
  const objects = [...locks, ...queues, new Value('i'), dict(), list(), Namespace(), ...Pipe()];
  throw Object.assign(new RangeError('not prepared'), { objects });
});

/** A task that looks whether it is wanted, without any event loop. */
export const untilUnwanted = task(import.meta, function untilUnwanted(here: Semaphore, log: Queue<string>): string {
  here.release();
  const signal = taskSignal();
  for (let i = 0; i < 20_000; i++) {
    if (signal.aborted) {
      log.put('saw it');
      return 'dropped';
    }
    sleep(0.001);
  }
  log.put('never saw it');
  return 'late';
});

export const untilUnwantedAsync = task(
  import.meta,
  async function untilUnwantedAsync(here: Semaphore, log: Queue<string>): Promise<string> {
    const signal = taskSignal();
    here.release();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    log.put(`${signal.aborted} ${(signal.reason as Error).name}`);
    signal.throwIfAborted();
    return 'unreachable';
  },
);

export const signalState = task(import.meta, function signalState(): boolean {
  return taskSignal().aborted;
});

/** Counts, then waits: for tasks that are to be dropped before they begin. */
export const count = task(import.meta, function count(counter: Value<'i'>): void {
  counter.add(1);
});

/** Counts without a lock that a death would break. */
export const tally = task(import.meta, function tally(counter: Semaphore): void {
  counter.release();
});

export const countItem = task(import.meta, function countItem([counter, here, gate]: [Value<'i'>, Semaphore, Semaphore]): void {
  counter.add(1);
  here.release();
  gate.acquire(true, 20);
});

export const startChild = task(import.meta, function startChild(): string {
  try {
    new Process({ target: double, args: [1] }).start();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'started';
});

/** A pool of a worker's own. */
export const poolInside = task(import.meta, function poolInside(items: number[]): number[] {
  using pool = new Pool(2);
  return pool.map(double, items);
});

export const poolInsideAsync = task(import.meta, async function poolInsideAsync(items: number[]): Promise<number[]> {
  await using pool = new Pool(2);
  return await pool.mapAsync(double, items);
});

/** Leaves its pool behind. */
export const leavePool = task(import.meta, function leavePool(): number {
  return new Pool(1).apply(pid);
});

/** Says how its pool's workers are called, and holds on. */
export const holdPool = task(import.meta, function holdPool(pids: Queue<number>): void {
  const pool = new Pool(1);
  pids.put(pool.apply(pid));
  sleep(20);
});

export const children = task(import.meta, function children(): number {
  using pool = new Pool(2);
  pool.apply(pid);
  return activeChildren().filter(({ name }) => name.startsWith('PoolWorker-')).length;
});

export const sendPool = task(import.meta, function sendPool(): boolean {
  try {
    new Process({ target: double, args: [new Pool(1) as never] }).start();
    return false;
  } catch (error) {
    return error instanceof NotImplementedError;
  }
});

export default function named(x: number): string {
  return `default ${x}`;
}
