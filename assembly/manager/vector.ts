/**
 * Vector: a list. Cells in a row, and how many.
 *
 * Ancestry: CPython's list (Objects/listobject.c) for growth and for what indices mean; what changes the middle makes a new body, as in a persistent array.
 *
 * | word     | meaning                                                                              |
 * | -------- | ------------------------------------------------------------------------------------ |
 * | length   | in the body: the cells that are there. One store appends any number, or takes the last |
 * | a cell   | one store replaces an item                                                            |
 * | body     | one store makes a new body the contents: growth, insert, a removal from the middle     |
 *
 * Everything happens under the latch (store.ts): no wake-up to lose beyond its own. `count` is unused.
 *
 * Death before the one store: nothing has changed, at most a body or a block is lost. After it: all has; what was taken out is lost, but for what has handles, which is
 * always somebody's (bundle.ts, hand.ts). An insertion in place would need
 * a store for each cell behind it, and a death among them would leave an item twice: hence the new body, at the price of one copy of 8 bytes an item.
 */
import { Status } from '../abi';
import { allocate, free } from '../allocator';
import { copy, peek, poke, store } from '../atomics';
import { VectorBody } from '../layout';
import { giving } from '../objects';
import { selfScratch } from '../park';
import { unlock } from '../sync/lock';
import {
  bundleCells,
  bundleClose,
  bundleCount,
  bundleCreate,
  bundleExchange,
  bundleGiven,
  bundlePushCopy,
  bundleShowItself,
  bundleTaken,
  bundleTaking,
  cellShow,
  cellShowCopy,
  isShort,
} from './bundle';
import { CELL, cellAt, cellDrop, cellOfNumber, cellOfRecord, cellsDropAt, hasHandles, NONE, setCell } from './cell';
import { handDrop, handExchange, handTaken, handTaking } from './hand';
import { bodyOf, bodyWord, setBody, storeEnter, storeLeave, storeRead } from './store';

const CELLS: u32 = offsetof<VectorBody>();
const CAPACITY_MIN: u32 = 6;
const CAPACITY_MAX: u32 = 0x0fff0000;

function capacityOf(body: usize): u32 {
  return <u32>peek(body + offsetof<VectorBody>('capacity'));
}

function lengthIn(body: usize): u32 {
  return body ? <u32>peek(body + offsetof<VectorBody>('length')) : 0;
}

function lengthWord(body: usize): usize {
  return body + offsetof<VectorBody>('length');
}

/** The one store that says how many cells are there. */
function setLength(body: usize, length: u32): void {
  store(lengthWord(body), <i32>length);
}

function cellsOf(body: usize): usize {
  return body + CELLS;
}

function itemAt(body: usize, index: u32): usize {
  return body + CELLS + index * CELL;
}

/** An empty body for `length` cells and half as many again; 0 when the heap is full. */
function bodyFor(length: u32): usize {
  if (length > CAPACITY_MAX) return 0;
  const roomy = max(CAPACITY_MIN, length + (length >> 1));
  let capacity = roomy;
  let body = allocate(CELLS + capacity * CELL);
  if (!body) {
    capacity = length;
    body = allocate(CELLS + capacity * CELL);
  }
  if (!body) return 0;
  poke(body + offsetof<VectorBody>('capacity'), <i32>capacity);
  poke(body + offsetof<VectorBody>('length'), 0);
  return body;
}

function copyCells(to: usize, from: usize, count: u32): void {
  if (count) copy(to, from, count * CELL);
}

/** Where `index` is in a list of `length`, negative ones from the end; -1: nowhere. */
function place(index: i32, length: u32): i32 {
  const at = index < 0 ? index + <i32>length : index;
  return at >= 0 && at < <i32>length ? at : -1;
}

/** The same for a bound of a slice, which never lies outside. */
function bound(index: i32, length: u32): u32 {
  return <u32>(index < 0 ? max(0, index + <i32>length) : min(index, <i32>length));
}

/** Latched. A body with room for `more` behind its cells; 0 when the heap is full. */
function reserve(vector: usize, more: u32): usize {
  const old = bodyOf(vector);
  const length = lengthIn(old);
  if (old && capacityOf(old) - length >= more) return old;
  const body = bodyFor(length + more);
  if (!body) return 0;
  if (old) copyCells(cellsOf(body), cellsOf(old), length);
  setLength(body, length);
  setBody(vector, body);
  if (old) free(old);
  return body;
}

// ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

