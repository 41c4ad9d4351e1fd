/**
 * Vector: a list. Cells in a row, and how many.
 *
 * Ancestry: CPython's list (Objects/listobject.c) for growth and for what indices mean; what changes the
 * middle makes a new body, as in a persistent array.
 *
 * | word     | meaning                                                                              |
 * | -------- | ------------------------------------------------------------------------------------ |
 * | length   | in the body: the cells that are there. One store appends any number, or takes the last |
 * | a cell   | one store replaces an item                                                            |
 * | body     | one store makes a new body the contents: growth, insert, a removal from the middle     |
 *
 * Everything happens under the latch (container.ts): no wake-up to lose beyond its own. `count` is unused.
 *
 * Death before the one store: nothing has changed, at most a body or a block is lost. After it: all has; what
 * was taken out is lost, but for what has handles, which is always somebody's (batch.ts, discard.ts). An
 * insertion in place would need a store for each cell behind it, and a death among them would leave an item
 * twice: hence the new body, at the price of one copy of 8 bytes an item.
 */
import { Status } from '../abi';
import { copy, loadPlain, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { allocate, free, isRoomy } from '../heap/allocator';
import { beginPut } from '../heap/in-flight';
import { VectorBody } from '../layout';
import { unlock } from '../sync/lock';
import { selfScratch } from '../waiting/park';
import {
  cellBatchBeginTake,
  cellBatchCells,
  cellBatchClose,
  cellBatchCount,
  cellBatchCreate,
  cellBatchEndPut,
  cellBatchEndTake,
  cellBatchExchange,
  cellBatchPushCopy,
  cellBatchShowItself,
  cellShow,
  cellShowCopy,
  isShort,
} from './batch';
import { CELL, cellAt, cellDrop, cellOfNumber, cellOfRecord, cellsDropAt, hasHandles, NONE, setCell } from './cell';
import { bodyOf, bodyWord, containerEnter, containerLeave, containerRead, setBody } from './container';
import { discardBeginTake, discardDrop, discardEndTake, discardExchange } from './discard';

const CELLS: u32 = offsetof<VectorBody>();
const CAPACITY_MIN: u32 = 6;
const CAPACITY_MAX: u32 = 0x0fff0000;
/** What fits into the largest block. */
const CAPACITY_MOST: u32 = 0x0fffffff;

function bodyCapacity(body: usize): u32 {
  return <u32>loadPlain(body + offsetof<VectorBody>('capacity'));
}

/**
 * The sum of the address and the capacity of the body that was found sound last: most calls come upon it again.
 * 1: none yet.
 */
let sound: usize = 1;

// biome-ignore lint/complexity/noStaticOnlyClass: the compiler puts only methods in place where it is told to.
class Body {
  @inline
  static check(body: usize): void {
    if (body + bodyCapacity(body) != sound) checkRoom(body);
  }

  /** Cells in a body that is one: they, and those that there is room for, lie in its block. */
  @inline
  static length(body: usize): u32 {
    if (!body) return 0;
    Body.check(body);
    const length = <u32>loadPlain(lengthWord(body));
    Check.that(length <= bodyCapacity(body), lengthWord(body));
    return length;
  }
}

/** The same where it need not be put in place. */
function lengthIn(body: usize): u32 {
  return Body.length(body);
}

function checkRoom(body: usize): void {
  Check.block(body, body);
  const capacity = bodyCapacity(body);
  Check.that(capacity <= CAPACITY_MOST && isRoomy(body, CELLS + capacity * CELL), body);
  sound = body + capacity;
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
  storePlain(body + offsetof<VectorBody>('capacity'), <i32>capacity);
  storePlain(body + offsetof<VectorBody>('length'), 0);
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

/** @requires lock(latch). A body with room for `more` behind its cells; 0 when the heap is full. */
function reserveCells(vector: usize, more: u32): usize {
  const old = bodyOf(vector);
  const length = lengthIn(old);
  if (old && bodyCapacity(old) - length >= more) return old;
  const body = bodyFor(length + more);
  if (!body) return 0;
  if (old) copyCells(cellsOf(body), cellsOf(old), length);
  setLength(body, length);
  setBody(vector, body);
  if (old) free(old);
  return body;
}

// ── calls ────────────────────────────────────────────────────────────────────────────────────────────

// A negative index counts from the end. What a call drops it drops after it has given the latch back.

/** The item at `index`: see cellShowCopy. RANGE, NO_MEMORY. */
export function vectorGet(vector: usize, index: i32): i32 {
  containerRead(vector);
  const body = bodyOf(vector);
  const at = place(index, Body.length(body));
  const meta = at < 0 ? <i32>Status.RANGE : cellShowCopy(cellAt(itemAt(body, at)));
  unlock(vector);
  return meta;
}

/** Puts a cell without handles in the place of another: OK, RANGE, NOT_OWNER, WOULD_BLOCK. */
function replace(vector: usize, index: i32, cell: i64): i32 {
  let dropped = cell;
  let status = containerEnter(vector);
  if (status == Status.OK) {
    const body = bodyOf(vector);
    const at = place(index, lengthIn(body));
    if (at < 0) status = Status.RANGE;
    else {
      dropped = cellAt(itemAt(body, at));
      if (hasHandles(dropped)) discardExchange(itemAt(body, at), cell);
      else setCell(itemAt(body, at), cell);
    }
    containerLeave(vector);
  }
  if (hasHandles(dropped)) discardDrop();
  else cellDrop(dropped);
  return status;
}

/**
 * The record at the scratch's begin takes the place of the item at `index`. OK, RANGE, NO_MEMORY, NOT_OWNER,
 * WOULD_BLOCK.
 */
export function vectorSet(vector: usize, index: i32): i32 {
  const cell = cellOfRecord(selfScratch);
  return cell == NONE ? <i32>Status.NO_MEMORY : replace(vector, index, cell);
}

export function vectorSetNumber(vector: usize, index: i32, value: f64): i32 {
  return replace(vector, index, cellOfNumber(value));
}

/** The same with the first cell of a batch, which has the one that it replaces afterwards. */
export function vectorSetFromBatch(vector: usize, index: i32, batch: usize): i32 {
  let status = containerEnter(vector);
  if (status != Status.OK) return status;
  const body = bodyOf(vector);
  const at = place(index, lengthIn(body));
  if (at < 0) status = Status.RANGE;
  else cellBatchExchange(batch, cellBatchCells(batch), itemAt(body, at));
  containerLeave(vector);
  return status;
}

function appendCell(vector: usize, cell: i64): i32 {
  let status = containerEnter(vector);
  if (status == Status.OK) {
    const body = reserveCells(vector, 1);
    if (body) {
      const length = lengthIn(body);
      setCell(itemAt(body, length), cell);
      setLength(body, length + 1);
    } else status = Status.NO_MEMORY;
    containerLeave(vector);
  }
  if (status != Status.OK) cellDrop(cell);
  return status;
}

/** Adds the record at the scratch's begin at the end. OK, NO_MEMORY, NOT_OWNER, WOULD_BLOCK. */
export function vectorAppend(vector: usize): i32 {
  const cell = cellOfRecord(selfScratch);
  return cell == NONE ? <i32>Status.NO_MEMORY : appendCell(vector, cell);
}

export function vectorAppendNumber(vector: usize, value: f64): i32 {
  return appendCell(vector, cellOfNumber(value));
}

/**
 * Puts what is in a batch, which is empty afterwards, in the place of the items from `start` to `end`
 * (exclusive, as of a slice).
 * OK; NO_MEMORY, NOT_OWNER, WOULD_BLOCK: nothing has changed.
 */
export function vectorSplice(vector: usize, start: i32, end: i32, batch: usize): i32 {
  let status = containerEnter(vector);
  if (status != Status.OK) return status;
  const old = bodyOf(vector);
  const length = lengthIn(old);
  const from = bound(start, length);
  const to = max(from, bound(end, length));
  if (from == length) status = appendBatch(vector, batch);
  else status = splice(vector, old, from, to, batch);
  containerLeave(vector);
  if (status == Status.OK && from < length) discardDrop();
  return status;
}

/** @requires lock(latch). At the end, in place. */
function appendBatch(vector: usize, batch: usize): i32 {
  const count = cellBatchCount(batch);
  const body = reserveCells(vector, count);
  if (!body) return Status.NO_MEMORY;
  const length = lengthIn(body);
  copyCells(itemAt(body, length), cellBatchCells(batch), count);
  beginPut(batch, lengthWord(body), <i32>(length + count));
  setLength(body, length + count);
  cellBatchEndPut(batch);
  return Status.OK;
}

/**
 * @requires lock(latch). Anywhere else, by a new body. The old one is in the discard then, with what it alone
 * has.
 */
function splice(vector: usize, old: usize, from: u32, to: u32, batch: usize): i32 {
  const count = cellBatchCount(batch);
  const rest = lengthIn(old) - to;
  const body = bodyFor(from + count + rest);
  if (!body) return Status.NO_MEMORY;
  copyCells(cellsOf(body), cellsOf(old), from);
  copyCells(itemAt(body, from), cellBatchCells(batch), count);
  copyCells(itemAt(body, from + count), itemAt(old, to), rest);
  setLength(body, from + count + rest);
  beginPut(batch, bodyWord(vector), <i32>body);
  discardBeginTake(old, itemAt(old, from), to - from, bodyWord(vector), <i32>body);
  setBody(vector, body);
  cellBatchEndPut(batch);
  discardEndTake();
  return Status.OK;
}

/**
 * Takes the item at `index` out: as vectorGet. RANGE, NO_MEMORY, NOT_OWNER, WOULD_BLOCK: nothing has changed.
 */
export function vectorTake(vector: usize, index: i32): i32 {
  const status = containerEnter(vector);
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
  containerLeave(vector);
  if (meta >= 0) cellDrop(cell);
  return meta;
}

/** @requires lock(latch). The same by a batch. */
function takeLong(vector: usize, body: usize, at: u32, length: u32): i32 {
  const batch = cellBatchCreate(1);
  if (batch < 0) return batch;
  setCell(cellBatchCells(batch), cellAt(itemAt(body, at)));
  if (cut(vector, body, at, length, batch)) return cellBatchShowItself(batch);
  cellBatchClose(batch);
  return Status.NO_MEMORY;
}

/**
 * @requires lock(latch). Takes a cell out, which is the caller's then, or the batch's, in which it lies;
 * false when the heap is full.
 */
function cut(vector: usize, old: usize, at: u32, length: u32, batch: usize): bool {
  if (at == length - 1) {
    if (batch) cellBatchBeginTake(batch, cellBatchCells(batch), 1, lengthWord(old), <i32>at);
    setLength(old, at);
    if (batch) cellBatchEndTake(batch);
    return true;
  }
  const body = bodyFor(length - 1);
  if (!body) return false;
  copyCells(cellsOf(body), cellsOf(old), at);
  copyCells(itemAt(body, at), itemAt(old, at + 1), length - 1 - at);
  setLength(body, length - 1);
  if (batch) cellBatchBeginTake(batch, cellBatchCells(batch), 1, bodyWord(vector), <i32>body);
  setBody(vector, body);
  if (batch) cellBatchEndTake(batch);
  free(old);
  return true;
}

export function vectorLength(vector: usize): i32 {
  containerRead(vector);
  const length = lengthIn(bodyOf(vector));
  unlock(vector);
  return <i32>length;
}

/**
 * The items from `start` to `end` (exclusive, as of a slice), in a batch that the caller closes; or
 * NO_MEMORY.
 */
export function vectorSnapshot(vector: usize, start: i32, end: i32): i32 {
  containerRead(vector);
  const body = bodyOf(vector);
  const length = lengthIn(body);
  const from = bound(start, length);
  const to = max(from, bound(end, length));
  const batch = cellBatchCreate(to - from);
  if (batch >= 0) {
    for (let i = from; i < to; i++) {
      cellBatchPushCopy(batch, cellAt(itemAt(body, i)));
    }
  }
  unlock(vector);
  return batch;
}

/** OK, NOT_OWNER, WOULD_BLOCK. */
export function vectorClear(vector: usize): i32 {
  const status = containerEnter(vector);
  if (status != Status.OK) return status;
  const body = bodyOf(vector);
  if (body) {
    discardBeginTake(body, cellsOf(body), lengthIn(body), bodyWord(vector), 0);
    setBody(vector, 0);
    discardEndTake();
  }
  containerLeave(vector);
  if (body) discardDrop();
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
