/**
 * The modes of the suite, and what runs in which. A mode is a project of Vitest: `npm test` runs all of them
 * in one run, `npm test -- --mode spawn` one, `npm test -- --mode all` each in full.
 *
 * A file that no list below has runs in all three. A list says why a file is in it. Nothing is left out of
 * `threads`, which is what users get by default.
 */

/** Nothing in it waits for, or starts, anything that a mode changes: once is enough. */
const REGARDLESS = [
  // One thread of the test's own, or none: numbers, names, types, bytes, the compiled core.
  'test/unit/{bench,codec,entry,soak,types}/**',
  'test/unit/queue/{items,lifo,memory,model,priority}.test.ts',
  'test/unit/{declarations,docs,exports,licences,promises,public-members,readonly,types}.test.ts',
  // Snapshots that the test makes itself, and what is made of them.
  'test/unit/inspector/shown.test.ts',
  // They say themselves whether their heap is between processes.
  'test/threads/{inspector,diagnostics}/**',
  'test/unit/heap/line.test.ts',
  // Which allocations fail, and what the core's functions and its hashes are.
  'test/unit/heap/{closing-getter,drains,last-bytes}.test.ts',
  'test/unit/manager/{hash,keys,memory,model}.test.ts',
  // Programs of the documentation, and whole programs that set the start method themselves.
  'test/threads/docs/**',
  'test/threads/signals/**',
  // What Node's options mean to a thread; test/processes has those of a process.
  'test/threads/workers/launch-options.test.ts',
  // How much of a nearly full heap a thread's start takes, and what Node refuses a thread.
  'test/threads/workers/no-start.test.ts',
  // The compiled core and the codec by themselves, in processes of their own.
  'test/fuzz/**',
  // Redis is what is waited for.
  'test/redis/**',
  // A campaign has stages of both kinds, in programs of its own.
  'test/soak/**',
  // The native part by itself, without the package.
  'test/native/**',
  // Chromium has neither files nor processes.
  'test/browser/**',
  // It says itself that its processes are the system's.
  'test/processes/**',
  // What is measured is a sleep in the engine. One in native code is cut into slices, which cost a little.
  'test/threads/cpu/**',
  // In a bundle the package has no file with which a process could begin: it always has threads.
  'test/threads/workers/bundled.test.ts',
  // How a function is found again, by what compilers and loaders made of it.
  'test/threads/workers/{same-name,frozen,no-eval,typescript}.test.ts',
];

/** No Process is started in it, and no Pool: `futex` has tested it. */
const WITHOUT_PROCESSES = [
  'test/unit/{manager,pipe,pool,sched,shared-memory,sync,workers}/**',
  'test/unit/heap/!(abort|allocator|scope|show).test.ts',
  'test/unit/queue/!(limits).test.ts',
  'test/unit/options.test.ts',
  'test/threads/queue/{turns,wraps}.test.ts',
  'test/threads/death/cut-off.test.ts',
  'test/threads/sync/!(array|deadlock|options).test.ts',
  'test/threads/workers/{timer,threads}.test.ts',
];

/**
 * In `spawn` the heap is between processes, too, and threads wait as they do in `futex`. All that only that
 * one has is a Process that is a thread and waits in native code. Where that is no other wait or death than
 * those in the files that both run, `spawn` is enough, unless a run is in full.
 */
const AMONG_PROCESSES = [
  'test/seeds/**',
  // Of the deaths those stay whose victims sleep where others are woken.
  'test/threads/death/!(cut-off|loans|queue-putter|waiters).test.ts',
  'test/threads/{futures,manager,pipe,pool,shared-memory}/**',
  'test/threads/workers/!(timer|threads).test.ts',
];

/** What `futex` has shown, and what takes long: the same waits and deaths, between processes. */
const IN_FUTEX = ['test/threads/{queue,sync}/**', 'test/threads/death/{loans,queue-putter,waiters}.test.ts'];

/** Long programs whose processes begin, wait and end as those of their neighbours in the same folders do. */
const ALIKE = [
  'test/seeds/{002,003,004,004-*}.test.ts',
  'test/threads/pool/{limits,size}.test.ts',
  'test/threads/workers/{names,programs,slots,surroundings,targets}.test.ts',
];

/** One thread fills a heap and empties it, for long. A mode changes how the heap grows, and nothing else. */
const FILLS = ['test/unit/heap/{allocator,drift}.test.ts'];

/** Whether every mode runs all that it can, however long that takes. */
const inFull = process.env.NOGIL_TEST_IN_FULL !== undefined;

export const modes = ['threads', 'futex', 'spawn'] as const;

const elsewhere = ['test/model/**'];

/** What a mode's project leaves to others. */
export const leftOut = {
  threads: elsewhere,
  futex: [...elsewhere, ...REGARDLESS, ...(inFull ? [] : [...FILLS, ...AMONG_PROCESSES])],
  spawn: [...elsewhere, ...REGARDLESS, ...WITHOUT_PROCESSES, ...(inFull ? [] : [...FILLS, ...IN_FUTEX, ...ALIKE])],
};
