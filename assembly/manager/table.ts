/**
 * Table: a dict. Keys and values are cells; keys keep the order in which they came.
 *
 * Ancestry: CPython's compact dict (R. Hettinger, 2012; Objects/dictobject.c): entries in order, and beside them an index by hash; Knuth, TAOCP 6.4,
 * algorithm L (linear probing) for the index.
 *
 * The body:
 *
 *     ╒═ 0 ═══╤═ 4 ═══╤═ 8 ══╤═ 12 ══╤═ 16 ═══════════════════╤════════════════════════╕
 *     │ slots │ limit │ used │ spent │ limit × (key, value)   │ slots × (entry + 1)    │
 *     ╘═══════╧═══════╧══════╧═══════╧════════════════════════╧════════════════════════╛
 *
 * | word        | meaning                                                                                          |
 * | ----------- | ------------------------------------------------------------------------------------------------ |
 * | used        | entries from here on were not written yet, or were popped from the end                           |
 * | spent       | how often an entry was given out: at most `limit`, so that a third of the slots stays empty      |
 * | entry.value | NONE: the entry is not there. The one word that puts an entry in, replaces and removes it        |
 * | slot        | 0: empty; an entry's number and 1, also of one that is not there any more                        |
 *
 * used <= spent <= limit. An entry that is not there is skipped by whoever looks, so nothing but `value` has to be right at once. When `spent` has come to
 * `limit`, what is there moves to a new body, larger or not: one store of `body` makes that the contents.
 *
 * Everything happens under the latch (store.ts): no wake-up to lose beyond its own.
 *
 * Death before the store of `value`: the entry is not there, its number is used up. After it: it is. While a body was built: the new one is lost, or the old one.
 * What a dead worker leaves is at most one body or block that nobody has; the next one counts the entries anew, and frees the key of a half-made one.
 */
import { Encoding, Part, Put, Status } from '../abi';
import { allocate, free } from '../allocator';
import { copy, peek, poke } from '../atomics';
import { CellBlock, TableBody, TableEntry } from '../layout';
import { INLINE_MAX } from '../limits';
import { selfScratch } from '../park';
import { RECORD } from '../queue/record';
import { unlock } from '../sync/lock';
import { bundleCells, bundleCount, bundleCreate, bundlePush, cellShow } from './bundle';
import {
  BLOCK,
  blockCreate,
  blockOf,
  CELL,
  cellAt,
  cellDrop,
  cellOfBlock,
  cellOfEncoding,
  cellOfNumber,
  cellOfRecord,
  cellRetain,
  hashOf,
  isBlock,
  lengthOf,
  metaOf,
  NONE,
  setCell,
} from './cell';
import { bodyOf, countOf, setBody, setCount, storeEnter, storeLeave, storeRead } from './store';

/** Where in a worker's scratch the record of a key lies: behind that of a small value. */
const KEY: u32 = RECORD + INLINE_MAX;
const ENTRIES: u32 = offsetof<TableBody>();
const ENTRY: u32 = offsetof<TableEntry>();
const SLOT: u32 = 4;
const SLOTS_MIN: u32 = 8;
const SLOTS_MAX: u32 = 1 << 27;

// ── the key that is looked for ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Its cell, if it needs no block. */
let soughtCell: i64 = 0;
let soughtBody: usize = 0;
let soughtLength: u32 = 0;
let soughtMeta: u32 = 0;
let soughtHash: u32 = 0;

/** 2^64 by the golden ratio, Knuth's multiplier (TAOCP 6.4). */
const GOLDEN: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;

/** The product folded, so that all bits reach the low ones, which choose the slot. */
function mix(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * GOLDEN;
  return product ^ (product >> 32);
}

function hashBytes(from: usize, length: u32, meta: u32): u32 {
  let hash = mix(<u64>length, <u64>meta);
  const whole = from + (length & ~7);
  for (; from < whole; from += 8) hash = mix(hash, <u64>i64.load(from));
  let rest: u64 = 0;
  for (let i: u32 = 0; i < (length & 7); i++) rest = (rest << 8) | <u64>(<u32>i32.load8_u(from + i));
  return <u32>mix(hash, rest);
}

