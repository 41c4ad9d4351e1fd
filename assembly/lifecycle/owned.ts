/**
 * What a worker has besides memory: handles, items and cell batches in flight, waiters' nodes, its discard slot. All of it
 * is on its list of handles or in its slot, and this file alone knows every kind of it.
 *
 * Ancestry: what the kernel does with the open files of a process that ends.
 *
 * Nobody waits here. Death of the worker: the reaper settles what was changing hands (`settleInFlight`)
 * before the dead worker's locks are anybody else's, and gives back the rest (`releaseAllOf`) when the
 * locks are whole again. Both may be done twice.
 */

import { loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { free } from '../heap/allocator';
import { isInFlight, isNode, listRemove, nextRef, refRelease } from '../heap/handles';
import { inFlightBlock, inFlightFree, inFlightMeta, inFlightSettle } from '../heap/in-flight';
import { handleRelease } from '../heap/object-table';
import { CELL_BATCH, itemReleaseHandles } from '../heap/record';
import { Ref, Slot } from '../layout';
import { cellBatchEmpty, cellBatchSettle } from '../manager/batch';
import { discardEmpty, discardSettle } from '../manager/discard';
import { selfSlot } from '../waiting/park';

/** Gives back an element of this worker's list: a handle, or what is in flight. */
export function refDrop(ref: usize): void {
  if (!isInFlight(ref)) {
    refRelease(ref);
    return;
  }
  empty(ref);
  listRemove(ref);
  inFlightFree(ref);
}

/** Gives back what is in flight; can be cut short and done again. */
function empty(inFlight: usize): void {
  if (inFlightMeta(inFlight) & CELL_BATCH) cellBatchEmpty(inFlight);
  else itemReleaseHandles(inFlight);
}

function firstRef(slot: usize): usize {
  return refAt(slot + offsetof<Slot>('refs'));
}

function refAt(word: usize): usize {
  const ref = <usize>(<u32>loadPlain(word));
  if (ref) Check.block(ref, word);
  return ref;
}

/** This worker ends: whoever then joins it finds its handles closed, the ends of pipes among them. */
export function releaseOwn(): void {
  let ref = firstRef(selfSlot);
  let bound = Check.most();
  while (ref) {
    Check.that(bound-- != 0, selfSlot + offsetof<Slot>('refs'));
    const next = nextRef(ref);
    // The node of an async wait may be in a list still: the reaper takes it out first.
    if (!isNode(ref)) refDrop(ref);
    ref = next;
  }
}

/**
 * Reaper, before the dead worker's locks are anybody else's: what is not in its hands leaves its list, for
 * it may be in other hands soon. The rest is in its hands for certain.
 */
export function settleInFlight(slot: usize): void {
  discardSettle(slot);
  let link = slot + offsetof<Slot>('refs');
  let bound = Check.most();
  while (true) {
    const ref = refAt(link);
    if (!ref) return;
    Check.that(bound-- != 0, slot + offsetof<Slot>('refs'));
    if (!isInFlight(ref) || isInHand(ref)) {
      link = ref + offsetof<Ref>('next');
      continue;
    }
    storePlain(link, <i32>nextRef(ref));
    if (ref != inFlightBlock(ref)) free(ref);
  }
}

function isInHand(inFlight: usize): bool {
  if (!(inFlightMeta(inFlight) & CELL_BATCH)) return inFlightSettle(inFlight);
  cellBatchSettle(inFlight);
  return true;
}

/** Reaper: gives back every handle of a worker that is gone, and everything that was in its hands. */
export function releaseAllOf(slot: usize): void {
  discardEmpty(slot);
  const head = slot + offsetof<Slot>('refs');
  let bound = Check.most();
  for (let ref = firstRef(slot); ref; ref = firstRef(slot)) {
    Check.that(bound-- != 0, head);
    if (isInFlight(ref)) {
      empty(ref);
      storePlain(head, <i32>nextRef(ref));
      inFlightFree(ref);
    } else {
      if (!isNode(ref)) handleRelease(ref + offsetof<Ref>('index'));
      storePlain(head, <i32>nextRef(ref));
      free(ref);
    }
  }
}
