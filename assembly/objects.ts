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
 * So do the items in its hands, by a Holding each: one made with a block that is to go into a queue (`hold`), or the head of a block that came out of one
 * (`taking`). While an item changes hands, ONE store to a word of the queue says whose it is, and the Holding remembers that word:
 *
 * | holding.word    | holding.after           | the item is the worker's                                             |
 * | --------------- | ----------------------- | -------------------------------------------------------------------- |
 * | 0               | -                       | for certain                                                          |
 * | a word          | its value after a put   | until the word is that                                               |
 * | a word + TAKING | its value after a get   | as soon as the word is that                                          |
 *
 * The word changes under a lock only, and a Holding refers to it only while its worker has that lock. The reaper looks before the lock is anybody else's.
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
import { cas, cas64, load, load64, peek, poke, store, store64 } from './atomics';
import { destroy } from './destroy';
import { ENTRY_SHIFT, Entry, HEADER, Header, Holding, REF_BYTES, Ref, ROOT_CHUNKS, Root, Slot } from './layout';
import { CHUNK_SHIFT, CHUNKS, ROOT } from './limits';
import { bundleEmpty, bundleSettle } from './manager/bundle';
import { handEmpty, handSettle } from './manager/hand';
import { selfSlot } from './park';
import { BUNDLE, closeHandles, handlesOf } from './queue/record';

/** In a Ref in place of a row: it is a Holding. */
const HOLDING: i32 = -1;
/** With the word of a Holding: what is in the hands of its worker once the word says so. */
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
    const next = <u32>peek(entryOf(id) + offsetof<Entry>('pointer'));
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
    poke(entryOf(id) + offsetof<Entry>('pointer'), <i32>first);
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
  poke(block + offsetof<Header>('kind'), kind);
  poke(block + offsetof<Header>('id'), id);
  poke(block + offsetof<Header>('generation'), generation);
  store(entry + offsetof<Entry>('kind'), kind);
  store(entry + offsetof<Entry>('pointer'), <i32>(block + HEADER));
  list(ref, 0, generation);
  store64(entry, ((<i64>generation) << 32) | 1);
  poke(ref + offsetof<Ref>('id'), id);
  return ref;
}

export function objectId(object: usize): i32 {
  return peek(object - HEADER + offsetof<Header>('id'));
}

export function objectGeneration(object: usize): i32 {
  return peek(object - HEADER + offsetof<Header>('generation'));
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
  const first = peek(head);
  poke(ref + offsetof<Ref>('id'), id);
  poke(ref + offsetof<Ref>('generation'), generation);
  poke(ref + offsetof<Ref>('previous'), 0);
  poke(ref + offsetof<Ref>('next'), first);
  if (first) poke(<usize>(<u32>first) + offsetof<Ref>('previous'), <i32>ref);
  poke(head, <i32>ref);
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
  poke(ref + offsetof<Ref>('id'), id);
  return ref;
}

/** The same, taking over a reference that somebody counted: one that travelled inside an item. */
export function refAdopt(id: i32, generation: i32): usize {
  const ref = allocate(REF_BYTES);
  if (ref) list(ref, id, generation);
  return ref;
}

export function refObject(ref: usize): usize {
  return <usize>(<u32>load(entryOf(peek(ref + offsetof<Ref>('id'))) + offsetof<Entry>('pointer')));
}

function unlist(ref: usize): void {
  const next = <usize>(<u32>peek(ref + offsetof<Ref>('next')));
  const previous = <usize>(<u32>peek(ref + offsetof<Ref>('previous')));
  poke(previous ? previous + offsetof<Ref>('next') : selfSlot + offsetof<Slot>('refs'), <i32>next);
  if (next) poke(next + offsetof<Ref>('previous'), <i32>previous);
}

/** Closes a handle, or gives back an item in this worker's hands. */
export function refClose(ref: usize): void {
  if (peek(ref + offsetof<Ref>('id')) != HOLDING) {
    nameClose(ref + offsetof<Ref>('id'));
    unlist(ref);
    free(ref);
    return;
  }
  empty(ref);
  const block = blockOf(ref);
  unlist(ref);
  if (ref != block) free(ref);
  free(block);
}

/** Gives back what is in a Holding; can be cut short and done again. */
function empty(holding: usize): void {
  const meta = metaOf(holding);
  if (meta & BUNDLE) bundleEmpty(holding);
  else closeHandles(blockOf(holding), lengthOf(holding), meta);
}

/** Gives back the reference that the pair at `name` names; then it names none. Who died here is taken up where it was. */
export function nameClose(name: usize): void {
  const id = peek(name);
  if (!id) return;
  const generation = peek(name + 4);
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (generationOf(life) == generation) {
      const last = <i32>life == 1;
      if (!last) {
        poke(name, 0);
        if (cas64(entry, life, life - 1) == life) return;
        poke(name, id);
        continue;
      }
      if (cas64(entry, life, (<i64>(generation + 1)) << 32) != life) continue;
    }
    // Or else the dead worker whose name this was had come so far: the row is not given back while somebody names it.
    if (load(entry + offsetof<Entry>('kind')) != Kind.FREE) takeApart(entry);
    poke(name, 0);
    giveUp(id);
    return;
  }
}

