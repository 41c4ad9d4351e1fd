/**
 * Table: a dict. The calls; how the entries lie is entries.ts.
 *
 * Ancestry: CPython's dict and its proxies (Objects/dictobject.c, Lib/multiprocessing/managers.py).
 *
 * Words: those of Container. A key is the record in the scratch behind the place of a small value's, always
 * small enough to lie there.
 * What a call drops it drops after it has given the latch back: the last reference to another object may be
 * among it. What has handles is in a batch or in the discard meanwhile.
 *
 * No wake-up to lose beyond those of the latch and the update lock. Death: see entries.ts, and batch.ts for
 * what is in the hands of the dead.
 */
import { Part, Put, Status } from '../abi';
import { storePlain } from '../atomics';
import { Check } from '../checks';
import { free } from '../heap/allocator';
import { RECORD } from '../heap/record';
import { CellBlock } from '../layout';
import { INLINE_MAX } from '../limits';
import { unlock } from '../sync/lock';
import { selfScratch } from '../waiting/park';
import {
  cellBatchCells,
  cellBatchCount,
  cellBatchCreate,
  cellBatchExchange,
  cellBatchPush,
  cellBatchPushCopy,
  cellBatchShowItself,
  cellShow,
  cellShowCopy,
  isShort,
} from './batch';
import {
  CELL,
  cellAt,
  cellBlock,
  cellDrop,
  cellOfNumber,
  cellOfRecord,
  cellsDropAt,
  hasHandles,
  isBlock,
  NONE,
  setCell,
} from './cell';
import {
  bodyOf,
  bodyWord,
  containerEnter,
  containerLeave,
  containerRead,
  countOf,
  countWord,
  setBody,
  setCount,
} from './container';
import { discardBeginTake, discardDrop, discardEndTake, discardExchange } from './discard';
import {
  checkBody,
  entryAt,
  find,
  insert,
  keyIn,
  recount,
  remove,
  reserve,
  setUsed,
  setValue,
  usedOf,
  valueIn,
  valueWord,
} from './entries';
import { cellOfSought, seekInBatch, seekRecord, soughtHash } from './key';

/** Where in a worker's scratch the record of a key lies: behind that of a small value. */
const KEY: u32 = RECORD + INLINE_MAX;

function lockToRead(table: usize): void {
  containerRead(table);
  if (countOf(table) < 0) recount(table);
}

/** OK, NOT_OWNER, WOULD_BLOCK, TIMEOUT: see containerEnter. */
function lockToWrite(table: usize): i32 {
  const status = containerEnter(table);
  if (status == Status.OK && countOf(table) < 0) recount(table);
  return status;
}

/** The key's value: see cellShowCopy. RANGE: it is not there. NO_MEMORY. */
export function tableGet(table: usize): i32 {
  seekRecord(selfScratch + KEY);
  lockToRead(table);
  const entry = find(bodyOf(table));
  const meta = entry ? cellShowCopy(valueIn(entry)) : <i32>Status.RANGE;
  unlock(table);
  return meta;
}

export function tableHas(table: usize): bool {
  seekRecord(selfScratch + KEY);
  lockToRead(table);
  const entry = find(bodyOf(table));
  unlock(table);
  return entry != 0;
}

function putValue(table: usize, value: i64, mode: i32): i32 {
  seekRecord(selfScratch + KEY);
  let status = lockToWrite(table);
  if (status != Status.OK) {
    cellDrop(value);
    return status;
  }
  const entry = find(bodyOf(table));
  let dropped = value;
  if (entry ? mode == Put.IF_ABSENT : mode == Put.IF_PRESENT) status = Status.RANGE;
  else if (entry) {
    dropped = valueIn(entry);
    if (hasHandles(dropped)) discardExchange(valueWord(entry), value);
    else setValue(entry, value);
  } else {
    const body = reserve(table, 1);
    const key = body ? cellOfSought() : NONE;
    if (key != NONE) {
      insert(table, body, key, value);
      dropped = NONE;
    } else status = Status.NO_MEMORY;
  }
  containerLeave(table);
  dropOld(dropped);
  return status;
}

/** What was taken out of a table: if it has handles, it is in the discard. */
// @inline
function dropOld(value: i64): void {
  if (!isBlock(value)) return;
  if (hasHandles(value)) discardDrop();
  else cellDrop(value);
}

/**
 * Puts the record at the scratch's begin under the key. OK; RANGE: `mode` (a Put) forbade it; NO_MEMORY;
 * NOT_OWNER, WOULD_BLOCK.
 */
export function tablePut(table: usize, mode: i32): i32 {
  const value = cellOfRecord(selfScratch);
  return value == NONE ? <i32>Status.NO_MEMORY : putValue(table, value, mode);
}

export function tablePutNumber(table: usize, value: f64, mode: i32): i32 {
  return putValue(table, cellOfNumber(value), mode);
}

/**
 * Puts what is in a batch (value, key, value, key ...), all or nothing to whoever looks; what they replace is
 * in it afterwards. Statuses as tablePut.
 * A value comes before its key because it is encoded before: what a user's getter does then may need the
 * scratch.
 */
export function tablePutAll(table: usize, batch: usize, mode: i32): i32 {
  const status = lockToWrite(table);
  if (status != Status.OK) return status;
  const count = cellBatchCount(batch);
  const body = reserve(table, count >> 1);
  let result: i32 = body || count == 0 ? Status.OK : Status.NO_MEMORY;
  if (body) {
    const end = cellBatchCells(batch) + count * CELL;
    for (let pair = cellBatchCells(batch); pair < end; pair += CELL << 1) {
      if (!putPair(table, body, batch, pair, mode)) result = Status.RANGE;
    }
  }
  containerLeave(table);
  return result;
}

