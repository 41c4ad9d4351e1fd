/**
 * The chunks of the object table: where its entries lie, and how a chunk goes back to everybody when a run of
 * pages is wanted and there is none. A chunk is a page amid all others, and one that stayed would cut the heap
 * in two for ever.
 *
 * Ancestry: page reclaim as in reclaim.ts; hazard pointers (M. Michael, 2004), one for each worker and
 * without an address, since who looks into the table is out of it some ten instructions later.
 *
 * | chunk's word    | meaning                                                                        |
 * | --------------- | ------------------------------------------------------------------------------ |
 * | 0               | never made                                                                     |
 * | address         | its entries are there                                                          |
 * | address + GOING | its entries are all free, and in hand: it goes, unless somebody looks in there |
 * | generation + 1  | GONE; its next entries begin with this generation, which no handle of old has  |
 *
 * | step | what                                                                                        |
 * | ---- | ------------------------------------------------------------------------------------------- |
 * | 1    | all free entries are taken from the list into a chain (`takenEntries`), and say so           |
 * | 2    | the entries of the last chunk that were never used join them                                 |
 * | 3    | a chunk whose entries all say so is GOING; the first one stays                               |
 * | 4    | nobody is in the table: their entries leave the chain, the chunks are GONE; otherwise none go |
 * | 5    | what is in the chain is free again                                                           |
 *
 * Steps 1 to 5, and the coming back of a chunk, hold the heap's lock: nobody waits here. Whoever wants an
 * entry while they are in hand makes a new chunk, for which it waits for the lock, and then finds them.
 *
 * An entry whose object lives is in no list, so its chunk does not go: who holds a counted reference needs no
 * more. Whoever may come with a handle of old, or walks over all entries, is in the table meanwhile
 * (`enterTable`). ORDERING: it stores that before it reads the chunk's word, and step 4 reads it after GOING
 * is stored: either it finds GOING, or step 4 finds it.
 *
 * Death: who is in the table keeps all chunks until it is buried. In 1 to 5: whoever takes the heap's lock
 * over does 4 and 5 (`chunksRepair`), which may be done twice; one entry may be in neither list, and is lost
 * with its chunk for good, or a chunk that is GONE and not yet in its free list.
 */
import { add, cas, cas64, load, load64, loadPlain, store, storePlain, storePlain64 } from '../atomics';
import { Check } from '../checks';
import { ENTRY_SHIFT, Entry, ROOT_CHUNKS, Root, SizeClass, SLOT_BYTES, SLOT_IN_TABLE } from '../layout';
import { CHUNK_SHIFT, CHUNKS, PAGE, PAGE_SHIFT, ROOT, SLOTS, SMALL_CLASSES, SMALL_MAX } from '../limits';
import { selfSlot } from '../waiting/park';
import { classAt, classOf, push } from './size-classes';

const GONE: i32 = 1;
const GOING: i32 = 2;

export const CHUNK_BYTES: u32 = 1 << (CHUNK_SHIFT + ENTRY_SHIFT);
const ENTRIES: i32 = 1 << CHUNK_SHIFT;

/** In a free entry in place of a kind: it is in the chain. */
const TAKEN: i32 = -1;

function wordOfChunk(chunk: i32): usize {
  return ROOT + ROOT_CHUNKS + ((<usize>chunk) << 2);
}

function isHere(word: i32): bool {
  return word != 0 && (word & (GONE | GOING)) == 0;
}

function isGoing(word: i32): bool {
  return (word & (GONE | GOING)) == GOING;
}

function entryIn(word: i32, index: i32): usize {
  return <usize>(<u32>(word & ~GOING)) + ((<usize>(index & (ENTRIES - 1))) << ENTRY_SHIFT);
}

/** Of an object that lives, or of whoever has taken the entry. */
// @inline
export function entryOf(index: i32): usize {
  const word = chunkWith(index);
  const chunk = load(word);
  Check.block(<usize>(<u32>(chunk & ~GOING)), word);
  return entryIn(chunk, index);
}

/** The word of an entry's chunk. */
function chunkWith(index: i32): usize {
  const word = wordOfChunk(index >> CHUNK_SHIFT);
  Check.that(<u32>index >> CHUNK_SHIFT < <u32>CHUNKS, word);
  return word;
}

/** 0: its chunk is not there. It stays only while this worker is in the table. */
// @inline
export function entryIfHere(index: i32): usize {
  const place = chunkWith(index);
  const word = load(place);
  const here = isHere(word);
  if (here) Check.block(<usize>(<u32>word), place);
  return isHere(word) ? entryIn(word, index) : 0;
}

