/**
 * The object table: who may use a public object, and when its memory goes.
 *
 * Ancestry: generational indices (as in Rust's slotmap); reference counts; the list of what is to be
 * taken apart from lock-free reclamation (M. Michael, Hazard Pointers, 2004: the retired list).
 *
 * The table is an array of entries that never move; where they lie, and when they go, says chunks.ts. A
 * handle is a pair (entry index, generation). Counting a reference is ONE compare-and-swap on the entry's
 * refWord, which either counts it or finds the handle stale, whatever has become of the object's memory.
 *
 * | refWord: generation, low half | meaning                                                          |
 * | ----------------------------- | ---------------------------------------------------------------- |
 * | even, 0                       | free, or its object is being made                                |
 * | even, n > 0                   | n references: of workers, of items, of other objects             |
 * | odd, worker's id              | doomed: no reference is left, and that worker takes it apart     |
 *
 * A counted reference belongs to the words that hold the handle: in a worker's Ref, behind an item's
 * payload, or in another object. Index 0 is no handle.
 *
 * The last reference does not take the object apart where it is dropped: a chain of objects would be as
 * deep a recursion, under whatever locks are held there. It dooms the object: the generation becomes odd,
 * and the object goes on its worker's doomed list, which `drain` (lifecycle/destroy.ts) empties once the
 * call has given every lock back. The list is this instance's own: its links are in the headers.
 *
 * Nobody waits here: there is no wake-up to lose.
 *
 * Death between counting a reference and writing its handle, or between clearing a handle and uncounting
 * a reference that is not the last: the object outlives its last user (a leak of one object), never the
 * other way round. Engines stop a worker at the head of a loop or at a call, of which there is none in
 * between. Death with doomed objects: the refWord says whose they are. The reaper finds them on its walk
 * over the table and takes them apart, from the start. A handle whose generation has moved on names
 * nothing: whoever moved it on has the object.
 * Death of who has pinned an object: that lives on for ever, since no handle says so. So only the reaper pins,
 * whose death ends the program, and `callRepair`: there it takes a call that was cut off and a kill within the
 * repair. Whoever else looks at objects of which it has no handle opens one, or reads without a reference and
 * asks afterwards whether the object is still there (`objectAt`).
 * Death between the end of the doomed state and the free list: an entry and its block are lost.
 */
import { Kind, Status } from '../abi';
import { cas64, fill, load, load64, loadPlain, loadPlain64, store, store64, storePlain } from '../atomics';
import { Check } from '../checks';
import { Entry, HEADER, Header } from '../layout';
import { self } from '../waiting/park';
import { allocate, free, heapLock, heapUnlock } from './allocator';
import {
  CHUNK_BYTES,
  chunkIsGone,
  chunkMake,
  chunkRestore,
  enterTable,
  entriesEver,
  entryIfHere,
  entryOf,
  hasFreeEntry,
  leaveTable,
  missingChunk,
  popEntry,
  pushEntry,
  takeFresh,
} from './chunks';

function pointerOf(entry: usize): usize {
  return <usize>(<u32>load(entry + offsetof<Entry>('pointer')));
}

/** The object of an entry, which lives or is doomed, and whose header says so, too. */
// @inline
export function objectOf(entry: usize, index: i32): usize {
  const object = pointerOf(entry);
  Check.block(object, entry + offsetof<Entry>('pointer'));
  const header = object - HEADER;
  Check.that(loadPlain(header + offsetof<Header>('index')) == index, header + offsetof<Header>('index'));
  return object;
}

// ── the refWord ──────────────────────────────────────────────────────────────────────────────────────

export function refWordOf(entry: usize): i64 {
  return load64(entry + offsetof<Entry>('refWord'));
}

function swapRefWord(entry: usize, before: i64, after: i64): bool {
  return cas64(entry + offsetof<Entry>('refWord'), before, after) == before;
}

export function generationOf(refWord: i64): i32 {
  return <i32>(refWord >> 32);
}

function isDoomed(refWord: i64): bool {
  return (generationOf(refWord) & 1) != 0;
}

/** References to what lives in an entry; 0 also when it is doomed. */
function referencesIn(refWord: i64): i32 {
  return isDoomed(refWord) ? 0 : <i32>refWord;
}

function doomedBy(generation: i32, worker: i32): i64 {
  return ((<i64>(generation + 1)) << 32) | <i64>(<u32>worker);
}

// ── entries ──────────────────────────────────────────────────────────────────────────────────────────

/** Entries that were ever used: indices run from 1 to this, exclusive. */
export function objectEntries(): i32 {
  return entriesEver();
}