function seekCell(cell: i64): void {
  soughtCell = cell;
  soughtHash = <u32>mix(0, <u64>cell);
}

function seekBytes(body: usize, length: u32, meta: u32): void {
  soughtCell = NONE;
  soughtBody = body;
  soughtLength = length;
  soughtMeta = meta;
  soughtHash = hashBytes(body, length, meta);
}

function seekRecord(record: usize): void {
  const meta = <u32>peek(record + 4);
  if (meta < <u32>Encoding.NUMBER) seekCell(cellOfEncoding(meta));
  else if (meta == <u32>Encoding.NUMBER) {
    const number = f64.load(record + RECORD);
    // -0 is 0, as for every Map.
    seekCell(cellOfNumber(number == 0 ? 0 : number));
  } else seekBytes(record + RECORD, <u32>peek(record), meta);
}

/** A key in a bundle: as seekRecord, for a cell. */
function seekBundled(cell: i64): void {
  const block = blockOf(cell);
  if (isBlock(cell)) seekBytes(block + BLOCK, lengthOf(block), metaOf(block));
  else seekCell(cell);
}

function isSought(key: i64): bool {
  if (soughtCell != NONE) return key == soughtCell;
  if (!isBlock(key)) return false;
  const block = blockOf(key);
  return (
    hashOf(block) == soughtHash &&
    lengthOf(block) == soughtLength &&
    metaOf(block) == soughtMeta &&
    sameBytes(block + BLOCK, soughtBody, soughtLength)
  );
}

function sameBytes(a: usize, b: usize, length: u32): bool {
  const whole = a + (length & ~7);
  for (; a < whole; a += 8, b += 8) if (i64.load(a) != i64.load(b)) return false;
  for (let i: u32 = 0; i < (length & 7); i++) if (i32.load8_u(a + i) != i32.load8_u(b + i)) return false;
  return true;
}

/** The cell for the key that is sought; NONE when the heap is full. */
function cellOfSought(): i64 {
  if (soughtCell != NONE) return soughtCell;
  const block = blockCreate(soughtLength, soughtMeta, soughtHash);
  if (!block) return NONE;
  copy(block + BLOCK, soughtBody, soughtLength);
  return cellOfBlock(block);
}

// ── the body, latched ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function slotsOf(body: usize): u32 {
  return <u32>peek(body + offsetof<TableBody>('slots'));
}

function limitOf(body: usize): u32 {
  return <u32>peek(body + offsetof<TableBody>('limit'));
}

function usedOf(body: usize): u32 {
  return <u32>peek(body + offsetof<TableBody>('used'));
}

function spentOf(body: usize): u32 {
  return <u32>peek(body + offsetof<TableBody>('spent'));
}

function entryAt(body: usize, index: u32): usize {
  return body + ENTRIES + index * ENTRY;
}

function slotAt(body: usize, index: u32): usize {
  return body + ENTRIES + limitOf(body) * ENTRY + index * SLOT;
}

function keyIn(entry: usize): i64 {
  return cellAt(entry + offsetof<TableEntry>('key'));
}

function setKey(entry: usize, key: i64): void {
  setCell(entry + offsetof<TableEntry>('key'), key);
}

function valueIn(entry: usize): i64 {
  return cellAt(entry + offsetof<TableEntry>('value'));
}

function setValue(entry: usize, value: i64): void {
  setCell(entry + offsetof<TableEntry>('value'), value);
}

/** Two thirds. */
function limitFor(slots: u32): u32 {
  return (slots << 1) / 3;
}

/** The entry of the key that is sought, or 0. */
function find(body: usize): usize {
  if (!body) return 0;
  const mask = slotsOf(body) - 1;
  let i = soughtHash & mask;
  while (true) {
    const number = <u32>peek(slotAt(body, i));
    if (number == 0) return 0;
    const entry = entryAt(body, number - 1);
    if (valueIn(entry) != NONE && isSought(keyIn(entry))) return entry;
    i = (i + 1) & mask;
  }
}

