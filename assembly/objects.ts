/**
 * Public objects: who may use one, and when its memory goes.
 *
 * Ancestry: generational indices (as in Rust's slotmap); intrusive lists of robust futexes for "walk what the dead one had", but filled at creation of a handle,
 * not at each acquire.
 *
 * The object table is an array of rows that never move and never become anything else. A handle is (row, generation): taking one is a single compare-and-swap
 * on `generation << 32 | references`, which either counts it or finds it stale, whatever has become of the object's memory.
 *
 * | life                | meaning                                                                  |
 * | ------------------- | ------------------------------------------------------------------------ |
 * | generation, 0       | the row is free, or its object is being taken apart                      |
 * | generation, n > 0   | n references: handles of workers, handles inside items, other objects    |
 *
 * A counted reference belongs to the words that NAME it: a pair (row, generation) in a Ref, behind the payload of an item, or in another object. Row 0
 * names nothing. Each worker's Refs hang on a list in its slot, which nobody else touches while it lives; the reaper gives them back when it is dead.
 *
 * So do the items in its hands, by a InFlight each: one made with a block that is to go into a queue (`hold`), or the head of a block that came out of one
 * (`taking`). While an item changes hands, ONE store to a word of the queue says whose it is, and the InFlight remembers that word:
 *
 * | inFlight.word    | inFlight.after           | the item is the worker's                                             |
 * | --------------- | ----------------------- | -------------------------------------------------------------------- |
 * | 0               | -                       | for certain                                                          |
 * | a word          | its value after a put   | until the word is that                                               |
 * | a word + TAKING | its value after a get   | as soon as the word is that                                          |
 *
 * The word changes under a lock only, and a InFlight refers to it only while its worker has that lock. The reaper looks before the lock is anybody else's.
 *
 * Nobody waits here.
 *
 * Death between counting a reference and naming it, or between unnaming and uncounting one that is not the last: the object outlives its last user (a
 * leak of one object), never the other way round. (Engines stop a worker at the head of a loop or at a call, of which there is none in between.)
 * The last one is uncounted first, which changes the generation, and stays named until the object is taken apart, by its worker or by the reaper.
 * Death between unlisting and freeing what was listed: its memory is lost, no reference.
 */
import { Kind, Status } from './abi';
import { allocate, free } from './allocator';
import { cas, cas64, load, load64, loadPlain, store, store64, storePlain } from './atomics';
import { destroy } from './destroy';
import { ENTRY_SHIFT, Entry, HEADER, Header, InFlight, REF_BYTES, Ref, ROOT_CHUNKS, Root, Slot } from './layout';
import { CHUNK_SHIFT, CHUNKS, ROOT } from './limits';
import { cellBatchEmpty, cellBatchSettle } from './manager/batch';
import { discardEmpty, discardSettle } from './manager/discard';
import { selfSlot } from './park';
import { CELL_BATCH, handlesOf, releaseHandlesIn } from './queue/record';

/** In a Ref in place of a row: it is a InFlight. */
const IN_FLIGHT: i32 = -1;
/** With the word of a InFlight: what is in the hands of its worker once the word says so. */
export const TAKING: usize = 1;

export function chunkWord(id: i32): usize {
  return ROOT + ROOT_CHUNKS + ((<usize>(id >> CHUNK_SHIFT)) << 2);
}

export function entryOf(id: i32): usize {
  return <usize>(<u32>load(chunkWord(id))) + ((<usize>(id & ((1 << CHUNK_SHIFT) - 1))) << ENTRY_SHIFT);
}

function generationOf(life: i64): i32 {
  return <i32>(life >> 32);
}

function takeRow(): i32 {
  const head = ROOT + offsetof<Root>('freeEntry');
  while (true) {
    const first = load64(head);
    const id = <i32>first;
    if (!id) break; // none was given back: a row that was never used
    // ORDERING: plain, the tag decides, as in the allocator's lists.
    const next = <u32>loadPlain(entryOf(id) + offsetof<Entry>('pointer'));
    if (cas64(head, first, (((first >> 32) + 1) << 32) | <i64>next) == first) return id;
  }
  const next = ROOT + offsetof<Root>('nextEntry');
  while (true) {
    const id = load(next);
    if (id >> CHUNK_SHIFT >= CHUNKS || !ensureChunk(id)) return 0;
    if (cas(next, id, id + 1) == id) return id;
  }
}

