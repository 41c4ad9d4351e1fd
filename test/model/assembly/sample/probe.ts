/**
 * One function for each thing that a test wants to see the harness do.
 */
import {
  add,
  cas,
  cas64,
  copy,
  fill,
  grow,
  load,
  load64,
  loadByte,
  loadPlain,
  loadPlain64,
  loadPlainF64,
  notify,
  now,
  store,
  store64,
  storePlain,
  storePlain64,
  storePlainF64,
  wait,
  xchg,
} from './atomics';

/** A read and a write, for somebody who holds a lock. */
export function increment(counter: usize): void {
  storePlain(counter, loadPlain(counter) + 1);
}

/** Two words that are equal whenever nobody holds the lock. */
export function incrementBoth(pair: usize): void {
  increment(pair);
  increment(pair + 4);
}

export function addOne(p: usize): i32 {
  return add(p, 1);
}

/** 64-bit: adds `by` to the upper half. */
export function addHigh(p: usize, by: i32): i32 {
  while (true) {
    const old = load64(p);
    if (cas64(p, old, old + ((<i64>by) << 32)) === old) return <i32>(old >> 32);
  }
}

export function setWide(p: usize, high: i32, low: i32): void {
  store64(p, ((<i64>high) << 32) | <i64>(<u32>low));
}

/** Whether the halves of a 64-bit word are equal. */
export function halvesEqual(p: usize): bool {
  const value = load64(p);
  return <i32>value === <i32>(value >> 32);
}

export function setPlainWide(p: usize, high: i32, low: i32): void {
  storePlain64(p, ((<i64>high) << 32) | <i64>(<u32>low));
}

/** Plain, 64-bit: a read, and a write of one more in both halves. */
export function incrementHalves(p: usize): void {
  storePlain64(p, loadPlain64(p) + 0x100000001);
}

export function plainHalvesEqual(p: usize): bool {
  const value = loadPlain64(p);
  return <i32>value === <i32>(value >> 32);
}

/** A double from one place to another. */
export function moveDouble(to: usize, from: usize): void {
  storePlainF64(to, loadPlainF64(from));
}

export function byteAt(p: usize): i32 {
  return loadByte(p);
}

export function fillWith(p: usize, value: i32, bytes: usize): void {
  fill(p, <u8>value, bytes);
}

/** Sleeps once; 1000 * result + 1 if the clock has moved. */
export function sleepOnce(p: usize, expected: i32, timeoutMs: f64): i32 {
  const start = now();
  const result = wait(p, expected, timeoutMs < 0 ? -1 : <i64>(timeoutMs * 1e6));
  return 1000 * result + i32(now() > start);
}

export function clockIsZero(): bool {
  return now() === 0;
}

export function move(to: usize, from: usize, bytes: usize): void {
  copy(to, from, bytes);
}

export function growBy(pages: i32): bool {
  return grow(pages);
}

/** A function with locals on the stack across suspensions: the sum of `n` words. */
export function sum(p: usize, n: i32): i32 {
  let total = 0;
  for (let i = 0; i < n; i++) total += load(p + ((<usize>i) << 2));
  return total;
}

/** Two flags, each taken back if the other is up: may go on for ever, but need not. */
export function yieldTo(mine: usize, other: usize): void {
  while (true) {
    store(mine, 1);
    if (load(other) === 0) return;
    store(mine, 0);
  }
}

/** Goes round until `p` is 1, without a pause, changing `p` between 2 and 3 meanwhile. */
export function dither(p: usize): void {
  while (true) {
    const value = load(p);
    if (value === 1) return;
    cas(p, value, value === 2 ? 3 : 2);
  }
}

/**
 * Runs a program of `length` instructions (operation, address, two operands: 16 bytes each) at `code`; a
 * digest of what they answered.
 */
export function interpret(code: usize, length: i32): i32 {
  let digest = 0;
  for (let pc = 0; pc < length; pc++) {
    const at = code + ((<usize>pc) << 4);
    digest = digest * 31 + execute(i32.load(at), <usize>(<u32>i32.load(at, 4)), i32.load(at, 8), i32.load(at, 12));
  }
  return digest;
}

function sumOfHalves(value: i64): i32 {
  return <i32>value * 7 + <i32>(value >> 32);
}

function execute(operation: i32, p: usize, a: i32, b: i32): i32 {
  switch (operation) {
    case 0:
      return load(p);
    case 1:
      store(p, a);
      return 0;
    case 2:
      return cas(p, a, b);
    case 3:
      return xchg(p, a);
    case 4:
      return add(p, a);
    case 5:
      return notify(p, a);
    case 6:
      return wait(p, a, -1);
    case 7:
      return wait(p, a, 1000);
    case 8:
      return loadPlain(p);
    case 9:
      storePlain(p, a);
      return 0;
    case 10:
      return sumOfHalves(loadPlain64(p & ~7));
    case 11:
      storePlain64(p & ~7, ((<i64>b) << 32) | <i64>(<u32>a));
      return 0;
    default:
      fill(p & ~7, <u8>a, 8);
      return 0;
  }
}
