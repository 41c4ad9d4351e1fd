/**
 * Entries: what a table holds. Keys and values are cells; keys keep the order in which they came.
 *
 * Ancestry: CPython's compact dict (R. Hettinger, 2012; Objects/dictobject.c): entries in order, and beside
 * them an index by hash; Knuth, TAOCP 6.4, algorithm L (linear probing) for the index.
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
 * used <= spent <= limit. An entry that is not there is skipped by whoever looks, so nothing but `value` has
 * to be right at once. When `spent` has come to `limit`, what is there moves to a new body, larger or not:
 * one store of `body` makes that the contents.
 *
 * Everything happens under the latch (container.ts): no wake-up to lose beyond its own.
 *
 * Death before the store of `value`: the entry is not there, its number is used up. After it: it is. While a
 * body was built: the new one is lost, or the old one.
 * What a dead worker leaves is at most one body or block that nobody has; the next one counts the entries
 * anew, and frees the key of a half-made one.
 * A value with handles is always somebody's: batch.ts and discard.ts say how it changes hands.
 */

import { fill, loadPlain, loadPlain64, storePlain } from '../atomics';
import { Check } from '../checks';
import { allocate, free, isRoomy } from '../heap/allocator';
import { TableBody, TableEntry } from '../layout';
import { cellAt, cellDrop, NONE, setCell } from './cell';
import { bodyOf, countOf, setBody, setCount } from './container';
import { hashOfCell, isSought, soughtHash } from './key';

const PAIRS: u32 = offsetof<TableBody>();
const PAIR_BYTES: u32 = offsetof<TableEntry>();
const INDEX_ENTRY: u32 = 4;
const INDEX_MIN: u32 = 8;
const INDEX_MAX: u32 = 1 << 27;

function indexSize(body: usize): u32 {
  return <u32>loadPlain(body + offsetof<TableBody>('slots'));
}

function limitOf(body: usize): u32 {
  return <u32>loadPlain(body + offsetof<TableBody>('limit'));
}

export function usedOf(body: usize): u32 {
  return <u32>loadPlain(body + offsetof<TableBody>('used'));
}

export function setUsed(body: usize, used: u32): void {
  storePlain(body + offsetof<TableBody>('used'), <i32>used);
}

function spentOf(body: usize): u32 {
  return <u32>loadPlain(body + offsetof<TableBody>('spent'));
}

export function entryAt(body: usize, index: u32): usize {
  return body + PAIRS + index * PAIR_BYTES;
}

function indexAt(body: usize, index: u32): usize {
  return body + PAIRS + limitOf(body) * PAIR_BYTES + index * INDEX_ENTRY;
}

export function keyIn(entry: usize): i64 {
  return cellAt(entry + offsetof<TableEntry>('key'));
}

function setKey(entry: usize, key: i64): void {
  setCell(entry + offsetof<TableEntry>('key'), key);
}

/** The word of its value. */
export function valueWord(entry: usize): usize {
  return entry + offsetof<TableEntry>('value');
}

export function valueIn(entry: usize): i64 {
  return cellAt(valueWord(entry));
}

export function setValue(entry: usize, value: i64): void {
  setCell(valueWord(entry), value);
}

/** Two thirds. */
function limitFor(slots: u32): u32 {
  return (slots << 1) / 3;
}

/**
 * The sum of a body's address and of the word with its counts of slots and entries, of that which was found
 * sound last: most calls come upon it again, and whoever changes one of them changes the sum. 1: none yet.
 */
let sound: i64 = 1;

/** That a body is one: its parts, as it counts them, lie in its block. */
export function checkBody(body: usize): void {
  Parts.check(body);
  Check.that(usedOf(body) <= spentOf(body) && spentOf(body) <= limitOf(body), body);
}

// biome-ignore lint/complexity/noStaticOnlyClass: the compiler puts only methods in place where it is told to.
class Parts {
  @inline
  static check(body: usize): void {
    if (sumOf(body) != sound) checkParts(body);
  }
}

/** Slots and limit lie one behind the other. */
function sumOf(body: usize): i64 {
  return loadPlain64(body + offsetof<TableBody>('slots')) + <i64>body;
}