/** Until `leaveTable` no chunk goes. In between nothing is called that might enter, or throw. */
export function enterTable(): void {
  store(selfSlot + SLOT_IN_TABLE, 1);
}

export function leaveTable(): void {
  store(selfSlot + SLOT_IN_TABLE, 0);
}

// ── free entries ─────────────────────────────────────────────────────────────────────────────────────

function freeHead(): usize {
  return ROOT + offsetof<Root>('freeEntry');
}

export function hasFreeEntry(): bool {
  return <i32>load64(freeHead()) != 0;
}

/** The index of an entry of the free list; 0: it is empty. */
// @inline
export function popEntry(): i32 {
  while (true) {
    const first = load64(freeHead());
    const index = <i32>first;
    if (!index) return 0;
    // Not there: then it has left the list, too, and the tag has moved on.
    const entry = entryIfHere(index);
    if (!entry) {
      Check.that(load64(freeHead()) != first, freeHead());
      continue;
    }
    // ORDERING: plain, the tag decides, as in the allocator's lists.
    const next = <u32>loadPlain(entry + offsetof<Entry>('pointer'));
    if (cas64(freeHead(), first, (((first >> 32) + 1) << 32) | <i64>next) == first) return index;
  }
}

export function pushEntry(index: i32): void {
  while (true) {
    const first = load64(freeHead());
    storePlain(entryOf(index) + offsetof<Entry>('pointer'), <i32>first);
    if (cas64(freeHead(), first, (((first >> 32) + 1) << 32) | <i64>(<u32>index)) == first) return;
  }
}

/** An entry that was never used, of a chunk that is there: its index; 0: there is none. */
export function takeFresh(): i32 {
  const next = ROOT + offsetof<Root>('nextEntry');
  while (true) {
    const index = load(next);
    Check.that(index > 0, next);
    if (index >> CHUNK_SHIFT >= CHUNKS || !isHere(load(wordOfChunk(index >> CHUNK_SHIFT)))) return 0;
    if (cas(next, index, index + 1) == index) return index;
  }
}

/** Entries that were ever used: indices run from 1 to this, exclusive. */
export function entriesEver(): i32 {
  const word = ROOT + offsetof<Root>('nextEntry');
  const end = load(word);
  Check.that(end > 0 && end <= CHUNKS << CHUNK_SHIFT, word);
  return end;
}

/** The chunk to be made next: one that is gone, or the one behind the last; -1: there can be no more. */
export function missingChunk(): i32 {
  const end = entriesEver() >> CHUNK_SHIFT;
  for (let chunk = 0; chunk < end; chunk++) if (load(wordOfChunk(chunk)) & GONE) return chunk;
  return end < CHUNKS ? end : -1;
}

export function chunkIsGone(chunk: i32): bool {
  return (load(wordOfChunk(chunk)) & GONE) != 0;
}

/** `block`, which is zeroed, becomes a chunk that never was. False: somebody else was faster. */
export function chunkMake(chunk: i32, block: usize): bool {
  return cas(wordOfChunk(chunk), 0, <i32>block) == 0;
}

// ── the chain ────────────────────────────────────────────────────────────────────────────────────────

function chainHead(): usize {
  return ROOT + offsetof<Root>('takenEntries');
}

/** @requires lock(heap). */
function chain(index: i32): void {
  const entry = entryOf(index);
  storePlain(entry + offsetof<Entry>('pointer'), loadPlain(chainHead()));
  storePlain(entry + offsetof<Entry>('kind'), TAKEN);
  storePlain(chainHead(), index);
}

/** @requires lock(heap). `block` becomes the chunk, which is gone; its entries are free. False: it is not. */
export function chunkRestore(chunk: i32, block: usize): bool {
  const word = load(wordOfChunk(chunk));
  if (!(word & GONE)) return false;
  const first = chunk << CHUNK_SHIFT;
  for (let i = 0; i < ENTRIES; i++) {
    const entry = entryIn(<i32>block, i);
    storePlain64(entry + offsetof<Entry>('refWord'), (<i64>(word & ~GONE)) << 32);
    storePlain(entry + offsetof<Entry>('pointer'), i + 1 < ENTRIES ? first + i + 1 : 0);
    storePlain(entry + offsetof<Entry>('kind'), TAKEN);
  }
  // ORDERING: the chain before the word: who is there has its entries in hand.
  storePlain(chainHead(), first);
  store(wordOfChunk(chunk), <i32>block);
  giveChain();
  return true;
}

