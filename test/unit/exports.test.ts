/** Each entry point has what its Python module has, and the package itself has everything once. */
import * as nogil from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';
import * as queue from 'nogil/queue';
import * as sched from 'nogil/sched';
import * as threading from 'nogil/threading';
import { describe, expect, test } from 'vitest';

const locks = 'Lock RLock Semaphore BoundedSemaphore Condition Event Barrier';
const entries: [name: string, module: Record<string, unknown>, names: string][] = [
  [
    'threading',
    { ...threading },
    `Thread Timer Local local ${locks} acquireAll acquireAllAsync currentThread mainThread enumerate activeCount getIdent getNativeId
     excepthook setExcepthook BrokenBarrierError BrokenLockError DeadlockError ThreadError`,
  ],
  [
    'multiprocessing',
    { ...multiprocessing },
    `Process Pool Queue JoinableQueue SimpleQueue Slot Lease Pipe Connection wait waitAsync Manager Value Array RawValue RawArray ${locks}
     currentProcess parentProcess activeChildren cpuCount getpid getppid getContext setStartMethod getStartMethod getAllStartMethods
     freezeSupport SharedMemory ShareableList SharedMemoryManager FileExistsError FileNotFoundError AssertionError AttributeError BrokenBarrierError BrokenLockError BrokenPipeError BufferTooShort DeadlockError Empty
     EOFError Full IndexError KeyError MaybeEncodingError MemoryError OSError ProcessError RemoteError RuntimeError ShutDown TimeoutError
     ValueError WorkerDied taskSignal taskChannel progress`,
  ],
  ['queue', { ...queue }, 'Queue LifoQueue PriorityQueue SimpleQueue Slot Lease Empty Full ShutDown'],
  ['sched', { ...sched }, 'scheduler Scheduler'],
];

describe.each(entries)('nogil/%s', (entry, module, names) => {
  test('has all that it promises', () => {
    for (const name of names.split(/\s+/)) expect([name, typeof module[name]]).toEqual([name, 'function']);
  });

  test('has nothing that the package has not', () => {
    const all: object = nogil;
    expect(Object.keys(module).filter((name) => !(name in all))).toEqual([]);
  });

  test('has classes that show the names they are exported by, and only ThreadError is a second name', () => {
    const isClass = (value: unknown) => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
    const classes = Object.entries(module).filter(([, value]) => isClass(value)) as [string, { name: string }][];
    expect(classes.length).toBeGreaterThan(0);
    const renamed = classes.filter(([name, value]) => value.name !== name).map(([name, value]) => [name, value.name]);
    expect(renamed).toEqual(entry === 'threading' ? [['ThreadError', 'RuntimeError']] : []);
  });
});
