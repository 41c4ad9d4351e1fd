/**
 * Cells: a value of a managed dict or list in ONE 64-bit word, so that one store replaces it.
 *
 * Ancestry: NaN boxing; the offset of 2^49 that leaves small words free is JavaScriptCore's (JSCJSValue.h,
 * "DoubleEncodeOffset").
 *
 * | cell              | value                                                              |
 * | ----------------- | ------------------------------------------------------------------ |
 * | 0                 | none                                                               |
 * | 1 … 4             | an encoding without bytes, and 1: undefined, null, false, true     |
 * | below 2^32        | the address of a block                                             |
 * | from 2^49 on      | a number: its bits, and 2^49; all NaNs are one                     |
 *
 * A block is written once, before anybody else can see it, and then only counted: whoever has a reference
 * reads it without a lock.
 *
 *     ╒═ 0 ══╤═ 4 ════╤═ 8 ══╤═ 12 ══╤═ 16 ════════════╤════════════════════════════╕
 *     │ refs │ length │ meta │ hash  │ payload, padded │ handles: (index, generation) │
 *     ╘══════╧════════╧══════╧═══════╧═════════════════╧════════════════════════════╛
 *
 * `length` and `meta` are those of a record (queue/record.ts); `hash` is that of a key.
 *
 * A counted reference belongs to the word in which the cell lies: in a table or vector, a batch, or a
 * worker's discard. Nobody counts another one of a block of which there is only one, unless it has that.
 *
 * Nobody waits here. Death between making a block and giving it to somebody loses the block; one with handles
 * is never in such hands (batch.ts). Death between counting a reference and putting the cell into its word,
 * or between clearing the word and uncounting one that is not the last: the block outlives its last user, as
 * an object would (heap/object-table.ts says why engines do not stop a worker there). The last one stays in
 * its word until the handles inside are given back.
 */
import { Encoding } from '../abi';
import { add, cas, copy, load, load64, loadPlain, loadPlainF64, store64, storePlain } from '../atomics';
import { Check } from '../checks';
import { allocate, free, isRoomy } from '../heap/allocator';
import { align8, bodyBytes, RECORD, releaseHandles } from '../heap/record';
import { Cell, CellBlock } from '../layout';

export const NONE: i64 = 0;
const NUMBERS: i64 = 1 << 49;
const NAN: i64 = 0x7ff8000000000000;
/** Below: immediate values. */
const BLOCKS: i64 = 8;
export const BLOCK: u32 = 16;

export function cellAt(p: usize): i64 {
  return load64(p);
}

export function setCell(p: usize, cell: i64): void {
  store64(p, cell);
}

export function isNumber(cell: i64): bool {
  return <u64>cell >= <u64>NUMBERS;
}

export function isBlock(cell: i64): bool {
  return <u64>cell >= <u64>BLOCKS && !isNumber(cell);
}

// @inline
export function cellBlock(cell: i64): usize {
  const block = <usize>(<u32>cell);
  Check.block64(cell, block);
  return block;
}

export function cellOfBlock(block: usize): i64 {
  return <i64>(<u32>block);
}

export function cellOfNumber(value: f64): i64 {
  // biome-ignore lint/suspicious/noGlobalIsNan: AssemblyScript's, of an f64
  return (isNaN(value) ? NAN : reinterpret<i64>(value)) + NUMBERS;
}

export function numberOf(cell: i64): f64 {
  return reinterpret<f64>(cell - NUMBERS);
}

export function cellOfEncoding(encoding: u32): i64 {
  return <i64>(encoding + 1);
}

export function cellLength(block: usize): u32 {
  return <u32>loadPlain(block + offsetof<CellBlock>('length'));
}

export function cellMeta(block: usize): u32 {
  return <u32>loadPlain(block + offsetof<CellBlock>('meta'));
}

export function cellHash(block: usize): u32 {
  return <u32>loadPlain(block + offsetof<CellBlock>('hash'));
}

/** That all which a block says it has can be in it. */
export function checkCell(block: usize): void {
  const length = cellLength(block);
  const meta = cellMeta(block);
  const isSound = length < <u32>i32.MAX_VALUE && (meta & 0xffff) <= <u32>Encoding.RICH;
  Check.that(isSound && isRoomy(block, BLOCK + bodyBytes(length, meta)), block);
}

/** A block with one reference, its body still to be written; 0 when the heap is full. */
export function blockCreate(length: u32, meta: u32, hash: u32): usize {
  const block = allocate(BLOCK + bodyBytes(length, meta));
  if (!block) return 0;
  storePlain(block + offsetof<CellBlock>('refs'), 1);
  storePlain(block + offsetof<CellBlock>('length'), <i32>length);
  storePlain(block + offsetof<CellBlock>('meta'), <i32>meta);
  storePlain(block + offsetof<CellBlock>('hash'), <i32>hash);
  return block;
}

/** The cell for a record without handles that lies in this worker's scratch; NONE when the heap is full. */
export function cellOfRecord(record: usize): i64 {
  const meta = <u32>loadPlain(record + 4);
  if (meta < <u32>Encoding.NUMBER) return cellOfEncoding(meta);
  if (meta == <u32>Encoding.NUMBER) return cellOfNumber(loadPlainF64(record + RECORD));
  const length = <u32>loadPlain(record);
  const block = blockCreate(length, meta, 0);
  if (!block) return NONE;
  copy(block + BLOCK, record + RECORD, align8(length));
  return cellOfBlock(block);
}

export function cellRetain(cell: i64): void {
  if (isBlock(cell)) add(cellBlock(cell) + offsetof<CellBlock>('refs'), 1);
}

/** Whether there are handles in it: then it must not be dropped but where it lies. */
// @inline
export function hasHandles(cell: i64): bool {
  return isBlock(cell) && cellMeta(cellBlock(cell)) >> 16 != 0;
}

/** Where the handles lie in a block. */
export function cellHandles(block: usize): usize {
  return block + BLOCK + align8(cellLength(block));
}

/** One reference less of a cell without handles; the last one frees the block. */
export function cellDrop(cell: i64): void {
  if (!isBlock(cell)) return;
  const block = cellBlock(cell);
  const count = add(block + offsetof<CellBlock>('refs'), -1);
  Check.that(count > 0, block);
  if (count == 1) free(block);
}

/**
 * Gives back the reference of the cell at `place`, which nobody else can see; then there is none. Can be cut
 * short and done again.
 */
export function cellDropAt(place: usize): void {
  const cell = cellAt(place);
  if (!isBlock(cell)) return;
  const block = cellBlock(cell);
  const refs = block + offsetof<CellBlock>('refs');
  while (true) {
    const count = load(refs);
    Check.that(count > 0, block);
    if (count == 1) break;
    setCell(place, NONE);
    if (cas(refs, count, count - 1) == count) return;
    setCell(place, cell);
  }
  checkCell(block);
  releaseHandles(cellHandles(block), cellMeta(block));
  setCell(place, NONE);
  free(block);
}

/** The same for `count` cells. */
export function cellsDropAt(cells: usize, count: u32): void {
  for (const end = cells + count * CELL; cells < end; cells += CELL) cellDropAt(cells);
}

export const CELL: u32 = offsetof<Cell>();