// ── items in a worker's hands ──────────────────────────────────────────────────────────────────────────────────────────────────────

function blockOf(holding: usize): usize {
  return <usize>(<u32>peek(holding + offsetof<Holding>('generation')));
}

function lengthOf(holding: usize): u32 {
  return <u32>peek(holding + offsetof<Holding>('length'));
}

function metaOf(holding: usize): u32 {
  return <u32>peek(holding + offsetof<Holding>('meta'));
}

export function listHolding(holding: usize, block: usize, length: u32, meta: u32, word: usize): void {
  poke(holding + offsetof<Holding>('length'), <i32>length);
  poke(holding + offsetof<Holding>('meta'), <i32>meta);
  poke(holding + offsetof<Holding>('word'), <i32>word);
  list(holding, HOLDING, <i32>block);
}

/** A block, which is an item to be, goes with this worker if it dies, and its handles are counted: the Holding; 0: the heap is full; 1: an object is gone, and the block. */
export function hold(block: usize, length: u32, meta: u32): usize {
  const holding = allocate(offsetof<Holding>());
  if (!holding) return 0;
  listHolding(holding, block, length, meta & 0xffff, 0);
  let handle = handlesOf(block, length);
  for (let left = meta >> 16; left; left--) {
    if (retain(peek(handle), peek(handle + 4)) != Status.OK) {
      refClose(holding);
      return 1;
    }
    poke(holding + offsetof<Holding>('meta'), <i32>(metaOf(holding) + (1 << 16)));
    handle += 8;
  }
  return holding;
}

/** The block is about to be somebody else's: it is when `word` becomes `after`. */
export function giving(holding: usize, word: usize, after: i32): void {
  poke(holding + offsetof<Holding>('after'), after);
  poke(holding + offsetof<Holding>('word'), <i32>word);
}

/** The block is somebody else's. */
export function given(holding: usize): void {
  unlist(holding);
  free(holding);
}

/** A block is about to be this worker's: it is when `word` becomes `after`. `refClose` gives it back. */
export function taking(block: usize, length: u32, meta: u32, word: usize, after: i32): void {
  poke(block + offsetof<Holding>('after'), after);
  listHolding(block, block, length, meta, word | TAKING);
}

/** The block is this worker's. */
export function taken(block: usize): void {
  poke(block + offsetof<Holding>('word'), 0);
}

/** Reaper, before the dead worker's locks are anybody else's: what is not in its hands leaves its list, for it may be in other hands soon; the rest is, for certain. */
export function holdingsSettle(slot: usize): void {
  handSettle(slot);
  let link = slot + offsetof<Slot>('refs');
  while (true) {
    const ref = <usize>(<u32>peek(link));
    if (!ref) return;
    if (peek(ref + offsetof<Ref>('id')) != HOLDING || isHeld(ref)) {
      link = ref + offsetof<Ref>('next');
      continue;
    }
    poke(link, peek(ref + offsetof<Ref>('next')));
    if (ref != blockOf(ref)) free(ref);
  }
}

function isHeld(holding: usize): bool {
  if (!(metaOf(holding) & BUNDLE)) return settle(holding);
  bundleSettle(holding);
  return true;
}

/** Reaper: whether what is in a Holding is the dead worker's. It is not asked of the word again: that may be another's soon. */
export function settle(holding: usize): bool {
  const word = <usize>(<u32>peek(holding + offsetof<Holding>('word')));
  if (!word) return true;
  const happened = load(word & ~TAKING) == peek(holding + offsetof<Holding>('after'));
  poke(holding + offsetof<Holding>('word'), 0);
  return happened == ((word & TAKING) != 0);
}

/** This worker ends: whoever then joins it finds its handles closed, the ends of pipes among them. */
export function refCloseOwn(): void {
  while (true) {
    const ref = <usize>(<u32>peek(selfSlot + offsetof<Slot>('refs')));
    if (!ref) return;
    refClose(ref);
  }
}

/** Gives back every handle of a worker that is gone, and everything that was in its hands. */
export function refCloseAll(slot: usize): void {
  handEmpty(slot);
  const head = slot + offsetof<Slot>('refs');
  while (true) {
    const ref = <usize>(<u32>peek(head));
    if (!ref) return;
    poke(head, peek(ref + offsetof<Ref>('next')));
    if (peek(ref + offsetof<Ref>('id')) != HOLDING) {
      nameClose(ref + offsetof<Ref>('id'));
      free(ref);
      continue;
    }
    empty(ref);
    const block = blockOf(ref);
    if (ref != block) free(ref);
    free(block);
  }
}