/** Points the first empty slot on the way of `hash` to the entry. */
function index(body: usize, hash: u32, number: u32): void {
  const mask = slotsOf(body) - 1;
  let i = hash & mask;
  while (peek(slotAt(body, i)) != 0) i = (i + 1) & mask;
  poke(slotAt(body, i), <i32>(number + 1));
}

/** A body with what is there and room for `more`, made the contents; 0 when the heap is full. */
function rebuild(table: usize, more: u32): usize {
  const old = bodyOf(table);
  const wanted = <u32>countOf(table) + more;
  let slots = SLOTS_MIN;
  while (limitFor(slots) < wanted && slots < SLOTS_MAX) slots <<= 1;
  const limit = limitFor(slots);
  if (limit < wanted) return 0;
  const bytes = ENTRIES + limit * ENTRY + slots * SLOT;
  const body = allocate(bytes);
  if (!body) return 0;
  memory.fill(body, 0, bytes);
  poke(body + offsetof<TableBody>('slots'), <i32>slots);
  poke(body + offsetof<TableBody>('limit'), <i32>limit);
  let moved: u32 = 0;
  for (let i: u32 = 0, end = old ? usedOf(old) : 0; i < end; i++) {
    const entry = entryAt(old, i);
    if (valueIn(entry) == NONE) continue;
    const key = keyIn(entry);
    setKey(entryAt(body, moved), key);
    setValue(entryAt(body, moved), valueIn(entry));
    index(body, isBlock(key) ? hashOf(blockOf(key)) : <u32>mix(0, <u64>key), moved++);
  }
  poke(body + offsetof<TableBody>('used'), <i32>moved);
  poke(body + offsetof<TableBody>('spent'), <i32>moved);
  setBody(table, body);
  if (old) free(old);
  return body;
}

/** The body, with room for `more` entries; 0 when the heap is full. */
function reserve(table: usize, more: u32): usize {
  const body = bodyOf(table);
  if (body && limitOf(body) - spentOf(body) >= more) return body;
  // Half as many again: moving an entry is paid for by those that came since it was moved last.
  const spare = max(more, <u32>countOf(table) >> 1);
  const grown = rebuild(table, spare);
  return grown || spare == more ? grown : rebuild(table, more);
}

/** Puts an entry behind all others; there is room. */
function insert(table: usize, body: usize, key: i64, value: i64): void {
  const number = usedOf(body);
  const entry = entryAt(body, number);
  // ORDERING: `spent` before all: it bounds `used` and the slots, also if this worker dies between them. `value` last: it is the entry.
  poke(body + offsetof<TableBody>('spent'), <i32>(spentOf(body) + 1));
  setKey(entry, key);
  poke(body + offsetof<TableBody>('used'), <i32>(number + 1));
  index(body, soughtHash, number);
  setValue(entry, value);
  setCount(table, countOf(table) + 1);
}

/** Takes an entry out. Its key and value are the caller's. */
function remove(table: usize, entry: usize): void {
  setValue(entry, NONE);
  setKey(entry, NONE);
  setCount(table, countOf(table) - 1);
}

/** The owner of the latch died: counts what is there, and frees the keys of entries that did not come to be, or were being removed. */
function recount(table: usize): void {
  const body = bodyOf(table);
  let count = 0;
  // One more than are used: its key may be in already.
  for (let i: u32 = 0, end = body ? min(usedOf(body) + 1, limitOf(body)) : 0; i < end; i++) {
    const entry = entryAt(body, i);
    const key = keyIn(entry);
    if (valueIn(entry) != NONE) count++;
    else if (key != NONE) {
      // ORDERING: out of the table first, as everywhere: who dies in between loses a block.
      setKey(entry, NONE);
      cellDrop(key);
    }
  }
  setCount(table, count);
}

function read(table: usize): void {
  storeRead(table);
  if (countOf(table) < 0) recount(table);
}

