/**
 * In flight: what is in a worker's hands on its way into a queue, dict or list, or out of it.
 *
 * Ancestry: the intent record of write-ahead logs (Gray and Reuter, Transaction Processing, 1992, ch. 9).
 *
 * An InFlight is an element of the worker's list of handles (handles.ts), so that a death gives back what
 * it speaks of: an item that was made for a queue (`itemHold`), one that came out of one (its block begins
 * with an InFlight of its own), or a batch of cells (manager/batch.ts).
 *
 * While an item changes hands ONE store to a word of the queue says whose it is: the commit word. The
 * InFlight remembers where that is, and the word's value once it has happened:
 *
 * | word            | after                   | the item is the worker's           |
 * | --------------- | ----------------------- | ---------------------------------- |
 * | 0               | -                       | for certain                        |
 * | a word          | its value after the put | until the word is that             |
 * | a word + TAKING | its value after the get | as soon as the word is that        |
 *
 * The word changes under a lock only, and an InFlight refers to it only while its worker has that lock.
 * The reaper looks before the lock is anybody else's.
 *
 * Nobody waits here. Death: as the table says. To settle it twice changes nothing.
 */
import { Meta } from '../abi';
import { load, loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { InFlight } from '../layout';
import { free, isRoomy } from './allocator';
import { IN_FLIGHT, listAdd, listRemove } from './handles';

/** With the commit word: what is in the hands of its worker once the word says so. */
export const TAKING: usize = 1;

export function inFlightBlock(inFlight: usize): usize {
  // In place of a handle's generation.
  const block = <usize>(<u32>loadPlain(inFlight + offsetof<InFlight>('generation')));
  Check.block(block, inFlight + offsetof<InFlight>('generation'));
  return block;
}

export function inFlightLength(inFlight: usize): u32 {
  return <u32>loadPlain(inFlight + offsetof<InFlight>('length'));
}

export function inFlightMeta(inFlight: usize): u32 {
  return <u32>loadPlain(inFlight + offsetof<InFlight>('meta'));
}

export function inFlightAdd(inFlight: usize, block: usize, length: u32, meta: u32, word: usize): void {
  storePlain(inFlight + offsetof<InFlight>('length'), <i32>length);
  storePlain(inFlight + offsetof<InFlight>('meta'), <i32>meta);
  storePlain(inFlight + offsetof<InFlight>('word'), <i32>word);
  listAdd(inFlight, IN_FLIGHT, <i32>block);
}

/** The block is about to be somebody else's: it is when `word` becomes `after`. */
export function beginPut(inFlight: usize, word: usize, after: i32): void {
  storePlain(inFlight + offsetof<InFlight>('after'), after);
  storePlain(inFlight + offsetof<InFlight>('word'), <i32>word);
}

/** The block is somebody else's. */
export function endPut(inFlight: usize): void {
  listRemove(inFlight);
  free(inFlight);
}

/** Whether an item's payload and handles can lie in a block, behind its InFlight. */
export function isWhole(block: usize, length: u32, meta: u32): bool {
  const bytes = <u32>Meta.BLOCK_HEADER + ((length + 7) & ~7) + ((meta >> 16) << 3);
  return length < <u32>i32.MAX_VALUE && isRoomy(block, bytes);
}

/** A block is about to be this worker's: it is when `word` becomes `after`. */
export function beginTake(block: usize, length: u32, meta: u32, word: usize, after: i32): void {
  Check.block(block, word);
  Check.that(isWhole(block, length, meta), block);
  storePlain(block + offsetof<InFlight>('after'), after);
  inFlightAdd(block, block, length, meta, word | TAKING);
}

/** The block is this worker's. */
export function endTake(block: usize): void {
  storePlain(block + offsetof<InFlight>('word'), 0);
}

/** Frees what an InFlight speaks of, which is empty, and itself. It is on no list any more. */
export function inFlightFree(inFlight: usize): void {
  const block = inFlightBlock(inFlight);
  if (inFlight != block) free(inFlight);
  free(block);
}

/**
 * Reaper: whether what an InFlight speaks of is the dead worker's. It is not asked of the word again: that
 * may be another's soon.
 */
export function inFlightSettle(inFlight: usize): bool {
  const word = <usize>(<u32>loadPlain(inFlight + offsetof<InFlight>('word')));
  if (!word) return true;
  const happened = load(word & ~TAKING) == loadPlain(inFlight + offsetof<InFlight>('after'));
  storePlain(inFlight + offsetof<InFlight>('word'), 0);
  return happened == ((word & TAKING) != 0);
}