function ensureChunk(id: i32): bool {
  if (load(chunkWord(id))) return true;
  const bytes: u32 = 1 << (CHUNK_SHIFT + ENTRY_SHIFT);
  const chunk = allocate(bytes);
  if (!chunk) return false;
  memory.fill(chunk, 0, bytes);
  if (cas(chunkWord(id), 0, <i32>chunk) != 0) free(chunk);
  return true;
}

function giveRow(id: i32): void {
  const head = ROOT + offsetof<Root>('freeEntry');
  while (true) {
    const first = load64(head);
    storePlain(entryOf(id) + offsetof<Entry>('pointer'), <i32>first);
    if (cas64(head, first, (((first >> 32) + 1) << 32) | <i64>(<u32>id)) == first) return;
  }
}

/** A zeroed object with one reference, listed as this worker's; its Ref, or 0 when the heap is full. */
export function objectCreate(kind: i32, bytes: u32): usize {
  const ref = allocate(REF_BYTES);
  if (!ref) return 0;
  const size = max(<u32>64, bytes + <u32>HEADER);
  const block = allocate(size);
  const id = block ? takeRow() : 0;
  if (!id) {
    if (block) free(block);
    free(ref);
    return 0;
  }
  memory.fill(block, 0, size);
  const entry = entryOf(id);
  const generation = generationOf(load64(entry));
  storePlain(block + offsetof<Header>('kind'), kind);
  storePlain(block + offsetof<Header>('id'), id);
  storePlain(block + offsetof<Header>('generation'), generation);
  store(entry + offsetof<Entry>('kind'), kind);
  store(entry + offsetof<Entry>('pointer'), <i32>(block + HEADER));
  list(ref, 0, generation);
  store64(entry, ((<i64>generation) << 32) | 1);
  storePlain(ref + offsetof<Ref>('id'), id);
  return ref;
}

export function objectId(object: usize): i32 {
  return loadPlain(object - HEADER + offsetof<Header>('id'));
}

export function objectGeneration(object: usize): i32 {
  return loadPlain(object - HEADER + offsetof<Header>('generation'));
}

/** One reference more: OK, or STALE when the object is gone. */
export function retain(id: i32, generation: i32): i32 {
  if (id <= 0 || id >= load(ROOT + offsetof<Root>('nextEntry'))) return Status.STALE;
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (generationOf(life) != generation || <i32>life == 0) return Status.STALE;
    if (cas64(entry, life, life + 1) == life) return Status.OK;
  }
}

/** One reference less; the last one takes the object apart. */
export function release(id: i32, generation: i32): void {
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (generationOf(life) != generation || <i32>life == 0) return;
    const last = <i32>life == 1;
    const after = last ? (<i64>(generation + 1)) << 32 : life - 1;
    if (cas64(entry, life, after) != life) continue;
    if (!last) return;
    takeApart(entry);
    giveUp(id);
    return;
  }
}

/** No reference is left. Once the kind is FREE nothing of the object's is to be done but to use its memory for something else. */
function takeApart(entry: usize): void {
  destroy(pointerOf(entry), load(entry + offsetof<Entry>('kind')));
  store(entry + offsetof<Entry>('kind'), Kind.FREE);
}

function giveUp(id: i32): void {
  free(pointerOf(entryOf(id)) - HEADER);
  giveRow(id);
}

function pointerOf(entry: usize): usize {
  return <usize>(<u32>load(entry + offsetof<Entry>('pointer')));
}

// ── a worker's handles ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

// ORDERING: the list is plain: its worker's own, and the reaper's after its death.

function list(ref: usize, id: i32, generation: i32): void {
  const head = selfSlot + offsetof<Slot>('refs');
  const first = loadPlain(head);
  storePlain(ref + offsetof<Ref>('id'), id);
  storePlain(ref + offsetof<Ref>('generation'), generation);
  storePlain(ref + offsetof<Ref>('previous'), 0);
  storePlain(ref + offsetof<Ref>('next'), first);
  if (first) storePlain(<usize>(<u32>first) + offsetof<Ref>('previous'), <i32>ref);
  storePlain(head, <i32>ref);
}