/** OK, NOT_OWNER, WOULD_BLOCK: see storeEnter. */
function enter(table: usize): i32 {
  const status = storeEnter(table);
  if (status == Status.OK && countOf(table) < 0) recount(table);
  return status;
}

// ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

// A key is the record in the scratch behind the place of a small value's, always small enough to lie there. What a call drops it drops after it has given the latch back:
// the last reference to another object may be among it.

/** The key's value: see cellShow. RANGE: it is not there. NO_MEMORY. */
export function tableGet(table: usize): i32 {
  seekRecord(selfScratch + KEY);
  read(table);
  const entry = find(bodyOf(table));
  const meta = entry ? cellShow(valueIn(entry)) : <i32>Status.RANGE;
  unlock(table);
  return meta;
}

export function tableHas(table: usize): bool {
  seekRecord(selfScratch + KEY);
  read(table);
  const entry = find(bodyOf(table));
  unlock(table);
  return entry != 0;
}

function put(table: usize, value: i64, mode: i32): i32 {
  seekRecord(selfScratch + KEY);
  let status = enter(table);
  if (status != Status.OK) {
    cellDrop(value);
    return status;
  }
  const entry = find(bodyOf(table));
  let dropped = value;
  if (entry ? mode == Put.IF_ABSENT : mode == Put.IF_PRESENT) status = Status.RANGE;
  else if (entry) {
    dropped = valueIn(entry);
    setValue(entry, value);
  } else {
    const body = reserve(table, 1);
    const key = body ? cellOfSought() : NONE;
    if (key != NONE) {
      insert(table, body, key, value);
      dropped = NONE;
    } else status = Status.NO_MEMORY;
  }
  storeLeave(table);
  cellDrop(dropped);
  return status;
}

/** Puts the record at the scratch's begin under the key. OK; RANGE: `mode` (a Put) forbade it; NO_MEMORY; NOT_OWNER, WOULD_BLOCK. */
export function tablePut(table: usize, mode: i32): i32 {
  const value = cellOfRecord(selfScratch);
  return value == NONE ? <i32>Status.NO_MEMORY : put(table, value, mode);
}

export function tablePutNumber(table: usize, value: f64, mode: i32): i32 {
  return put(table, cellOfNumber(value), mode);
}

/**
 * Puts what is in a bundle (value, key, value, key ...), all or nothing to whoever looks; what they replace is in it afterwards. Statuses as tablePut.
 * A value comes before its key because it is encoded before: what a user's getter does then may need the scratch.
 */
export function tablePutAll(table: usize, bundle: usize, mode: i32): i32 {
  const status = enter(table);
  if (status != Status.OK) return status;
  const count = bundleCount(bundle);
  const body = reserve(table, count >> 1);
  let result: i32 = body || count == 0 ? Status.OK : Status.NO_MEMORY;
  if (body) {
    const end = bundleCells(bundle) + count * CELL;
    for (let pair = bundleCells(bundle); pair < end; pair += CELL << 1) {
      if (!putPair(table, body, pair, mode)) result = Status.RANGE;
    }
  }
  storeLeave(table);
  return result;
}

/** There is room. */
function putPair(table: usize, body: usize, pair: usize, mode: i32): bool {
  const value = cellAt(pair);
  const key = cellAt(pair + CELL);
  seekBundled(key);
  const entry = find(body);
  if (entry ? mode == Put.IF_ABSENT : mode == Put.IF_PRESENT) return false;
  // ORDERING: out of the bundle before it is in the table: see bundle.ts.
  setCell(pair, NONE);
  if (entry) {
    const old = valueIn(entry);
    setValue(entry, value);
    setCell(pair, old);
  } else {
    setCell(pair + CELL, NONE);
    if (isBlock(key)) poke(blockOf(key) + offsetof<CellBlock>('hash'), <i32>soughtHash);
    insert(table, body, key, value);
  }
  return true;
}

