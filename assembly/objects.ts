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
 * Each worker's handles hang on a list in its slot (Ref), which nobody else touches while it lives; the reaper gives them back when it is dead.
 *
 * Nobody waits here.
 *
 * Death between counting a reference and listing it, or between unlisting and uncounting one that is not the last: the object outlives its last user (a
 * leak of one object), never the other way round. The last one is uncounted first, which changes the generation: the reaper sees that it was.
 * (Engines stop a worker at the head of a loop or at a call, of which there is none between unlisting and uncounting.)
 */
import { Kind, Status } from './abi';
import { allocate, free } from './allocator';
import { cas, cas64, load, load64, peek, poke, store, store64 } from './atomics';
import { destroy } from './destroy';
import { ENTRY_SHIFT, Entry, HEADER, Header, Holding, REF_BYTES, Ref, ROOT_CHUNKS, Root, Slot } from './layout';
import { CHUNK_SHIFT, CHUNKS, ROOT } from './limits';
import { selfSlot } from './park';
import { connectionSever } from './pipe/pipe';
import { dropBlock } from './queue/record';

function chunkWord(id: i32): usize {
  return ROOT + ROOT_CHUNKS + ((<usize>(id >> CHUNK_SHIFT)) << 2);
}

function entryOf(id: i32): usize {
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
  store64(entry, ((<i64>generation) << 32) | 1);
  list(ref, id, generation);
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
  if (retain(id, generation) != Status.OK) {
    free(ref);
    return 1;
  }
  list(ref, id, generation);
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

/** The last reference stays listed until the object is taken apart, so that the reaper can end what a death cuts short. */
export function refClose(ref: usize): void {
  const id = peek(ref + offsetof<Ref>('id'));
  if (!id) {
    unlist(ref);
    giveBack(ref);
    return;
  }
  const generation = peek(ref + offsetof<Ref>('generation'));
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (<i32>life == 1) {
      if (cas64(entry, life, (<i64>(generation + 1)) << 32) != life) continue;
      takeApart(entry);
      unlist(ref);
      giveUp(id);
      break;
    }
    unlist(ref);
    if (cas64(entry, life, life - 1) == life) break;
    list(ref, id, generation);
  }
  free(ref);
}

/** Of a Ref: the reference. Of a Holding: the block and what is in it. */
function giveBack(ref: usize): void {
  const id = peek(ref + offsetof<Ref>('id'));
  const generation = peek(ref + offsetof<Ref>('generation'));
  if (!id)
    dropBlock(<usize>(<u32>generation), <u32>peek(ref + offsetof<Holding>('length')), <u32>peek(ref + offsetof<Holding>('meta')));
  else if (generationOf(load64(entryOf(id))) == generation) release(id, generation);
  else resume(entryOf(id));
  free(ref);
}

/**
 * Reaper: its last user died while it took the object apart (the reference was still listed, so the row was not given back). What others wait for is done again;
 * what it owns leaks, for nobody knows how much of that was given back.
 */
function resume(entry: usize): void {
  if (load(entry + offsetof<Entry>('kind')) == Kind.CONNECTION) connectionSever(pointerOf(entry));
}

/** A block, which is an item to be, goes with this worker if it dies: its Holding, or 0 when the heap is full. */
export function hold(block: usize, length: u32, meta: u32): usize {
  const holding = allocate(offsetof<Holding>());
  if (!holding) return 0;
  poke(holding + offsetof<Holding>('length'), <i32>length);
  poke(holding + offsetof<Holding>('meta'), <i32>meta);
  list(holding, 0, <i32>block);
  return holding;
}

/** The block is somebody else's from now on. */
export function letGo(holding: usize): void {
  unlist(holding);
  free(holding);
}

/** This worker ends: whoever then joins it finds its handles closed, the ends of pipes among them. */
export function refCloseOwn(): void {
  while (true) {
    const ref = <usize>(<u32>peek(selfSlot + offsetof<Slot>('refs')));
    if (!ref) return;
    refClose(ref);
  }
}

/** Gives back every handle of a worker that is gone, and every block that was in its hands. */
export function refCloseAll(slot: usize): void {
  const head = slot + offsetof<Slot>('refs');
  while (true) {
    const ref = <usize>(<u32>peek(head));
    if (!ref) return;
    poke(head, peek(ref + offsetof<Ref>('next')));
    giveBack(ref);
  }
}

// ── walking all objects ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Rows that were ever used: ids run from 1 to this, exclusive. */
export function objectRows(): i32 {
  return load(ROOT + offsetof<Root>('nextEntry'));
}

/** Takes a reference to whatever lives in row `id`: the object, or 0. Give it back with objectUnpin. */
export function objectPin(id: i32): usize {
  if (!load(chunkWord(id))) return 0;
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (<i32>life == 0) return 0;
    if (cas64(entry, life, life + 1) == life) return <usize>(<u32>load(entry + offsetof<Entry>('pointer')));
  }
}

export function objectUnpin(object: usize): void {
  release(objectId(object), objectGeneration(object));
}

/** The kind of a living object's row, FREE for an empty one. */
export function objectKind(id: i32): i32 {
  if (!load(chunkWord(id))) return Kind.FREE;
  const entry = entryOf(id);
  return <i32>load64(entry) == 0 ? <i32>Kind.FREE : load(entry + offsetof<Entry>('kind'));
}