/** The index of a free entry; 0 when the heap is full. */
// @inline
export function takeEntry(): i32 {
  while (true) {
    let index = popEntry();
    if (!index) index = takeFresh();
    if (index) return index;
    if (growTable()) continue;
    // Where no search for unused chunks has the free ones in hand.
    heapLock();
    index = popEntry();
    heapUnlock();
    return index;
  }
}

/** Another chunk, whoever makes it; false when the heap is full. */
function growTable(): bool {
  const chunk = missingChunk();
  const block = chunk < 0 ? <usize>0 : allocate(CHUNK_BYTES);
  if (!block) return false;
  let made = false;
  if (chunkIsGone(chunk)) {
    heapLock();
    made = !hasFreeEntry() && chunkRestore(chunk, block);
    heapUnlock();
  } else {
    fill(block, 0, CHUNK_BYTES);
    made = chunkMake(chunk, block);
  }
  if (!made) free(block);
  return true;
}

/** Gives a fresh entry its object. It has no reference yet: `countFirst` does that. */
export function fillEntry(index: i32, kind: i32, block: usize): i32 {
  const entry = entryOf(index);
  const generation = generationOf(refWordOf(entry));
  storePlain(block + offsetof<Header>('kind'), kind);
  storePlain(block + offsetof<Header>('index'), index);
  storePlain(block + offsetof<Header>('generation'), generation);
  store(entry + offsetof<Entry>('kind'), kind);
  store(entry + offsetof<Entry>('pointer'), <i32>(block + HEADER));
  return generation;
}

/** From here on the object is there, with one reference. */
export function countFirst(index: i32, generation: i32): void {
  store64(entryOf(index) + offsetof<Entry>('refWord'), ((<i64>generation) << 32) | 1);
}

export function objectId(object: usize): i32 {
  return loadPlain(object - HEADER + offsetof<Header>('index'));
}

export function objectGeneration(object: usize): i32 {
  return loadPlain(object - HEADER + offsetof<Header>('generation'));
}

/**
 * The kind of a living object, FREE where none lives. Of an entry that the caller has not pinned only a hint:
 * it may become another object's, or go with its chunk, at any time.
 */
export function objectKind(index: i32): i32 {
  const entry = entryIfHere(index);
  if (!entry || referencesIn(refWordOf(entry)) == 0) return Kind.FREE;
  return load(entry + offsetof<Entry>('kind'));
}

/** The generation of what lives in an entry; odd where nothing does. Only a hint, as `objectKind`. */
export function generationAt(index: i32): i32 {
  const entry = entryIfHere(index);
  if (!entry) return 1;
  const refWord = refWordOf(entry);
  return referencesIn(refWord) == 0 ? 1 : generationOf(refWord);
}

/**
 * Where the living object of a handle lies; 0: it is gone. No reference is counted: what is read there is the
 * object's only if it has not gone meanwhile, which the same call says afterwards. A generation that lives was
 * never dead in between.
 */
export function objectAt(index: i32, generation: i32): usize {
  enterTable();
  const entry = entryIfHere(index);
  let object: usize = 0;
  if (entry) {
    // ORDERING: the pointer first: while the generation lives it is the object's, and does not change.
    const pointer = pointerOf(entry);
    const refWord = refWordOf(entry);
    if (generationOf(refWord) == generation && referencesIn(refWord) != 0) object = pointer;
  }
  leaveTable();
  if (object) Check.block(object, object);
  return object;
}

// ── references ───────────────────────────────────────────────────────────────────────────────────────

/** One reference more: OK, or STALE when the object is gone. */
export function retain(index: i32, generation: i32): i32 {
  if (index <= 0 || index >= objectEntries()) return Status.STALE;
  enterTable();
  const entry = entryIfHere(index);
  let status: i32 = Status.STALE;
  while (entry && status != Status.OK) {
    const before = refWordOf(entry);
    if (generationOf(before) != generation || referencesIn(before) == 0) break;
    if (swapRefWord(entry, before, before + 1)) status = Status.OK;
  }
  leaveTable();
  return status;
}

/** A reference to whatever lives in an entry: the object, or 0. Give it back with objectUnpin. */
export function objectPin(index: i32): usize {
  enterTable();
  const entry = entryIfHere(index);
  let object: usize = 0;
  while (entry && !object) {
    const before = refWordOf(entry);
    if (referencesIn(before) == 0) break;
    if (swapRefWord(entry, before, before + 1)) object = objectOf(entry, index);
  }
  leaveTable();
  return object;
}