/** There is room. */
function putPair(table: usize, body: usize, batch: usize, pair: usize, mode: i32): bool {
  const key = cellAt(pair + CELL);
  seekInBatch(key);
  const entry = find(body);
  if (entry ? mode == Put.IF_ABSENT : mode == Put.IF_PRESENT) return false;
  if (entry) {
    cellBatchExchange(batch, pair, valueWord(entry));
    return true;
  }
  // ORDERING: out of the batch before it is in the table: see batch.ts.
  setCell(pair + CELL, NONE);
  if (isBlock(key)) storePlain(cellBlock(key) + offsetof<CellBlock>('hash'), <i32>soughtHash);
  cellBatchExchange(batch, pair, valueWord(insert(table, body, key, NONE)));
  return true;
}

/**
 * Takes the key out: its value as tableGet. RANGE: it is not there; NO_MEMORY, NOT_OWNER, WOULD_BLOCK:
 * nothing has changed.
 */
export function tableTake(table: usize): i32 {
  seekRecord(selfScratch + KEY);
  const status = lockToWrite(table);
  if (status != Status.OK) return status;
  const entry = find(bodyOf(table));
  let meta: i32 = Status.RANGE;
  let key = NONE;
  let value = NONE;
  if (entry) {
    key = keyIn(entry);
    value = valueIn(entry);
    if (isShort(value)) meta = cellShow(value);
    else {
      const batch = cellBatchCreate(1);
      value = NONE;
      if (batch >= 0) {
        cellBatchPush(batch, NONE);
        cellBatchExchange(batch, cellBatchCells(batch), valueWord(entry));
        meta = cellBatchShowItself(batch);
      } else meta = batch;
    }
    if (meta >= 0) remove(table, entry);
  }
  containerLeave(table);
  if (meta >= 0) {
    cellDrop(key);
    cellDrop(value);
  }
  return meta;
}

/** Takes the key out. OK; RANGE: it is not there; NOT_OWNER, WOULD_BLOCK. */
export function tableDelete(table: usize): i32 {
  seekRecord(selfScratch + KEY);
  const status = lockToWrite(table);
  if (status != Status.OK) return status;
  const entry = find(bodyOf(table));
  const key = entry ? keyIn(entry) : NONE;
  const value = entry ? valueIn(entry) : NONE;
  if (entry) {
    if (hasHandles(value)) discardExchange(valueWord(entry), NONE);
    remove(table, entry);
  }
  containerLeave(table);
  cellDrop(key);
  dropOld(value);
  return entry ? <i32>Status.OK : <i32>Status.RANGE;
}

/**
 * Takes the entry out that came last: a batch of its key and value, which the caller closes. RANGE: there is
 * none; NO_MEMORY, NOT_OWNER, WOULD_BLOCK.
 */
export function tableTakeLast(table: usize): i32 {
  const status = lockToWrite(table);
  if (status != Status.OK) return status;
  let result: i32 = Status.RANGE;
  if (countOf(table) > 0) {
    result = cellBatchCreate(2);
    if (result >= 0) takeLast(table, bodyOf(table), result);
  }
  containerLeave(table);
  return result;
}

function takeLast(table: usize, body: usize, batch: usize): void {
  checkBody(body);
  Check.that(usedOf(body) > 0, body);
  let last = usedOf(body) - 1;
  while (valueIn(entryAt(body, last)) == NONE) {
    Check.that(last > 0, body);
    last--;
  }
  const entry = entryAt(body, last);
  const key = keyIn(entry);
  cellBatchPush(batch, NONE);
  cellBatchPush(batch, NONE);
  cellBatchExchange(batch, cellBatchCells(batch) + CELL, valueWord(entry));
  remove(table, entry);
  setUsed(body, last);
  setCell(cellBatchCells(batch), key);
}

/** OK, NOT_OWNER, WOULD_BLOCK. */
export function tableClear(table: usize): i32 {
  const status = lockToWrite(table);
  if (status != Status.OK) return status;
  const body = bodyOf(table);
  if (body) {
    checkBody(body);
    discardBeginTake(body, entryAt(body, 0), cellsIn(body), bodyWord(table), 0);
    setBody(table, 0);
    discardEndTake();
    setCount(table, 0);
  }
  containerLeave(table);
  if (body) discardDrop();
  return Status.OK;
}

/** Keys and values. */
function cellsIn(body: usize): u32 {
  return usedOf(body) << 1;
}

export function tableSize(table: usize): i32 {
  lockToRead(table);
  const count = countOf(table);
  unlock(table);
  return count;
}

/** All keys, values or both, in order, in a batch that the caller closes; or NO_MEMORY. */
export function tableSnapshot(table: usize, part: i32): i32 {
  lockToRead(table);
  const count = <u32>countOf(table);
  const body = bodyOf(table);
  if (body) checkBody(body);
  Check.that(count <= (body ? usedOf(body) : 0), countWord(table));
  const batch = cellBatchCreate(part == Part.ITEMS ? count << 1 : count);
  if (batch >= 0 && body) {
    let bound = count;
    for (let i: u32 = 0, used = usedOf(body); i < used; i++) {
      const entry = entryAt(body, i);
      if (valueIn(entry) == NONE) continue;
      Check.that(bound-- != 0, countWord(table));
      if (part & Part.KEYS) cellBatchPushCopy(batch, keyIn(entry));
      if (part & Part.VALUES) cellBatchPushCopy(batch, valueIn(entry));
    }
  }
  unlock(table);
  return batch;
}

/** Nobody is left; can be cut short and done again. */
export function tableDestroy(table: usize): void {
  const body = bodyOf(table);
  if (!body) return;
  checkBody(body);
  cellsDropAt(entryAt(body, 0), cellsIn(body));
  setBody(table, 0);
  free(body);
}