/** Takes the key out: its value as tableGet. RANGE: it is not there; NO_MEMORY, NOT_OWNER, WOULD_BLOCK: nothing has changed. */
export function tableTake(table: usize): i32 {
  seekRecord(selfScratch + KEY);
  const status = enter(table);
  if (status != Status.OK) return status;
  const entry = find(bodyOf(table));
  let meta: i32 = Status.RANGE;
  let key = NONE;
  let value = NONE;
  if (entry) {
    key = keyIn(entry);
    value = valueIn(entry);
    meta = cellShow(value);
    if (meta >= 0) remove(table, entry);
  }
  storeLeave(table);
  if (meta >= 0) {
    cellDrop(key);
    cellDrop(value);
  }
  return meta;
}

/** Takes the key out. OK; RANGE: it is not there; NOT_OWNER, WOULD_BLOCK. */
export function tableDelete(table: usize): i32 {
  seekRecord(selfScratch + KEY);
  const status = enter(table);
  if (status != Status.OK) return status;
  const entry = find(bodyOf(table));
  const key = entry ? keyIn(entry) : NONE;
  const value = entry ? valueIn(entry) : NONE;
  if (entry) remove(table, entry);
  storeLeave(table);
  cellDrop(key);
  cellDrop(value);
  return entry ? <i32>Status.OK : <i32>Status.RANGE;
}

/** Takes the entry out that came last: a bundle of its key and value, which the caller closes. RANGE: there is none; NO_MEMORY, NOT_OWNER, WOULD_BLOCK. */
export function tableTakeLast(table: usize): i32 {
  const status = enter(table);
  if (status != Status.OK) return status;
  let result: i32 = Status.RANGE;
  if (countOf(table) > 0) {
    const bundle = bundleCreate(2);
    result = bundle ? <i32>bundle : <i32>Status.NO_MEMORY;
    if (bundle) takeLast(table, bodyOf(table), bundle);
  }
  storeLeave(table);
  return result;
}

function takeLast(table: usize, body: usize, bundle: usize): void {
  let last = usedOf(body) - 1;
  while (valueIn(entryAt(body, last)) == NONE) last--;
  const entry = entryAt(body, last);
  const key = keyIn(entry);
  const value = valueIn(entry);
  remove(table, entry);
  poke(body + offsetof<TableBody>('used'), <i32>last);
  bundlePush(bundle, key);
  bundlePush(bundle, value);
}

/** OK, NOT_OWNER, WOULD_BLOCK. */
export function tableClear(table: usize): i32 {
  const status = enter(table);
  if (status != Status.OK) return status;
  const body = bodyOf(table);
  setBody(table, 0);
  setCount(table, 0);
  storeLeave(table);
  drop(body);
  return Status.OK;
}

/** A body that nobody else can see any more. */
function drop(body: usize): void {
  if (!body) return;
  for (let i: u32 = 0, used = usedOf(body); i < used; i++) {
    cellDrop(keyIn(entryAt(body, i)));
    cellDrop(valueIn(entryAt(body, i)));
  }
  free(body);
}

export function tableSize(table: usize): i32 {
  read(table);
  const count = countOf(table);
  unlock(table);
  return count;
}

/** All keys, values or both, in order, in a bundle that the caller closes; 0 when the heap is full. */
export function tableSnapshot(table: usize, part: i32): usize {
  read(table);
  const count = <u32>countOf(table);
  const bundle = bundleCreate(part == Part.ITEMS ? count << 1 : count);
  const body = bodyOf(table);
  if (bundle && body) {
    for (let i: u32 = 0, used = usedOf(body); i < used; i++) {
      const entry = entryAt(body, i);
      if (valueIn(entry) == NONE) continue;
      if (part & Part.KEYS) bundlePushCopy(bundle, keyIn(entry));
      if (part & Part.VALUES) bundlePushCopy(bundle, valueIn(entry));
    }
  }
  unlock(table);
  return bundle;
}

function bundlePushCopy(bundle: usize, cell: i64): void {
  cellRetain(cell);
  bundlePush(bundle, cell);
}

export function tableDestroy(table: usize): void {
  drop(bodyOf(table));
}
