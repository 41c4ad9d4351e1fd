/**
 * THE seam: every access of `assembly/` to the shared memory goes through these functions. Nothing else
 * loads, stores, calls an atomic, waits or notifies; `npm run lint` looks for exceptions.
 *
 * The optimiser inlines them, so they cost nothing. The model build (`test/model/`) replaces this one file by
 * imports at which a scheduler suspends each virtual worker, and so drives the shipped algorithms through
 * every interleaving.
 *
 * Two mechanisms of waiting. The engine's lists of sleepers are each process's own. So a memory that several
 * processes of the operating system share has another one: their blocked workers sleep in the kernel, on the
 * page itself (a futex that is not private), whichever process they are in. Event loops stay in the engine's
 * lists: `notifyHere` wakes those of this process, and the doorbell (waiting/doorbell.ts) reaches the others.
 * The build makes a core for each. Whoever finds nobody to wake pays for no call.
 *
 * | a memory of     | `wait`        | `notify`      | `notifyHere`  |
 * | --------------- | ------------- | ------------- | ------------- |
 * | one process     | the engine's  | the engine's  | the engine's  |
 * | several         | the kernel's  | the kernel's  | the engine's  |
 *
 * Ancestry: `mod primitive` of crossbeam-utils/src/lib.rs, the loom seam.
 *
 * ORDERING: all WebAssembly atomics are sequentially consistent; there are no fences to choose. `loadPlain`
 * and `storePlain` are plain accesses, unordered: only for words that one lock guards, or whose staleness
 * harms nobody; each use says which.
 */

export function load(p: usize): i32 {
  return atomic.load<i32>(p);
}

export function store(p: usize, value: i32): void {
  atomic.store<i32>(p, value);
}

/** Compare and swap; returns what was there. */
export function cas(p: usize, expected: i32, value: i32): i32 {
  return atomic.cmpxchg<i32>(p, expected, value);
}

export function xchg(p: usize, value: i32): i32 {
  return atomic.xchg<i32>(p, value);
}

/** Fetch and add; returns what was there. */
export function add(p: usize, value: i32): i32 {
  return atomic.add<i32>(p, value);
}

export function load64(p: usize): i64 {
  return atomic.load<i64>(p);
}

export function store64(p: usize, value: i64): void {
  atomic.store<i64>(p, value);
}

export function cas64(p: usize, expected: i64, value: i64): i64 {
  return atomic.cmpxchg<i64>(p, expected, value);
}

/** A plain load of a shared word. */
export function loadPlain(p: usize): i32 {
  return i32.load(p);
}

/** A plain store to a shared word. */
export function storePlain(p: usize, value: i32): void {
  i32.store(p, value);
}

/** The same for eight bytes: one access, which a death does not tear. */
export function loadPlain64(p: usize): i64 {
  return i64.load(p);
}

export function storePlain64(p: usize, value: i64): void {
  i64.store(p, value);
}

/** The same for a double. Its bits go through unchanged. */
export function loadPlainF64(p: usize): f64 {
  return f64.load(p);
}

export function storePlainF64(p: usize, value: f64): void {
  f64.store(p, value);
}

/** A plain load of one byte, as a number from 0 to 255. */
export function loadByte(p: usize): i32 {
  return i32.load8_u(p);
}

/**
 * Whether other processes of the operating system have this memory, too. The build makes a core of each kind:
 * what is to be a leaf in threads (lifecycle/cut-off.ts) must not even have the call of an import that is
 * never made.
 */
const BETWEEN: bool = false;
declare function futexWait(p: i32, expected: i32, timeoutMs: f64): i32;
declare function futexWake(p: i32, count: i32): i32;

export function isBetweenProcesses(): bool {
  return BETWEEN;
}

/**
 * Sleeps while `*p == expected`. 0: woken, 1: it was not equal, 2: `timeoutNs` passed (negative: never). Only
 * as the last thing a function does: see park.ts.
 */
export function wait(p: usize, expected: i32, timeoutNs: i64): i32 {
  if (BETWEEN) return futexWait(<i32>p, expected, timeoutNs < 0 ? Infinity : <f64>timeoutNs / 1.0e6);
  return atomic.wait<i32>(p, expected, timeoutNs);
}

/**
 * Wakes up to `count` sleepers on `p`, first in first out (-1: all); returns how many. Between processes
 * these are blocked workers only, wherever they are.
 */
export function notify(p: usize, count: i32): i32 {
  if (BETWEEN) return futexWake(<i32>p, count);
  return atomic.notify(p, count);
}

/** The same for the engine's own list: between processes the event loops of this process, and nobody else. */
export function notifyHere(p: usize, count: i32): i32 {
  return atomic.notify(p, count);
}

declare function monotonic(): f64;

/** Milliseconds on a monotonic clock of this worker's own. */
export function now(): f64 {
  return monotonic();
}

declare function signalled(): i32;

/** Whether a signal has come for which this worker is to leave its wait. A call out of the core. */
export function isSignalled(): bool {
  return signalled() != 0;
}

/** Says "I am spinning". WebAssembly has no pause instruction; the model checker has a use for it. */
export function pause(): void {}

export function copy(dest: usize, src: usize, bytes: usize): void {
  memory.copy(dest, src, bytes);
}

/** Writes `value` to each of `bytes` bytes. */
export function fill(p: usize, value: u8, bytes: usize): void {
  memory.fill(p, value, bytes);
}

/** The length of the memory. */
export function memoryBytes(): usize {
  return (<usize>memory.size()) << 16;
}

/**
 * Grows the memory by `pages` pages of 64 KiB; false when it cannot. Between processes it has its full size
 * from the beginning, of which only what is used takes memory: no process hears of another's growth.
 */
export function grow(pages: i32): bool {
  if (BETWEEN) return true;
  return memory.grow(pages) >= 0;
}