/** A handle of this worker's to a living object: its Ref; 0: the heap is full; 1: it is gone. */
export function refOpen(id: i32, generation: i32): usize {
  const ref = allocate(REF_BYTES);
  if (!ref) return 0;
  list(ref, 0, generation);
  if (retain(id, generation) != Status.OK) {
    refClose(ref);
    return 1;
  }
  storePlain(ref + offsetof<Ref>('id'), id);
  return ref;
}

/** The same, taking over a reference that somebody counted: one that travelled inside an item. */
export function refAdopt(id: i32, generation: i32): usize {
  const ref = allocate(REF_BYTES);
  if (ref) list(ref, id, generation);
  return ref;
}

export function refObject(ref: usize): usize {
  return <usize>(<u32>load(entryOf(loadPlain(ref + offsetof<Ref>('id'))) + offsetof<Entry>('pointer')));
}

function unlist(ref: usize): void {
  const next = <usize>(<u32>loadPlain(ref + offsetof<Ref>('next')));
  const previous = <usize>(<u32>loadPlain(ref + offsetof<Ref>('previous')));
  storePlain(previous ? previous + offsetof<Ref>('next') : selfSlot + offsetof<Slot>('refs'), <i32>next);
  if (next) storePlain(next + offsetof<Ref>('previous'), <i32>previous);
}

/** Closes a handle, or gives back an item in this worker's hands. */
export function refClose(ref: usize): void {
  if (loadPlain(ref + offsetof<Ref>('id')) != IN_FLIGHT) {
    handleRelease(ref + offsetof<Ref>('id'));
    unlist(ref);
    free(ref);
    return;
  }
  empty(ref);
  const block = inFlightBlock(ref);
  unlist(ref);
  if (ref != block) free(ref);
  free(block);
}

/** Gives back what is in a InFlight; can be cut short and done again. */
function empty(inFlight: usize): void {
  const meta = inFlightMeta(inFlight);
  if (meta & CELL_BATCH) cellBatchEmpty(inFlight);
  else releaseHandlesIn(inFlightBlock(inFlight), inFlightLength(inFlight), meta);
}

/** Gives back the reference that the pair at `name` names; then it names none. Who died here is taken up where it was. */
export function handleRelease(name: usize): void {
  const id = loadPlain(name);
  if (!id) return;
  const generation = loadPlain(name + 4);
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (generationOf(life) == generation) {
      const last = <i32>life == 1;
      if (!last) {
        storePlain(name, 0);
        if (cas64(entry, life, life - 1) == life) return;
        storePlain(name, id);
        continue;
      }
      if (cas64(entry, life, (<i64>(generation + 1)) << 32) != life) continue;
    }
    // Or else the dead worker whose name this was had come so far: the row is not given back while somebody names it.
    if (load(entry + offsetof<Entry>('kind')) != Kind.FREE) takeApart(entry);
    storePlain(name, 0);
    giveUp(id);
    return;
  }
}

// ── items in a worker's hands ──────────────────────────────────────────────────────────────────────────────────────────────────────

function inFlightBlock(inFlight: usize): usize {
  return <usize>(<u32>loadPlain(inFlight + offsetof<InFlight>('generation')));
}

function inFlightLength(inFlight: usize): u32 {
  return <u32>loadPlain(inFlight + offsetof<InFlight>('length'));
}

function inFlightMeta(inFlight: usize): u32 {
  return <u32>loadPlain(inFlight + offsetof<InFlight>('meta'));
}

export function inFlightList(inFlight: usize, block: usize, length: u32, meta: u32, word: usize): void {
  storePlain(inFlight + offsetof<InFlight>('length'), <i32>length);
  storePlain(inFlight + offsetof<InFlight>('meta'), <i32>meta);
  storePlain(inFlight + offsetof<InFlight>('word'), <i32>word);
  list(inFlight, IN_FLIGHT, <i32>block);
}