/** One reference less, of a handle that nobody holds any more; the last one dooms the object. */
export function release(index: i32, generation: i32): void {
  const entry = entryOf(index);
  while (true) {
    const before = refWordOf(entry);
    if (generationOf(before) != generation || <i32>before == 0) return;
    if (<i32>before != 1) {
      if (swapRefWord(entry, before, before - 1)) return;
    } else if (swapRefWord(entry, before, doomedBy(generation, self))) {
      addDoomed(objectOf(entry, index));
      return;
    }
  }
}

export function objectUnpin(object: usize): void {
  release(objectId(object), objectGeneration(object));
}

/**
 * Gives back the reference of the handle at `handle`; then there is none. Who died here is taken up where it
 * was: the object, and the chunk of its entry, may be gone then.
 */
export function handleRelease(handle: usize): void {
  const index = loadPlain(handle);
  if (!index) return;
  enterTable();
  const doomed = giveBack(handle, entryIfHere(index), index);
  leaveTable();
  if (doomed) addDoomed(doomed);
}

/** The same of a handle of this worker's own, which lives: it has a reference. */
export function ownHandleRelease(handle: usize): void {
  const index = loadPlain(handle);
  const doomed = index ? giveBack(handle, entryOf(index), index) : 0;
  if (doomed) addDoomed(doomed);
}

/** The object, if this has doomed it; or 0. */
// @inline
function giveBack(handle: usize, entry: usize, index: i32): usize {
  const generation = loadPlain(handle + 4);
  let doomed: usize = 0;
  while (entry) {
    const before = refWordOf(entry);
    // Moved on: who died here had dropped it.
    if (generationOf(before) != generation) break;
    if (<i32>before == 1) {
      if (!swapRefWord(entry, before, doomedBy(generation, self))) continue;
      doomed = objectOf(entry, index);
      break;
    }
    storePlain(handle, 0);
    if (swapRefWord(entry, before, before - 1)) break;
    storePlain(handle, index);
  }
  // ORDERING: before it is on the list of the doomed: a call that is cut off there leaves no handle of it.
  storePlain(handle, 0);
  return doomed;
}

// ── the doomed ───────────────────────────────────────────────────────────────────────────────────────

/** The first of the objects that this worker has to take apart, or 0. */
export let firstDoomed: usize = 0;

function nextDoomed(object: usize): usize {
  return object - HEADER + offsetof<Header>('nextDoomed');
}

function addDoomed(object: usize): void {
  storePlain(nextDoomed(object), <i32>firstDoomed);
  firstDoomed = object;
}

/** The call that doomed them was cut off: the refWords say which they are (`adoptDoomed`). */
export function forgetDoomed(): void {
  firstDoomed = 0;
}

/** ORDERING: plain: it is this worker's. */
function checkDoomed(object: usize, entry: usize): void {
  const header = object - HEADER;
  const isOne = <usize>(<u32>loadPlain(entry + offsetof<Entry>('pointer'))) == object;
  Check.that(isOne && isDoomed(loadPlain64(entry + offsetof<Entry>('refWord'))), header + offsetof<Header>('index'));
  const inTable = loadPlain(entry + offsetof<Entry>('kind'));
  const isOfKind = inTable == loadPlain(header + offsetof<Header>('kind')) || inTable == Kind.FREE;
  Check.that(isOfKind, header + offsetof<Header>('kind'));
}

export function takeDoomed(): usize {
  const object = firstDoomed;
  const next = <usize>(<u32>loadPlain(nextDoomed(object)));
  if (next) Check.block(next, nextDoomed(object));
  checkDoomed(object, entryOf(objectId(object)));
  firstDoomed = next;
  return object;
}

/** The object was taken apart: its entry and its memory may become something else. */
export function doomedFree(object: usize): void {
  const index = objectId(object);
  const entry = entryOf(index);
  // ORDERING: the generation first: the reaper must not take apart what is free already.
  store(entry + offsetof<Entry>('kind'), Kind.FREE);
  store64(entry + offsetof<Entry>('refWord'), (<i64>(generationOf(refWordOf(entry)) + 1)) << 32);
  free(object - HEADER);
  pushEntry(index);
}

/** Reaper: takes over what `worker`, who is dead, had doomed in an entry. */
export function adoptDoomed(index: i32, worker: i32): void {
  enterTable();
  const entry = entryIfHere(index);
  let doomed: usize = 0;
  if (entry) {
    const before = refWordOf(entry);
    const isTheirs = isDoomed(before) && <i32>before == worker;
    if (isTheirs && swapRefWord(entry, before, doomedBy(generationOf(before) - 1, self))) doomed = objectOf(entry, index);
  }
  leaveTable();
  if (doomed) addDoomed(doomed);
}
