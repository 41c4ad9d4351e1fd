/**
 * A user's program with every class that the package has, compiled against its declarations by the compilers
 * that users have.
 * All is exported: a type that has no name outside of the package is an error then. Nothing of this is run.
 */
import * as nogil from 'nogil';
import * as futures from 'nogil/futures';
import * as multiprocessing from 'nogil/multiprocessing';
import * as queue from 'nogil/queue';
import * as sched from 'nogil/sched';
import * as threading from 'nogil/threading';
import vite from 'nogil/vite';

export const plugins = [vite()];

// ── locks and the like ───────────────────────────────────────────────────────────────────────────────

export class Named extends nogil.Lock {
  readonly label: string;
  constructor(label: string) {
    super({ onOwnerDeath: 'release', deadlock: 'error' });
    this.label = label;
  }
}
export class Guard extends nogil.RLock {}
export class Gate extends nogil.Event {}
export class Meeting extends nogil.Barrier {}
export class Permits extends nogil.BoundedSemaphore {}
export class Changed extends nogil.Condition {}
export const semaphore = new nogil.Semaphore(2);
export const barrier = new nogil.Barrier(2, () => {}, 1);
export const pending = barrier.waitAsync(1, { signal: new AbortController().signal });
export const condition = new nogil.Condition(new nogil.Lock());
export const both = () => nogil.acquireAll(new nogil.Lock(), new nogil.RLock());
export const bothAsync = () => nogil.acquireAllAsync(new nogil.Lock());
export const held = new nogil.Lock().hold();
export const heldAsync = () => new nogil.Lock().holdAsync();
export const inside = new nogil.Lock().with(() => 1);
export const posted = new nogil.Lock().handle();
export const taken: nogil.Lock = nogil.Lock.from(posted);
export const byAnotherName: Disposable = new nogil.Event();

// ── numbers and memory ───────────────────────────────────────────────────────────────────────────────

export class Counter extends nogil.Value<'i'> {}
export const raw = new nogil.RawValue('d', 1.5);
export const value = new nogil.Value('q', 3n, { lock: true });
export const array = new nogil.Array('i', [1, 2, 3]);
export const rawArray = new nogil.RawArray('B', 10);
export const view = array.view();
export const spread = [...array, ...rawArray];
export const memory = new nogil.SharedMemory();
export const list = new nogil.ShareableList([1, 'a', null]);
export const memories = new nogil.SharedMemoryManager();

// ── queues ───────────────────────────────────────────────────────────────────────────────────────────

export class Mailbox extends nogil.Queue<string> {}
export class Jobs<T> extends nogil.JoinableQueue<T> {}
export const stack = new nogil.LifoQueue<number>(3);
export const first = new nogil.PriorityQueue<[number, string]>();
export function inPlace(bytes: nogil.Queue<Uint8Array>): number {
  using slot: nogil.Slot = bytes.reserve(8);
  slot.bytes.fill(1);
  slot.commit(4);
  using lease: nogil.Lease = bytes.lease(1);
  return lease.bytes.length + bytes.getInto(new Uint8Array(8)) + new nogil.Queue<number>().getManyInto(new Float64Array(2));
}
export const simple = new queue.SimpleQueue<Uint8Array>();
export const size: number = stack.maxsize;
export async function drain(box: Mailbox): Promise<string[]> {
  const items: string[] = [];
  for await (const item of box) items.push(item);
  return items;
}
export const [left, right] = nogil.Pipe();
export const ends: nogil.Connection[] = [left, right];
export const ready = nogil.wait(ends, 0);
export const readyAsync = () => nogil.waitAsync(ends, 0);

// ── workers ──────────────────────────────────────────────────────────────────────────────────────────

export const double = nogil.task(import.meta, (x: number) => 2 * x);
export class Hello extends nogil.Thread {
  override run(): void {}
}
export class Child extends nogil.Process {}
export const thread = new nogil.Thread({ target: double, args: [1], daemon: true });
export const timer = new nogil.Timer(1, double, [2]);
export const processes = new nogil.Process({ target: double, args: [1] });
export const result = thread.result();
export const resultAsync = () => processes.resultAsync();
export const me = [nogil.currentThread(), nogil.mainThread(), nogil.currentProcess(), nogil.parentProcess()];
export const all = [nogil.enumerate(), nogil.activeChildren(), nogil.activeCount(), nogil.cpuCount()];
export const mine = nogil.local();
export const also = new nogil.Local();
export const main = nogil.main(import.meta, () => nogil.sleepAsync(1));
export const hook = (args: threading.ExceptHookArgs) => threading.excepthook(args);

