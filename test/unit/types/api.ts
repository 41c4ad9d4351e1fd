/** What the compiler has to infer, and to refuse. Nothing of this is run. */
import { type JoinableQueue, Manager, Pool, Process, Queue, Array as SharedArray, Thread, Timer, task, Value } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';

const join = (a: number, b: string) => a + b.length;
const later = async (x: number) => x;
export const double = task(import.meta, function double(x: number) {
  return 2 * x;
});
export function consumer(name: string, queue: JoinableQueue<string>): void {
  console.log(name, queue.get());
}

export function workers(): void {
  new Process({ target: join, args: [1, 'x'] }).result() satisfies number;
  new Process({ target: consumer, args: ['egon', new multiprocessing.JoinableQueue<string>()], daemon: true, name: 'n' });
  new Thread({ target: later, args: [1] }).resultAsync() satisfies Promise<number>;
  new Thread({ target: new URL('file:///module.js'), args: [1] });
  new Timer(1, join, [1, 'x']);
  double(3) satisfies number;
  // @ts-expect-error: in the wrong order
  new Process({ target: join, args: ['x', 1] });
  // @ts-expect-error: too few
  new Thread({ target: join, args: [1] });
  // @ts-expect-error: a queue of something else
  new Process({ target: consumer, args: ['egon', new Queue<number>()] });
  // @ts-expect-error: marked, and typed all the same
  double('3');
}

export async function pools(): Promise<void> {
  const pool = new Pool(2, { initializer: join, initargs: [1, 'x'], maxtasksperchild: 3 });
  pool.apply(join, [1, 'x']) satisfies number;
  (await pool.applyAsync(later, [1])) satisfies number;
  pool.applyAsync(join, [1, 'x'], { callback: (result) => result satisfies number });
  pool.map((x: number) => `${x}`, [1, 2], 1) satisfies string[];
  pool.map(later, [1], { progress: (done, total) => [done, total] satisfies [number, number | undefined] }) satisfies number[];
  pool.starmap(join, [[1, 'x']]) satisfies number[];
  for (const x of pool.imap((n: number) => n > 1, [1])) x satisfies boolean;
  for await (const x of pool.imapUnordered((s: string) => s, 'abc')) x satisfies string;
  // @ts-expect-error: too few
  pool.apply(join, [1]);
  // @ts-expect-error: of another type
  pool.applyAsync(join, [1, 2]);
  // @ts-expect-error: items of another type
  pool.map((x: number) => x, ['a']);
  // @ts-expect-error: in the wrong order
  pool.starmap(join, [['x', 1]]);
}

export function data(): void {
  const queue: Queue<string> = new multiprocessing.Queue<string>(3);
  queue.get() satisfies string;
  new Value('i', 3).value satisfies number;
  new Value('q', 3n).value satisfies bigint;
  new SharedArray('d', [1, 2]).get(0) satisfies number;
  const manager = Manager();
  manager.dict<{ num: number }>({ num: 1 }).num satisfies number;
  manager.dict<string, number>([['a', 1]]).get('a') satisfies number | undefined;
  manager.list([1, 2]).pop() satisfies number;
  // @ts-expect-error: an item of another type
  queue.put(1);
  // @ts-expect-error: 64 bits are a bigint
  new Value('q', 3);
  // @ts-expect-error: no typecode
  new Value('x', 3);
}
