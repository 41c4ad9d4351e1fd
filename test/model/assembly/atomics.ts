/**
 * The seam of the model build: same functions as `assembly/atomics.ts`, each an import at which the scheduler
 * of `test/model/` suspends the worker.
 *
 * No i64 crosses to JavaScript (a BigInt each time would be slow): 64-bit words travel as two i32, the upper
 * half of a result is fetched by `high`.
 */

export declare function load(p: usize): i32;
export declare function store(p: usize, value: i32): void;
export declare function cas(p: usize, expected: i32, value: i32): i32;
export declare function xchg(p: usize, value: i32): i32;
export declare function add(p: usize, value: i32): i32;
export declare function loadPlain(p: usize): i32;
export declare function storePlain(p: usize, value: i32): void;
export declare function notify(p: usize, count: i32): i32;
export declare function notifyHere(p: usize, count: i32): i32;
export declare function now(): f64;
export declare function pause(): void;
export declare function copy(dest: usize, src: usize, bytes: usize): void;

export declare function fill(p: usize, value: i32, bytes: usize): void;

declare function sleep(p: usize, expected: i32, timed: i32): i32;
declare function loadWide(p: usize): i32;
declare function storeWide(p: usize, low: i32, high: i32): void;
declare function loadPlainWide(p: usize): i32;
declare function storePlainWide(p: usize, low: i32, high: i32): void;
declare function casWide(p: usize, expectedLow: i32, expectedHigh: i32, low: i32, high: i32): i32;
declare function high(): i32;
declare function growBy(pages: i32): i32;
declare function between(): i32;

/** A signal is a timeout that comes early, of which there are enough. */
export function isSignalled(): bool {
  return false;
}

export function isBetweenProcesses(): bool {
  return between() != 0;
}

export function wait(p: usize, expected: i32, timeoutNs: i64): i32 {
  return sleep(p, expected, i32(timeoutNs >= 0));
}

export function load64(p: usize): i64 {
  return join(loadWide(p));
}

export function store64(p: usize, value: i64): void {
  storeWide(p, <i32>value, <i32>(value >> 32));
}

export function cas64(p: usize, expected: i64, value: i64): i64 {
  return join(casWide(p, <i32>expected, <i32>(expected >> 32), <i32>value, <i32>(value >> 32)));
}

export function loadPlain64(p: usize): i64 {
  return join(loadPlainWide(p));
}

export function storePlain64(p: usize, value: i64): void {
  storePlainWide(p, <i32>value, <i32>(value >> 32));
}

export function loadPlainF64(p: usize): f64 {
  return reinterpret<f64>(loadPlain64(p));
}

export function storePlainF64(p: usize, value: f64): void {
  storePlain64(p, reinterpret<i64>(value));
}

export function loadByte(p: usize): i32 {
  return (loadPlain(p & ~3) >> ((<i32>p & 3) << 3)) & 255;
}

function join(low: i32): i64 {
  return ((<i64>high()) << 32) | <i64>(<u32>low);
}

export function memoryBytes(): usize {
  return (<usize>memory.size()) << 16;
}

export function grow(pages: i32): bool {
  return growBy(pages) !== 0;
}