// ── pools and managers ───────────────────────────────────────────────────────────────────────────────

export const pool = () => new nogil.Pool(2, { initializer: double, initargs: [1], maxtasksperchild: 3 });
export const applied: nogil.AsyncResult<number> = pool().applyAsync(double, [1], { callback: (x) => x });
export const mapped = pool().map(double, [1, 2], 1);
export const iterated: nogil.PoolIterator<number> = pool().imap(double, [1]);
export const signal = nogil.taskSignal;
export const elastic = () =>
  new nogil.Pool({
    min: 1,
    max: 2,
    idleTimeout: 1,
    maxQueue: 10,
    stdout: true,
    env: { A: 'a' },
    resourceLimits: { stackSizeMb: 1 },
  });
export const printed: nogil.Queue<Uint8Array> | undefined = elastic().stdout;
export const limited = pool().apply(double, [1], undefined, { timeout: 1, kill: true });
export const messages: nogil.TaskMessages = applied.messages;
export const sender: () => nogil.TaskSender<number> = () => nogil.taskChannel<number>();
export const executor = new futures.ThreadPoolExecutor(2, { initializer: double, initargs: [1] });
export const future: futures.Future<number> = executor.submit(double, 1);
export const results: futures.MapResults<number> = executor.map(double, [1, 2], { timeout: 1 });
export const powers: futures.MapResults<number> = executor.map((a: number, b: number) => a ** b, [1, 2], new Set([3]));
export const { done, notDone } = futures.wait([future], { returnWhen: futures.FIRST_COMPLETED });
export const completed = [...futures.asCompleted([future])].map((each) => each.result(1));
export const isCancelled = (error: unknown) => error instanceof futures.CancelledError || error instanceof futures.BrokenExecutor;
export class Vector {
  constructor(readonly x: number) {}
}
nogil.registerClass(Vector, { encode: (v) => v.x, decode: (x: number) => new Vector(x) });
export const readable: ReadableStream<number> = new nogil.Queue<number>().readable();
export const writable: WritableStream<number> = new nogil.Queue<number>().writable();
export class Robot {
  say(word: string): string {
    return word;
  }
}
export const manager = nogil.Manager();
export const robots = manager.register('Robot', Robot);
export const robot = robots();
export const said = robot.say('x');
export const dict = manager.dict<{ num: number }>({ num: 1 });
export const pairs: nogil.Dict<string, number> = manager.dict<string, number>([['a', 1]]);
export const listed: nogil.List<number> = manager.list([1, 2]);
export const namespace = manager.Namespace({ a: 1 });
export const plain: nogil.Namespace = namespace;
export const made = [manager.Lock(), manager.Queue(), manager.Barrier(2), manager.Value('i', 1)];
export const managers: nogil.ManagerObject = manager;
export const context = multiprocessing.getContext('worker');
export const fromContext = new context.Queue<number>(1);
export class Flavoured extends multiprocessing.Queue<number> {}
export const flavoured = [new multiprocessing.Lock(), new multiprocessing.RLock(), new multiprocessing.Condition()];

// ── the rest ─────────────────────────────────────────────────────────────────────────────────────────

export const scheduler = new sched.Scheduler();
export const events: sched.ScheduledEvent[] = scheduler.queue;
export const stats = nogil.heap.stats();
export const objects = nogil.heap.inspect();
export const cycles = nogil.heap.deadlocks();
nogil.configure({ initialBytes: 1 << 22 });
export class Mine extends nogil.RuntimeError {}
export function errors(error: unknown): boolean {
  const classes = [
    nogil.AssertionError,
    nogil.AttributeError,
    nogil.BrokenBarrierError,
    nogil.BrokenLockError,
    nogil.BrokenPipeError,
    nogil.DeadlockError,
    nogil.Empty,
    nogil.EOFError,
    nogil.FileExistsError,
    nogil.FileNotFoundError,
    nogil.Full,
    nogil.HeapCorruptError,
    nogil.IndexError,
    nogil.InterruptedError,
    nogil.KeyboardInterrupt,
    nogil.KeyError,
    nogil.MaybeEncodingError,
    nogil.MemoryError,
    nogil.NotImplementedError,
    nogil.OSError,
    nogil.ProcessError,
    nogil.RemoteError,
    nogil.RemoteTraceback,
    nogil.RuntimeError,
    nogil.ShutDown,
    nogil.ThreadError,
    nogil.TimeoutError,
    nogil.ValueError,
    nogil.WorkerDied,
  ];
  return classes.some((each) => error instanceof each) || error instanceof nogil.BufferTooShort;
}
