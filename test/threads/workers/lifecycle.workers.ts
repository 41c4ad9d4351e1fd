import { activeChildren, type Event, type Lock, Process, type Queue, type Semaphore, sleep, Thread, task } from 'nogil';

export const nothing = task(import.meta, function nothing() {});

export const waitFor = task(import.meta, function waitFor(event: Event, ready?: Semaphore) {
  ready?.release();
  event.wait();
  return 'waited';
});

export const exitWith = task(import.meta, async function exitWith(code: number, way: string) {
  if (way === 'at once') process.exit(code);
  if (way !== 'later') process.exitCode = code;
  if (way === 'by process.exitCode') return;
  if (way === 'without a code, after process.exitCode') process.exit();
  await null;
  setTimeout(() => process.exit(code), 1);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});

export const fail = task(import.meta, function fail() {
  throw new Error('on purpose');
});

/** Never comes to an end by itself. */
export const busy = task(import.meta, function busy(way: string, ready: Semaphore, queue: Queue<number>, lock: Lock) {
  if (way === 'holding') lock.acquire();
  ready.release();
  if (way === 'getting') return queue.get();
  if (way === 'sleeping') return sleep(1000);
  if (way === 'acquiring') return lock.acquire();
  if (way === 'awaiting') return new Promise((resolve) => setTimeout(resolve, 1e6));
  if (way === 'awaiting an item') return queue.getAsync();
  for (;;);
});

/** Nothing of it may happen when it is stopped. */
export const withFinally = task(import.meta, function withFinally(ready: Semaphore, queue: Queue<string>) {
  process.on('exit', () => queue.put('exit handler'));
  try {
    ready.release();
    sleep(1000);
  } finally {
    queue.put('finally');
  }
});

/** Ends with an exit handler that still uses the package. */
export const withHandler = task(import.meta, function withHandler(queue: Queue<string>) {
  process.on('exit', () => queue.put('exit handler'));
  return 'returned';
});

/** Starts a child, says its number, and ends. The child goes on until the event is set. */
export const parent = task(import.meta, function parent(numbers: Queue<number>, event: Event, daemon: boolean, kind: string) {
  const options = { target: waitFor, args: [event] as [Event], daemon };
  const child = kind === 'thread' ? new Thread(options) : new Process(options);
  child.start();
  numbers.put(child.ident as number);
  numbers.put(activeChildren().length);
});

/** Starts a child, gives its handle away, and waits or exits. The child waits for the event. */
export const bear = task(import.meta, function bear(children: Queue<Process>, event: Event, daemon: boolean, exits: boolean) {
  const child = new Process({ target: waitFor, args: [event], daemon });
  child.start();
  children.put(child);
  if (exits) process.exit(4);
  event.wait();
});