/** @requires lock(heap). Gives chunks that nobody uses to their class; false when there was none. */
export function reclaimChunks(): bool {
  let bound = entriesEver();
  for (let index = popEntry(); index; index = popEntry()) {
    Check.that(bound-- > 0, freeHead());
    chain(index);
  }
  takeRest();
  const end = entriesEver() >> CHUNK_SHIFT;
  for (let chunk = 1; chunk < end; chunk++) {
    const word = load(wordOfChunk(chunk));
    if (isHere(word) && isWhole(word)) store(wordOfChunk(chunk), word | GOING);
  }
  return chunksRepair();
}

/** @requires lock(heap). Step 2. */
function takeRest(): void {
  const next = ROOT + offsetof<Root>('nextEntry');
  const index = entriesEver();
  const end = ((index >> CHUNK_SHIFT) + 1) << CHUNK_SHIFT;
  // Somebody takes one: then the chunk is in use.
  if ((index & (ENTRIES - 1)) == 0 || !entryIfHere(index) || cas(next, index, end) != index) return;
  for (let fresh = index; fresh < end; fresh++) chain(fresh);
}

/** @requires lock(heap). */
function isWhole(word: i32): bool {
  for (let i = 0; i < ENTRIES; i++) if (loadPlain(entryIn(word, i) + offsetof<Entry>('kind')) != TAKEN) return false;
  return true;
}

/** Whether anybody but this worker looks into the table. */
function isWatched(): bool {
  const slots = <usize>(<u32>loadPlain(ROOT + offsetof<Root>('slots')));
  for (let i = 0; i < SLOTS; i++) {
    const slot = slots + <usize>i * SLOT_BYTES;
    if (slot != selfSlot && load(slot + SLOT_IN_TABLE)) return true;
  }
  return false;
}

/**
 * @requires lock(heap). Steps 4 and 5, also after the death of who had begun. False when no chunk has gone.
 */
export function chunksRepair(): bool {
  let going: i32 = 0;
  for (let chunk = 1; chunk < CHUNKS; chunk++) if (isGoing(load(wordOfChunk(chunk)))) going++;
  const stay = going != 0 && isWatched();
  if (going != 0) dropGoing();
  for (let chunk = 1; going != 0 && chunk < CHUNKS; chunk++) {
    const word = load(wordOfChunk(chunk));
    if (!isGoing(word)) continue;
    if (stay) keep(chunk, word);
    else give(chunk, word);
  }
  giveChain();
  return going != 0 && !stay;
}

/** @requires lock(heap). A chunk stays. Who died may have dropped some of its entries, so all come again. */
function keep(chunk: i32, word: i32): void {
  for (let i = 0; i < ENTRIES; i++) chain((chunk << CHUNK_SHIFT) + i);
  store(wordOfChunk(chunk), word & ~GOING);
}

/** @requires lock(heap). The entries of chunks that go leave the chain. */
function dropGoing(): void {
  let link = chainHead();
  let bound = entriesEver();
  for (let index = loadPlain(link); index; ) {
    Check.that(bound-- > 0, chainHead());
    const word = load(chunkWith(index));
    // Of a chunk that was to come back, and its maker died.
    if (word & GONE) break;
    const pointer = entryIn(word, index) + offsetof<Entry>('pointer');
    index = loadPlain(pointer);
    if (isGoing(word)) storePlain(link, index);
    else link = pointer;
  }
}

/** @requires lock(heap). Step 4 of one chunk. */
function give(chunk: i32, word: i32): void {
  const block = <usize>(<u32>(word & ~GOING));
  let newest = generationIn(word, 0);
  for (let i = 1; i < ENTRIES; i++) if (generationIn(word, i) - newest > 0) newest = generationIn(word, i);
  // ORDERING: it is gone before it is free: what is freed twice is worse than what is lost.
  store(wordOfChunk(chunk), newest | GONE);
  const pages = <i32>((CHUNK_BYTES + PAGE - 1) >> PAGE_SHIFT);
  const kind = classAt(CHUNK_BYTES <= SMALL_MAX ? classOf(CHUNK_BYTES) : SMALL_CLASSES + pages - 1);
  push(kind, block);
  add(kind + offsetof<SizeClass>('used'), -1);
}

function generationIn(word: i32, index: i32): i32 {
  return loadPlain(entryIn(word, index) + offsetof<Entry>('refWord') + 4);
}

/** @requires lock(heap). Step 5. */
function giveChain(): void {
  let bound = entriesEver();
  for (let index = loadPlain(chainHead()); index; index = loadPlain(chainHead())) {
    Check.that(bound-- > 0, chainHead());
    const entry = entryIfHere(index);
    if (!entry) {
      storePlain(chainHead(), 0);
      return;
    }
    storePlain(entry + offsetof<Entry>('kind'), 0);
    storePlain(chainHead(), loadPlain(entry + offsetof<Entry>('pointer')));
    pushEntry(index);
  }
}