/** A block, which is an item to be, goes with this worker if it dies, and its handles are counted: the InFlight; 0: the heap is full; 1: an object is gone, and the block. */
export function inFlightCreate(block: usize, length: u32, meta: u32): usize {
  const inFlight = allocate(offsetof<InFlight>());
  if (!inFlight) return 0;
  inFlightList(inFlight, block, length, meta & 0xffff, 0);
  let handle = handlesOf(block, length);
  for (let left = meta >> 16; left; left--) {
    if (retain(loadPlain(handle), loadPlain(handle + 4)) != Status.OK) {
      refClose(inFlight);
      return 1;
    }
    storePlain(inFlight + offsetof<InFlight>('meta'), <i32>(inFlightMeta(inFlight) + (1 << 16)));
    handle += 8;
  }
  return inFlight;
}

/** The block is about to be somebody else's: it is when `word` becomes `after`. */
export function beginPut(inFlight: usize, word: usize, after: i32): void {
  storePlain(inFlight + offsetof<InFlight>('after'), after);
  storePlain(inFlight + offsetof<InFlight>('word'), <i32>word);
}

/** The block is somebody else's. */
export function endPut(inFlight: usize): void {
  unlist(inFlight);
  free(inFlight);
}

/** A block is about to be this worker's: it is when `word` becomes `after`. `refClose` gives it back. */
export function beginTake(block: usize, length: u32, meta: u32, word: usize, after: i32): void {
  storePlain(block + offsetof<InFlight>('after'), after);
  inFlightList(block, block, length, meta, word | TAKING);
}

/** The block is this worker's. */
export function endTake(block: usize): void {
  storePlain(block + offsetof<InFlight>('word'), 0);
}

/** Reaper, before the dead worker's locks are anybody else's: what is not in its hands leaves its list, for it may be in other hands soon; the rest is, for certain. */
export function inFlightSettleAll(slot: usize): void {
  discardSettle(slot);
  let link = slot + offsetof<Slot>('refs');
  while (true) {
    const ref = <usize>(<u32>loadPlain(link));
    if (!ref) return;
    if (loadPlain(ref + offsetof<Ref>('id')) != IN_FLIGHT || isWorkers(ref)) {
      link = ref + offsetof<Ref>('next');
      continue;
    }
    storePlain(link, loadPlain(ref + offsetof<Ref>('next')));
    if (ref != inFlightBlock(ref)) free(ref);
  }
}

function isWorkers(inFlight: usize): bool {
  if (!(inFlightMeta(inFlight) & CELL_BATCH)) return inFlightSettle(inFlight);
  cellBatchSettle(inFlight);
  return true;
}

/** Reaper: whether what is in a InFlight is the dead worker's. It is not asked of the word again: that may be another's soon. */
export function inFlightSettle(inFlight: usize): bool {
  const word = <usize>(<u32>loadPlain(inFlight + offsetof<InFlight>('word')));
  if (!word) return true;
  const happened = load(word & ~TAKING) == loadPlain(inFlight + offsetof<InFlight>('after'));
  storePlain(inFlight + offsetof<InFlight>('word'), 0);
  return happened == ((word & TAKING) != 0);
}

/** This worker ends: whoever then joins it finds its handles closed, the ends of pipes among them. */
export function refCloseOwn(): void {
  while (true) {
    const ref = <usize>(<u32>loadPlain(selfSlot + offsetof<Slot>('refs')));
    if (!ref) return;
    refClose(ref);
  }
}

/** Gives back every handle of a worker that is gone, and everything that was in its hands. */
export function refCloseAll(slot: usize): void {
  discardEmpty(slot);
  const head = slot + offsetof<Slot>('refs');
  while (true) {
    const ref = <usize>(<u32>loadPlain(head));
    if (!ref) return;
    storePlain(head, loadPlain(ref + offsetof<Ref>('next')));
    if (loadPlain(ref + offsetof<Ref>('id')) != IN_FLIGHT) {
      handleRelease(ref + offsetof<Ref>('id'));
      free(ref);
      continue;
    }
    empty(ref);
    const block = inFlightBlock(ref);
    if (ref != block) free(ref);
    free(block);
  }
}
