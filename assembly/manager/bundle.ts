/**
 * Bundles: cells in a worker's hands, on their way into a dict or list or out of it.
 *
 * A bundle has a reference for each of its cells and hangs on its worker's list of handles (a Holding, objects.ts), so it goes with its worker, whatever
 * becomes of that. A snapshot is a bundle: what is in it can be read at leisure, after the lock was given back.
 *
 *     ╒═ 0 ═════╤═ 4 ═══════╤═ 8 ═══╤═ 12 ╤═ 16 ═══╕
 *     │ holding │ capacity  │ count │  -  │ cells  │
 *     ╘═════════╧═══════════╧═══════╧═════╧════════╛
 *
 * Nobody else touches a bundle: nobody waits. Death: the reaper drops it (record.ts calls bundleDrop). A cell that moves into a table is taken out of the bundle
 * before it is published there: who dies in between loses its block, the other way round it would be freed under others' eyes.
 */
import { BundleField, Encoding, Status } from '../abi';
import { allocate, free } from '../allocator';
import { copy, peek, poke } from '../atomics';
import { Bundle } from '../layout';
import { INLINE_MAX } from '../limits';
import { hold, refClose } from '../objects';
import { selfScratch } from '../park';
import { BUNDLE, EXTERN, RECORD } from '../queue/record';
import {
  BLOCK,
  blockCreate,
  blockOf,
  CELL,
  cellAt,
  cellOfBlock,
  cellOfRecord,
  cellRetain,
  cellsDrop,
  isBlock,
  isNumber,
  lengthOf,
  metaOf,
  NONE,
  numberOf,
  setCell,
} from './cell';

if (offsetof<Bundle>('count') != BundleField.COUNT || offsetof<Bundle>() != BundleField.CELLS) ERROR('BundleField');

/** An empty bundle for up to `capacity` cells; 0 when the heap is full. */
export function bundleCreate(capacity: u32): usize {
  if (capacity > 0x0fff0000) return 0;
  const bundle = allocate(<u32>offsetof<Bundle>() + capacity * CELL);
  if (!bundle) return 0;
  poke(bundle + offsetof<Bundle>('capacity'), <i32>capacity);
  // ORDERING: before it is held: from then on the reaper may read it.
  poke(bundle + offsetof<Bundle>('count'), 0);
  const holding = hold(bundle, 0, BUNDLE);
  if (!holding) {
    free(bundle);
    return 0;
  }
  poke(bundle + offsetof<Bundle>('holding'), <i32>holding);
  return bundle;
}

export function bundleCells(bundle: usize): usize {
  return bundle + offsetof<Bundle>();
}

export function bundleCount(bundle: usize): u32 {
  return <u32>peek(bundle + offsetof<Bundle>('count'));
}

export function bundleSetCount(bundle: usize, count: u32): void {
  poke(bundle + offsetof<Bundle>('count'), <i32>count);
}

/** Takes over a reference. There must be room. */
export function bundlePush(bundle: usize, cell: i64): void {
  const count = bundleCount(bundle);
  setCell(bundleCells(bundle) + count * CELL, cell);
  bundleSetCount(bundle, count + 1);
}

/** Adds the record that lies in the scratch at `at`: OK, NO_MEMORY. */
export function bundleAdd(bundle: usize, at: u32): i32 {
  const cell = cellOfRecord(selfScratch + at);
  if (cell == NONE) return Status.NO_MEMORY;
  bundlePush(bundle, cell);
  return Status.OK;
}

/** Adds a block for a body of `length` bytes and the handles in `meta`: where the body is to be written, at once; 0 when the heap is full. */
export function bundleAddBlock(bundle: usize, length: u32, meta: u32): usize {
  const block = blockCreate(length, meta, 0);
  if (!block) return 0;
  bundlePush(bundle, cellOfBlock(block));
  return block + BLOCK;
}

/** Drops what is in it, and itself. */
export function bundleClose(bundle: usize): void {
  refClose(<usize>(<u32>peek(bundle + offsetof<Bundle>('holding'))));
}

/** The same for one whose holding goes by itself. */
export function bundleDrop(bundle: usize): void {
  cellsDrop(bundleCells(bundle), bundleCount(bundle));
  free(bundle);
}

/** Writes a record of a cell into the scratch at `at`: its meta. One with EXTERN has the address of its body, good as long as somebody has the cell. */
function show(cell: i64, record: usize): i32 {
  if (isNumber(cell)) {
    f64.store(record + RECORD, numberOf(cell));
    return Encoding.NUMBER;
  }
  if (!isBlock(cell)) return <i32>cell - 1;
  const block = blockOf(cell);
  const length = lengthOf(block);
  const meta = metaOf(block);
  poke(record, <i32>length);
  if (isSmall(length, meta)) {
    copy(record + RECORD, block + BLOCK, length);
    return <i32>meta;
  }
  poke(record + RECORD, <i32>(block + BLOCK));
  return <i32>(meta | EXTERN);
}

function isSmall(length: u32, meta: u32): bool {
  return length <= INLINE_MAX && meta >> 16 == 0;
}

/** The cell at `index` as a record at the scratch's begin: its meta. */
export function bundleShow(bundle: usize, index: u32): i32 {
  return show(cellAt(bundleCells(bundle) + index * CELL), selfScratch);
}

/**
 * A cell that somebody else has as a record at the scratch's begin: its meta. A large one, or one with handles, is in a bundle then, whose address lies
 * behind that of its body and which the caller closes. NO_MEMORY.
 */
export function cellShow(cell: i64): i32 {
  const meta = show(cell, selfScratch);
  if (!(<u32>meta & EXTERN)) return meta;
  const bundle = bundleCreate(1);
  if (!bundle) return Status.NO_MEMORY;
  cellRetain(cell);
  bundlePush(bundle, cell);
  poke(selfScratch + RECORD + 4, <i32>bundle);
  return meta;
}
