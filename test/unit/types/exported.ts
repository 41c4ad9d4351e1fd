/** What users export without saying its type: a compiler that writes declarations must be able to name it. */
import * as nogil from 'nogil';
import { getContext, heap, Lock, Manager, main, Pipe, Pool, Process, Queue, Thread, task, Value, wait } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import { Queue as Plain } from 'nogil/queue';

const join = (a: number, b: string) => a + b.length;

export const lock = new Lock();
export const held = lock.hold();
export const later = lock.holdAsync();
export const queue = new Queue<number>();
export const plain = new Plain<string>();
export const keyed = new nogil.PriorityQueue<[number, string]>();
export const worker = new Process({ target: join, args: [1, 'x'] });
export const pool = new Pool(2);
export const result = pool.mapAsync((x: number) => x, [1]);
export const items = pool.imap((x: number) => x, [1]);
export const apply = (call: typeof pool.apply) => call;
export const manager = Manager();
export const { register } = manager;
export const dict = manager.dict<string, number>();
export const list = manager.list([1]);
export const names = manager.Namespace();
export const [one, other] = Pipe();
export const ready = () => wait([one]);
export const value = new Value('i', 1);
export const array = new nogil.Array('d', 3);
export const memory = new nogil.SharedMemory(undefined, true, 3);
export const shared = new nogil.ShareableList([1, 'a']);
export const context = getContext();
export const stats = heap.stats();
export const double = task(import.meta, function double(x: number) {
  return 2 * x;
});
export class Marked extends Thread {
  n = 1;
}
task('types/exported', Marked);
export class Own extends Process {
  override run() {
    return 1;
  }
}
export class Kept<T> extends Queue<T> {
  size() {
    return this.qsize();
  }
}
export class Flavoured extends multiprocessing.Process {}
export const everything = { ...nogil, multiprocessing };
export const begun = main(import.meta, () => 3);

// A handle knows what it is of.
export const handle = queue.handle();
export const live: Queue<number> = Queue.from(handle);
export const foreign = Queue.from(handle as nogil.Handle) satisfies Queue<unknown>;
// Options that are undefined are not given.
nogil.configure({ spin: undefined, workerUrl: undefined });
new Thread({ target: () => 1, name: undefined, daemon: undefined, args: undefined });
new Pool(2, { initializer: undefined, maxtasksperchild: undefined });
pool.mapAsync((x: number) => x, [1], { chunksize: undefined, callback: undefined });
new Lock({ onOwnerDeath: undefined });
// Arguments that a function needs are not forgotten, nor is a function.
for (const Either of [Process, Thread]) new Either({ target: join, args: [1, 'x'], name: 'n' });
new Process({ name: 'n' });
new Thread({ target: join, kwargs: { b: 'x' } });
new Thread({ target: new URL('file:///module.js') });
pool.apply(() => 1);
// @ts-expect-error: it needs two
new Process({ target: join });
// @ts-expect-error: it needs two
new Process({ target: join, name: 'n' });
// @ts-expect-error: there is none
new Thread({ target: undefined });
// @ts-expect-error: it needs two
pool.apply(join);
// @ts-expect-error: it needs two
pool.applyAsync(join);
