import { currentThread, type Event, type Queue, Timer, task } from 'nogil';

/** Says that it was called, by whom and when. */
export const hello = task(import.meta, function hello(calls: Queue<unknown>, ...args: unknown[]): unknown {
  calls.put([currentThread().name, ...args]);
  return args.length;
});

export const later = task(import.meta, async function later(began: Event, calls: Queue<unknown>, timer: Event): Promise<string> {
  began.set();
  await new Promise((resolve) => setTimeout(resolve, 20));
  calls.put(timer.isSet());
  return 'later';
});

export const fail = task(import.meta, function fail(): never {
  throw new RangeError('of the function');
});

export default function byUrl(calls: Queue<unknown>): void {
  calls.put('by url');
}

/** Stack Overflow's way to a timer that repeats: Python's users all know it. */
export class RepeatTimer extends Timer {
  count = 0;
  override run(): number {
    while (!this.finished.wait(this.interval)) this.function(...this.args, ++this.count);
    return this.count;
  }
}
task(import.meta, RepeatTimer);

/** A timer inside of a worker, which prepares it in any state. */
export const nested = task(import.meta, function nested(calls: Queue<unknown>): [boolean, unknown] {
  const timer = new Timer(0.01, hello, [calls, 'nested']);
  timer.start();
  return [timer.join(60), timer.result()];
});
