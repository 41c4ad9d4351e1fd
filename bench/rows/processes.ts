import { fileURLToPath } from 'node:url';
import { Program } from '../harness/program.ts';
import type { Contender, Group, Row } from '../harness/row.ts';
import type { Target } from '../report/verdict.ts';
import { native, startNative } from '../rivals/native.ts';
import type { By } from '../rivals/parties.ts';
import { python } from '../rivals/python.ts';
import { elsewhere, type Mode, pythonTrips } from '../trips/round.ts';
import type { ShapeName } from '../ways/shapes.ts';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Ours, with processes of the operating system or, to be compared with, threads. */
type Method = 'spawn' | 'worker';
const start = (method: Method, flags: readonly string[] = []) =>
  new Program(process.execPath, [...flags, path('./processes.program.js'), method]);
const startIpc = () => new Program(process.execPath, [path('../rivals/child-process.program.js')]);

interface Asked {
  program(): Program;
  words: (string | number)[];
  by?: By;
  note?: string;
  /** What the program answers; the default: nanoseconds of all operations. */
  gives?: 'figure';
  /** Operations of a round at least. */
  least?: number;
  fullOnly?: true;
}

/** A contender whose program is asked for so many operations. */
function asked(name: string, one: Asked, kind?: 'reference'): Contender {
  const { program, words, by = 'nogil', note, gives, least, fullOnly } = one;
  return {
    name,
    by,
    ...(kind && { kind }),
    ...(note !== undefined && { note }),
    ...(least !== undefined && { least }),
    ...(fullOnly && { fullOnly }),
    open() {
      const one = program();
      return {
        ...(gives && { gives }),
        run: (count) => one.ask<number>(...words, gives ? FIGURE_OF : count),
        close: () => one.close(),
      };
    },
  };
}

/** Operations of a run that answers a figure. */
const FIGURE_OF = 200_000;
const SMALL = 4096;
const [MAIN, SMALL_MAIN] = ['main and a child', `main and a child, maxsize ${SMALL}`];
const [THREADS, SMALL_THREADS] = ['main and a thread', `main and a thread, maxsize ${SMALL}`];
const [CHILDREN, SMALL_CHILDREN] = ['two children', `two children, maxsize ${SMALL}`];
const [TWO_THREADS, SMALL_TWO_THREADS] = ['two threads', `two threads, maxsize ${SMALL}`];
const IPC = 'child_process';
const PYTHON = 'Python: multiprocessing.Queue';

type Sides = 'main' | 'children';

/**
 * A fifth of what fills the memory: with fewer it would be the wake-ups at its beginning that are measured.
 */
const leastOf = (most: number) => most / 5;

function queue(
  name: string,
  method: Method,
  sides: Sides,
  { shape, most }: Sending,
  maxsize: number,
  fullOnly?: true,
): Contender {
  const words = ['queue', sides, shape, maxsize];
  const least = leastOf(most);
  const kind = method === 'worker' ? 'reference' : undefined;
  return asked(name, { program: () => start(method), words, least, ...(fullOnly && { fullOnly }) }, kind);
}

interface Sending {
  id: string;
  what: string;
  shape: ShapeName;
  /** Words for python.py. */
  python: (string | number)[];
  most: number;
  /** How many times the rate of child_process, and of Python where that is said. */
  times: [number, number?];
}

function sending(items: Sending): Row {
  const { id, what, shape, python: words, most, times } = items;
  const [ipc, ofPython] = times;
  const targets: Target[] = [
    { who: MAIN, against: THREADS, times: 0.8 },
    { who: SMALL_MAIN, against: SMALL_THREADS, times: 0.8 },
    { who: CHILDREN, against: TWO_THREADS, times: 0.8 },
    { who: SMALL_CHILDREN, against: SMALL_TWO_THREADS, times: 0.8 },
    { who: MAIN, against: IPC, times: ipc },
  ];
  if (ofPython !== undefined) targets.push({ who: MAIN, against: PYTHON, times: ofPython });
  return {
    id: `processes.${id}`,
    what,
    how: `put and get through one queue: the main thread and a child, or two children. maxsize 0, the default, is no limit;
with ${SMALL} there is one. The references are the same program with threads.`,
    unit: 'perSecond',
    least: Math.min(most, 2000),
    most,
    contenders: [
      queue(MAIN, 'spawn', 'main', items, 0),
      queue(SMALL_MAIN, 'spawn', 'main', items, SMALL),
      queue(CHILDREN, 'spawn', 'children', items, 0, true),
      queue(SMALL_CHILDREN, 'spawn', 'children', items, SMALL, true),
      queue(THREADS, 'worker', 'main', items, 0),
      queue(SMALL_THREADS, 'worker', 'main', items, SMALL),
      queue(TWO_THREADS, 'worker', 'children', items, 0, true),
      queue(SMALL_TWO_THREADS, 'worker', 'children', items, SMALL, true),
      asked(IPC, { program: startIpc, words: ['queue', shape], by: 'node', note: "serialization: 'advanced'; no back-pressure" }),
      python(PYTHON, () => ['queue', ...words]),
    ],
    targets,
  };
}

const BLOCKING = 'Queue: put, get';
const AWAITING = 'Queue: putAsync, getAsync';
const PIPE = 'C: pipe';