function checkParts(body: usize): void {
  Check.block(body, body);
  const slots = indexSize(body);
  const limit = limitOf(body);
  const isSound = slots >= INDEX_MIN && slots <= INDEX_MAX && (slots & (slots - 1)) == 0 && limit < slots;
  Check.that(isSound && isRoomy(body, PAIRS + limit * PAIR_BYTES + slots * INDEX_ENTRY), body);
  sound = sumOf(body);
}

/** The entry of the key that is sought, or 0. */
export function find(body: usize): usize {
  if (!body) return 0;
  Parts.check(body);
  const mask = indexSize(body) - 1;
  let i = soughtHash & mask;
  let bound = mask;
  while (true) {
    const number = <u32>loadPlain(indexAt(body, i));
    if (number == 0) return 0;
    Check.that(number <= limitOf(body), indexAt(body, i));
    const entry = entryAt(body, number - 1);
    if (valueIn(entry) != NONE && isSought(keyIn(entry))) return entry;
    Check.that(bound-- != 0, indexAt(body, i));
    i = (i + 1) & mask;
  }
}

/** Points the first empty slot on the way of `hash` to the entry. */
function index(body: usize, hash: u32, number: u32): void {
  const mask = indexSize(body) - 1;
  let i = hash & mask;
  let bound = mask;
  while (loadPlain(indexAt(body, i)) != 0) {
    Check.that(bound-- != 0, indexAt(body, i));
    i = (i + 1) & mask;
  }
  storePlain(indexAt(body, i), <i32>(number + 1));
}

/** A body with what is there and room for `more`, made the contents; 0 when the heap is full. */
function rebuild(table: usize, more: u32): usize {
  const old = bodyOf(table);
  if (old) checkBody(old);
  const wanted = <u32>countOf(table) + more;
  let slots = INDEX_MIN;
  while (limitFor(slots) < wanted && slots < INDEX_MAX) slots <<= 1;
  const limit = limitFor(slots);
  if (limit < wanted) return 0;
  const bytes = PAIRS + limit * PAIR_BYTES + slots * INDEX_ENTRY;
  const body = allocate(bytes);
  if (!body) return 0;
  fill(body, 0, bytes);
  storePlain(body + offsetof<TableBody>('slots'), <i32>slots);
  storePlain(body + offsetof<TableBody>('limit'), <i32>limit);
  let moved: u32 = 0;
  for (let i: u32 = 0, end = old ? usedOf(old) : 0; i < end; i++) {
    const entry = entryAt(old, i);
    if (valueIn(entry) == NONE) continue;
    const key = keyIn(entry);
    Check.that(moved < limit, old);
    setKey(entryAt(body, moved), key);
    setValue(entryAt(body, moved), valueIn(entry));
    index(body, hashOfCell(key), moved++);
  }
  setUsed(body, moved);
  storePlain(body + offsetof<TableBody>('spent'), <i32>moved);
  setBody(table, body);
  if (old) free(old);
  return body;
}

/** The body, with room for `more` entries; 0 when the heap is full. */
export function reserve(table: usize, more: u32): usize {
  const body = bodyOf(table);
  if (body) checkBody(body);
  if (body && limitOf(body) - spentOf(body) >= more) return body;
  // Half as many again: moving an entry is paid for by those that came since it was moved last.
  const spare = max(more, <u32>countOf(table) >> 1);
  const grown = rebuild(table, spare);
  return grown || spare == more ? grown : rebuild(table, more);
}

/** Puts an entry behind all others; there is room. With NONE for its value it is there when it has one. */
export function insert(table: usize, body: usize, key: i64, value: i64): usize {
  const number = usedOf(body);
  const entry = entryAt(body, number);
  // ORDERING: `spent` before all: it bounds `used` and the slots, also if this worker dies between them.
  // `value` last: it is the entry.
  storePlain(body + offsetof<TableBody>('spent'), <i32>(spentOf(body) + 1));
  setKey(entry, key);
  setUsed(body, number + 1);
  index(body, soughtHash, number);
  setValue(entry, value);
  setCount(table, countOf(table) + 1);
  return entry;
}

/** Takes an entry out. Its key and value are the caller's, or the value was taken out before. */
export function remove(table: usize, entry: usize): void {
  setValue(entry, NONE);
  setKey(entry, NONE);
  setCount(table, countOf(table) - 1);
}

/**
 * The owner of the latch died: counts what is there, and frees the keys of entries that did not come to be,
 * or were being removed.
 */
export function recount(table: usize): void {
  const body = bodyOf(table);
  if (body) checkBody(body);
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