// A negative index counts from the end. What a call drops it drops after it has given the latch back.

/** The item at `index`: see cellShowCopy. RANGE, NO_MEMORY. */
export function vectorGet(vector: usize, index: i32): i32 {
  storeRead(vector);
  const body = bodyOf(vector);
  const at = place(index, lengthIn(body));
  const meta = at < 0 ? <i32>Status.RANGE : cellShowCopy(cellAt(itemAt(body, at)));
  unlock(vector);
  return meta;
}

/** Puts a cell without handles in the place of another: OK, RANGE, NOT_OWNER, WOULD_BLOCK. */
function replace(vector: usize, index: i32, cell: i64): i32 {
  let dropped = cell;
  let status = storeEnter(vector);
  if (status == Status.OK) {
    const body = bodyOf(vector);
    const at = place(index, lengthIn(body));
    if (at < 0) status = Status.RANGE;
    else {
      dropped = cellAt(itemAt(body, at));
      if (hasHandles(dropped)) handExchange(itemAt(body, at), cell);
      else setCell(itemAt(body, at), cell);
    }
    storeLeave(vector);
  }
  if (hasHandles(dropped)) handDrop();
  else cellDrop(dropped);
  return status;
}

/** The record at the scratch's begin takes the place of the item at `index`. OK, RANGE, NO_MEMORY, NOT_OWNER, WOULD_BLOCK. */
export function vectorSet(vector: usize, index: i32): i32 {
  const cell = cellOfRecord(selfScratch);
  return cell == NONE ? <i32>Status.NO_MEMORY : replace(vector, index, cell);
}

export function vectorSetNumber(vector: usize, index: i32, value: f64): i32 {
  return replace(vector, index, cellOfNumber(value));
}

/** The same with the first cell of a bundle, which has the one that it replaces afterwards. */
export function vectorSetBundled(vector: usize, index: i32, bundle: usize): i32 {
  let status = storeEnter(vector);
  if (status != Status.OK) return status;
  const body = bodyOf(vector);
  const at = place(index, lengthIn(body));
  if (at < 0) status = Status.RANGE;
  else bundleExchange(bundle, bundleCells(bundle), itemAt(body, at));
  storeLeave(vector);
  return status;
}

function append(vector: usize, cell: i64): i32 {
  let status = storeEnter(vector);
  if (status == Status.OK) {
    const body = reserve(vector, 1);
    if (body) {
      const length = lengthIn(body);
      setCell(itemAt(body, length), cell);
      setLength(body, length + 1);
    } else status = Status.NO_MEMORY;
    storeLeave(vector);
  }
  if (status != Status.OK) cellDrop(cell);
  return status;
}

/** Adds the record at the scratch's begin at the end. OK, NO_MEMORY, NOT_OWNER, WOULD_BLOCK. */
export function vectorAppend(vector: usize): i32 {
  const cell = cellOfRecord(selfScratch);
  return cell == NONE ? <i32>Status.NO_MEMORY : append(vector, cell);
}

export function vectorAppendNumber(vector: usize, value: f64): i32 {
  return append(vector, cellOfNumber(value));
}

/**
 * Puts what is in a bundle, which is empty afterwards, in the place of the items from `start` to `end` (exclusive, as of a slice).
 * OK; NO_MEMORY, NOT_OWNER, WOULD_BLOCK: nothing has changed.
 */
export function vectorSplice(vector: usize, start: i32, end: i32, bundle: usize): i32 {
  let status = storeEnter(vector);
  if (status != Status.OK) return status;
  const old = bodyOf(vector);
  const length = lengthIn(old);
  const from = bound(start, length);
  const to = max(from, bound(end, length));
  if (from == length) status = extend(vector, bundle);
  else status = splice(vector, old, from, to, bundle);
  storeLeave(vector);
  if (status == Status.OK && from < length) handDrop();
  return status;
}

/** Latched. At the end, in place. */
function extend(vector: usize, bundle: usize): i32 {
  const count = bundleCount(bundle);
  const body = reserve(vector, count);
  if (!body) return Status.NO_MEMORY;
  const length = lengthIn(body);
  copyCells(itemAt(body, length), bundleCells(bundle), count);
  giving(bundle, lengthWord(body), <i32>(length + count));
  setLength(body, length + count);
  bundleGiven(bundle);
  return Status.OK;
}