function trips(mode: Mode, what: string, how: string, targets: Target[]): Row {
  const ours = () => start('spawn');
  return {
    id: `processes.trips-${mode}`,
    what,
    how,
    unit: 'time',
    contenders: [
      elsewhere(BLOCKING, 'nogil', ours, mode),
      elsewhere(AWAITING, 'nogil', ours, mode, 'trips-async'),
      elsewhere(IPC, 'node', startIpc, mode),
      pythonTrips(mode),
      elsewhere(PIPE, 'c', startNative, mode, 'pipe'),
    ],
    parts: {
      p50: { what: `${what}: p50`, targets },
      p99: { what: `${what}: p99` },
    },
  };
}

const BETWEEN = 'Lock';
const [AMONG_THREADS, PTHREAD, PYTHONS] = ['Lock, threads only', 'C: pthread mutex', 'Python: multiprocessing.Lock'];

function calls(name: string, sides: Sides, maxsize: number): Contender {
  const program = () => start('spawn', ['--import', path('./processes.counter.js')]);
  return asked(name, { program, words: ['calls', sides, 'number', maxsize], gives: 'figure' });
}

export const processes: Group = {
  id: 'processes',
  question: 'What does it cost between processes?',
  how: `Start method 'spawn': every child is a process of the operating system. The system's monotonic clock is the same in
all of them. What arrives is added up and checked, counters under a lock are compared with what they must be.`,
  rows: [
    sending({
      id: 'numbers',
      what: 'Numbers, one by one',
      shape: 'number',
      python: ['number', 0],
      most: 1_000_000,
      times: [50, 20],
    }),
    sending({
      id: 'bytes-64',
      what: '64 bytes, one by one',
      shape: 'bytes:64',
      python: ['bytes', 64],
      most: 300_000,
      times: [20],
    }),
    sending({
      id: 'objects',
      what: 'Small objects, one by one',
      shape: 'object',
      python: ['object', 0],
      most: 300_000,
      times: [6, 4],
    }),
    sending({
      id: 'bytes-1k',
      what: '1 KiB, one by one',
      shape: 'bytes:1024',
      python: ['bytes', 1024],
      most: 100_000,
      times: [6],
    }),
    sending({
      id: 'bytes-64k',
      what: '64 KiB, one by one',
      shape: 'bytes:65536',
      python: ['bytes', 65_536],
      most: 4000,
      times: [4],
    }),
    {
      id: 'processes.calls',
      what: 'Calls of the kernel for each number',
      how: `Calls of the native part, to sleep or to wake, of both ends together, by ${FIGURE_OF} numbers.`,
      unit: 'calls',
      contenders: [
        calls(MAIN, 'main', 0),
        calls(SMALL_MAIN, 'main', SMALL),
        calls(CHILDREN, 'children', 0),
        calls(SMALL_CHILDREN, 'children', SMALL),
      ],
      targets: [MAIN, SMALL_MAIN, CHILDREN, SMALL_CHILDREN].map((who) => ({ who, atMost: 0.05 })),
    },
    trips('busy', 'Round trip, at once again', 'The next trip begins as soon as the last one ends.', [
      { who: BLOCKING, against: PIPE, times: 1 },
      { who: AWAITING, against: IPC, atMost: 2 },
    ]),
    trips('parked', 'Round trip, the other end asleep', 'A millisecond of sleep before each trip.', [
      { who: BLOCKING, against: PIPE, times: 1 },
      { who: AWAITING, against: IPC, atMost: 2 },
    ]),
    {
      id: 'processes.lock',
      what: 'A lock that nobody else wants: acquire and release',
      how: 'One thread of a program whose heap is between processes, and of one whose heap is not.',
      unit: 'time',
      least: 100_000,
      contenders: [
        asked(BETWEEN, { program: () => start('spawn'), words: ['lock'] }),
        asked(AMONG_THREADS, { program: () => start('worker'), words: ['lock'] }, 'reference'),
      ],
      targets: [{ who: BETWEEN, against: AMONG_THREADS, atMost: 1.15 }],
    },
    {
      id: 'processes.contended',
      what: 'One lock, two processes that want it all the time',
      how: 'Each: acquire, counter++, release, again and again. The counter is plain, and checked.',
      unit: 'perSecond',
      least: 10_000,
      contenders: [
        asked(BETWEEN, { program: () => start('spawn'), words: ['fight', 2] }),
        asked(AMONG_THREADS, { program: () => start('worker'), words: ['fight', 2] }, 'reference'),
        python(PYTHONS, () => ['fight', 2]),
        native(PTHREAD, () => ['fight', 2], 'PTHREAD_PROCESS_SHARED'),
      ],
      targets: [
        { who: BETWEEN, against: PYTHONS, times: 5 },
        { who: BETWEEN, against: PTHREAD, times: 0.5 },
      ],
    },
    {
      id: 'processes.start',
      what: 'A process that does nothing, from start to end',
      how: "From start() to the return of join(); of child_process from fork() of an empty module to 'exit'.",
      unit: 'time',
      contenders: [
        asked('Process: start, join', { program: () => start('spawn'), words: ['start'] }),
        asked('child_process: fork', { program: startIpc, words: ['start'], by: 'node' }),
        python('Python: Process', () => ['process', 'spawn'], 'spawn'),
      ],
    },
  ],
};
