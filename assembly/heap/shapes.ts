/**
 * Shapes: sequences of keys that objects have, each under a number, for all workers of the heap. What the
 * bytes of a shape mean is the codec's business (src/codec/shapes.ts); here they are compared and kept.
 *
 * Ancestry: intern tables; the table itself is append-only and lock-free, each entry being taken once and for
 * all by a compare-and-swap (as the slots of a one-shot consensus: M. Herlihy, "Wait-free synchronization",
 * TOPLAS 13(1), 1991).
 *
 *     root.shapes ─▶ ╒═ 0 ════╤═ 4 ══════════════════╕       ╒═ 0 ══════════╤═ 8 ═══╕
 *                    │ unused │ (SHAPES - 1) × entry │ ────▶ │ length: u32  │ bytes │
 *                    ╘════════╧══════════════════════╛       ╘══════════════╧═══════╛
 *
 * | word         | meaning                                                                               |
 * | ------------ | ------------------------------------------------------------------------------------- |
 * | root.shapes  | 0: nobody has needed one yet; otherwise the table, for ever                           |
 * | entry n      | 0: free, as are all behind it; otherwise the block of the shape n, for ever           |
 *
 * A block is written before its entry shows it, and never changed: readers take no lock. Two workers that
 * bring the same shape at once meet at the first free entry, where one of them finds the other's.
 *
 * Nobody sleeps here. A worker that dies between making a block (or the table) and showing it leaves it
 * without an owner: at most one block and one table a death, as with any block that was not handed on yet.
 */
import { Status } from '../abi';
import { cas, copy, fill, load, loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { Root } from '../layout';
import { ROOT, SCRATCH, SHAPES } from '../limits';
import { selfScratch } from '../waiting/park';
import { allocate, blockBytes, free, isRoomy } from './allocator';
import { RECORD } from './record';

const TABLE: usize = ROOT + offsetof<Root>('shapes');
/** Bytes in front of a shape's own. */
const HEADER: usize = 8;

function entryOf(table: usize, shape: i32): usize {
  return table + ((<usize>shape) << 2);
}

/** The table; 0: nobody has needed one. */
function tableThere(): usize {
  const table = <usize>(<u32>load(TABLE));
  if (table) Check.block(table, TABLE);
  return table;
}

/** A shape that an entry shows, or 0: all of it is in its block. */
function shapeAt(entry: usize): usize {
  const shape = <usize>(<u32>load(entry));
  if (!shape) return 0;
  Check.block(shape, entry);
  const length = <u32>loadPlain(shape);
  Check.that((length & 3) == 0 && length <= SCRATCH && isRoomy(shape, <u32>HEADER + length), shape);
  return shape;
}

/** The table, made by the first who needs it; 0: the heap is full. */
function tableMade(): usize {
  const table = tableThere();
  if (table) return table;
  const made = allocate((<u32>SHAPES) << 2);
  if (!made) return 0;
  fill(made, 0, (<u32>SHAPES) << 2);
  const other = cas(TABLE, 0, <i32>made);
  if (!other) return made;
  free(made);
  return <usize>(<u32>other);
}

function isSame(shape: usize, bytes: usize, length: u32): bool {
  if (<u32>loadPlain(shape) != length) return false;
  for (let i: u32 = 0; i < length; i += 4) if (loadPlain(shape + HEADER + i) != loadPlain(bytes + i)) return false;
  return true;
}

function newShape(bytes: usize, length: u32): usize {
  const shape = allocate(<u32>HEADER + length);
  if (shape) {
    storePlain(shape, <i32>length);
    copy(shape + HEADER, bytes, length);
  }
  return shape;
}

/**
 * The number of the shape whose `length` bytes, whole words, lie in the scratch behind the place of a header; a
 * new one if nobody has brought it. 0: the table is full; NO_MEMORY.
 */
export function shapeIntern(length: u32): i32 {
  if (length > SCRATCH - RECORD) return Status.NO_MEMORY;
  const table = tableMade();
  if (!table) return Status.NO_MEMORY;
  const bytes = selfScratch + RECORD;
  let mine: usize = 0;
  for (let shape = 1; shape < SHAPES; shape++) {
    const entry = entryOf(table, shape);
    let there = shapeAt(entry);
    if (!there) {
      if (!mine) mine = newShape(bytes, length);
      if (!mine) return Status.NO_MEMORY;
      there = <usize>(<u32>cas(entry, 0, <i32>mine));
      if (!there) return shape;
    }
    if (isSame(there, bytes, length)) {
      if (mine) free(mine);
      return shape;
    }
  }
  if (mine) free(mine);
  return 0;
}

/** Where a shape's length and, 8 bytes behind it, its bytes are; 0: there is none of this number. */
export function shapeKeys(shape: i32): usize {
  const table = tableThere();
  return table && shape > 0 && shape < SHAPES ? shapeAt(entryOf(table, shape)) : 0;
}

/** Bytes of all this. It stays as long as the heap. */
export function shapeBytes(): f64 {
  const table = tableThere();
  if (!table) return 0;
  let bytes = <f64>blockBytes((<u32>SHAPES) << 2);
  for (let shape = 1; shape < SHAPES; shape++) {
    const keys = shapeKeys(shape);
    if (!keys) break;
    bytes += <f64>blockBytes(<u32>HEADER + <u32>loadPlain(keys));
  }
  return bytes;
}
