/**
 * Slots: a growable array of entries of one size, each 2^`shift` bytes, under the lock of a LifoQueue or
 * PriorityQueue.
 *
 * Ancestry: the doubling chunks of Brodnik et al., Resizable Arrays in Optimal Time and Space (WADS 1999):
 * nothing is ever copied, so no put pays for the growth.
 *
 *     chunk   0        1                2
 *     slots   ╞ 2^f ═╡ ╞ 2^(f+1) ═════╡ ╞ 2^(f+2) ═══ ...
 *
 * | word      | meaning                                                           |
 * | --------- | ----------------------------------------------------------------- |
 * | chunks[k] | where chunk k lies, or 0                                          |
 *
 * Slot i lies in chunk k at place p, where i + 2^f = 2^(f+k) + p. One chunk more than is needed is kept, so
 * that a queue whose length swings around a border does not allocate at each swing; the next one goes back.
 *
 * Nobody waits here. ORDERING: all plain: one lock guards it.
 *
 * Death: a chunk that is not in its word yet, or no more, is lost.
 */

import { loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { allocate, free } from '../heap/allocator';
import { CHUNKS_AT_MOST, SEGMENTED_ARRAY } from '../layout';
import { FIRST_CHUNK_SHIFT } from '../limits';

function elementChunk(index: i32): i32 {
  return 31 - FIRST_CHUNK_SHIFT - <i32>clz(index + (1 << FIRST_CHUNK_SHIFT));
}

function elementChunkWord(queue: usize, chunk: i32): usize {
  return queue + SEGMENTED_ARRAY + ((<usize>chunk) << 2);
}

/** So many elements there is room for. */
export const ELEMENTS_AT_MOST: u32 = (1 << (FIRST_CHUNK_SHIFT + CHUNKS_AT_MOST)) - (1 << FIRST_CHUNK_SHIFT);

/** The address of an entry whose chunk is there. */
// @inline
export function elementAt(queue: usize, index: i32, shift: i32): usize {
  const chunk = elementChunk(index);
  const word = elementChunkWord(queue, chunk);
  const place = index + (1 << FIRST_CHUNK_SHIFT) - (1 << (FIRST_CHUNK_SHIFT + chunk));
  const first = <usize>(<u32>loadPlain(word));
  Check.block(first, word);
  return first + ((<usize>place) << shift);
}

/** Makes sure that there is a place for the entry; false: the heap is full. */
export function elementsReserve(queue: usize, index: i32, shift: i32): bool {
  const chunk = elementChunk(index);
  if (chunk >= CHUNKS_AT_MOST) return false;
  const word = elementChunkWord(queue, chunk);
  if (loadPlain(word)) return true;
  const block = allocate(1 << (FIRST_CHUNK_SHIFT + chunk + shift));
  if (!block) return false;
  storePlain(word, <i32>block);
  return true;
}

/** The first entry that nobody needs any more is that in `index`. */
export function elementsTrim(queue: usize, index: i32): void {
  const chunk = elementChunk(index) + 2;
  if (chunk < CHUNKS_AT_MOST) giveBackChunk(elementChunkWord(queue, chunk));
}

export function elementsFree(queue: usize): void {
  for (let chunk = 0; chunk < CHUNKS_AT_MOST; chunk++) giveBackChunk(elementChunkWord(queue, chunk));
}

function giveBackChunk(word: usize): void {
  const block = <usize>(<u32>loadPlain(word));
  if (!block) return;
  storePlain(word, 0);
  free(block);
}