/** Latched. Anywhere else, by a new body. The old one is in the hand then, with what it alone has. */
function splice(vector: usize, old: usize, from: u32, to: u32, bundle: usize): i32 {
  const count = bundleCount(bundle);
  const rest = lengthIn(old) - to;
  const body = bodyFor(from + count + rest);
  if (!body) return Status.NO_MEMORY;
  copyCells(cellsOf(body), cellsOf(old), from);
  copyCells(itemAt(body, from), bundleCells(bundle), count);
  copyCells(itemAt(body, from + count), itemAt(old, to), rest);
  setLength(body, from + count + rest);
  giving(bundle, bodyWord(vector), <i32>body);
  handTaking(old, itemAt(old, from), to - from, bodyWord(vector), <i32>body);
  setBody(vector, body);
  bundleGiven(bundle);
  handTaken();
  return Status.OK;
}

/** Takes the item at `index` out: as vectorGet. RANGE, NO_MEMORY, NOT_OWNER, WOULD_BLOCK: nothing has changed. */
export function vectorTake(vector: usize, index: i32): i32 {
  const status = storeEnter(vector);
  if (status != Status.OK) return status;
  const body = bodyOf(vector);
  const length = lengthIn(body);
  const at = place(index, length);
  let meta: i32 = Status.RANGE;
  let cell = NONE;
  if (at >= 0) {
    cell = cellAt(itemAt(body, at));
    if (isShort(cell)) meta = cut(vector, body, at, length, 0) ? cellShow(cell) : <i32>Status.NO_MEMORY;
    else {
      meta = takeLong(vector, body, at, length);
      cell = NONE;
    }
  }
  storeLeave(vector);
  if (meta >= 0) cellDrop(cell);
  return meta;
}

/** Latched. The same by a bundle. */
function takeLong(vector: usize, body: usize, at: u32, length: u32): i32 {
  const bundle = bundleCreate(1);
  if (!bundle) return Status.NO_MEMORY;
  setCell(bundleCells(bundle), cellAt(itemAt(body, at)));
  if (cut(vector, body, at, length, bundle)) return bundleShowItself(bundle);
  bundleClose(bundle);
  return Status.NO_MEMORY;
}

/** Latched. Takes a cell out, which is the caller's then, or the bundle's, in which it lies; false when the heap is full. */
function cut(vector: usize, old: usize, at: u32, length: u32, bundle: usize): bool {
  if (at == length - 1) {
    if (bundle) bundleTaking(bundle, bundleCells(bundle), 1, lengthWord(old), <i32>at);
    setLength(old, at);
    if (bundle) bundleTaken(bundle);
    return true;
  }
  const body = bodyFor(length - 1);
  if (!body) return false;
  copyCells(cellsOf(body), cellsOf(old), at);
  copyCells(itemAt(body, at), itemAt(old, at + 1), length - 1 - at);
  setLength(body, length - 1);
  if (bundle) bundleTaking(bundle, bundleCells(bundle), 1, bodyWord(vector), <i32>body);
  setBody(vector, body);
  if (bundle) bundleTaken(bundle);
  free(old);
  return true;
}

export function vectorLength(vector: usize): i32 {
  storeRead(vector);
  const length = lengthIn(bodyOf(vector));
  unlock(vector);
  return <i32>length;
}

/** The items from `start` to `end` (exclusive, as of a slice), in a bundle that the caller closes; 0 when the heap is full. */
export function vectorSnapshot(vector: usize, start: i32, end: i32): usize {
  storeRead(vector);
  const body = bodyOf(vector);
  const length = lengthIn(body);
  const from = bound(start, length);
  const to = max(from, bound(end, length));
  const bundle = bundleCreate(to - from);
  if (bundle) {
    for (let i = from; i < to; i++) {
      bundlePushCopy(bundle, cellAt(itemAt(body, i)));
    }
  }
  unlock(vector);
  return bundle;
}

/** OK, NOT_OWNER, WOULD_BLOCK. */
export function vectorClear(vector: usize): i32 {
  const status = storeEnter(vector);
  if (status != Status.OK) return status;
  const body = bodyOf(vector);
  if (body) {
    handTaking(body, cellsOf(body), lengthIn(body), bodyWord(vector), 0);
    setBody(vector, 0);
    handTaken();
  }
  storeLeave(vector);
  if (body) handDrop();
  return Status.OK;
}

/** Nobody is left; can be cut short and done again. */
export function vectorDestroy(vector: usize): void {
  const body = bodyOf(vector);
  if (!body) return;
  cellsDropAt(cellsOf(body), lengthIn(body));
  setBody(vector, 0);
  free(body);
}
