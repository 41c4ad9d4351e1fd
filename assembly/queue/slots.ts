/**
 * Slots: a growable array of entries of one size, each 2^`shift` bytes, under the lock of a LifoQueue or PriorityQueue.
 *
 * Ancestry: the doubling chunks of Brodnik et al., Resizable Arrays in Optimal Time and Space (WADS 1999): nothing is ever copied, so no put pays for the growth.
 *
 *     chunk   0        1                2
 *     slots   ╞ 2^f ═╡ ╞ 2^(f+1) ═════╡ ╞ 2^(f+2) ═══ ...
 *
 * | word      | meaning                                                           |
 * | --------- | ----------------------------------------------------------------- |
 * | chunks[k] | where chunk k lies, or 0                                          |
 *
 * Slot i lies in chunk k at place p, where i + 2^f = 2^(f+k) + p. One chunk more than is needed is kept, so that a queue whose length swings around a
 * border does not allocate at each swing; the next one goes back.
 *
 * Nobody waits here. ORDERING: all plain: one lock guards it.
 *
 * Death: a chunk that is not in its word yet, or no more, is lost.
 */
import { allocate, free } from '../allocator';
import { peek, poke } from '../atomics';
import { PILE_CHUNKS, PILE_CHUNKS_AT_MOST } from '../layout';
import { FIRST_SLOTS_SHIFT } from '../limits';

function chunkOf(slot: i32): i32 {
  return 31 - FIRST_SLOTS_SHIFT - <i32>clz(slot + (1 << FIRST_SLOTS_SHIFT));
}

function chunkWord(queue: usize, chunk: i32): usize {
  return queue + PILE_CHUNKS + ((<usize>chunk) << 2);
}

/** The address of an entry whose chunk is there. */
export function slotAt(queue: usize, slot: i32, shift: i32): usize {
  const chunk = chunkOf(slot);
  const place = slot + (1 << FIRST_SLOTS_SHIFT) - (1 << (FIRST_SLOTS_SHIFT + chunk));
  return <usize>(<u32>peek(chunkWord(queue, chunk))) + ((<usize>place) << shift);
}

/** Makes sure that there is a place for the entry; false: the heap is full. */
export function slotsReserve(queue: usize, slot: i32, shift: i32): bool {
  const chunk = chunkOf(slot);
  if (chunk >= PILE_CHUNKS_AT_MOST) return false;
  const word = chunkWord(queue, chunk);
  if (peek(word)) return true;
  const block = allocate(1 << (FIRST_SLOTS_SHIFT + chunk + shift));
  if (!block) return false;
  poke(word, <i32>block);
  return true;
}

/** The first entry that nobody needs any more is that in `slot`. */
export function slotsTrim(queue: usize, slot: i32): void {
  const chunk = chunkOf(slot) + 2;
  if (chunk < PILE_CHUNKS_AT_MOST) giveBack(chunkWord(queue, chunk));
}

export function slotsFree(queue: usize): void {
  for (let chunk = 0; chunk < PILE_CHUNKS_AT_MOST; chunk++) giveBack(chunkWord(queue, chunk));
}

function giveBack(word: usize): void {
  const block = <usize>(<u32>peek(word));
  if (!block) return;
  poke(word, 0);
  free(block);
}
