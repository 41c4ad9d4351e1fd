/**
 * A worker's handles: the list of all references that it has, which the reaper gives back when it dies.
 *
 * Ancestry: the intrusive lists of robust futexes ("walk what the dead one had"), but filled when a handle
 * is made, not at each acquire.
 *
 * | ref.index | the list element is                                                     |
 * | --------- | ----------------------------------------------------------------------- |
 * | > 0       | a handle: this worker's reference to that object                        |
 * | 0         | nothing: a handle that is being made or was given back                  |
 * | IN_FLIGHT | something in the worker's hands on its way elsewhere (heap/in-flight.ts) |
 * | NODE      | only memory, which follows it: a waiter's node (sync/wait-list.ts), a stage (loan.ts) |
 *
 * The list hangs on the worker's slot. It is plain: its worker's own, and the reaper's after its death.
 * What an element is besides a handle is known above (lifecycle/owned.ts).
 *
 * Nobody waits here. Death between taking an element off the list and freeing it: its memory is lost, no
 * reference.
 */
import { Size, Status } from '../abi';
import { fill, loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { Entry, HEADER, Header, REF_BYTES, Ref, Slot } from '../layout';
import { isListed } from '../sync/wait-list';
import { selfSlot } from '../waiting/park';
import { allocate, free } from './allocator';
import { entryOf } from './chunks';
import { countFirst, fillEntry, objectOf, ownHandleRelease, retain, takeEntry } from './object-table';

/** In a Ref in place of an entry's index. */
export const IN_FLIGHT: i32 = -1;

/** In a Ref in place of an entry's index. */
export const NODE: i32 = -2;

/** Puts an element on this worker's list. */
// @inline
export function listAdd(ref: usize, index: i32, generation: i32): void {
  const head = selfSlot + offsetof<Slot>('refs');
  const first = loadPlain(head);
  if (first) Check.block(<usize>(<u32>first), head);
  storePlain(ref + offsetof<Ref>('index'), index);
  storePlain(ref + offsetof<Ref>('generation'), generation);
  storePlain(ref + offsetof<Ref>('previous'), 0);
  storePlain(ref + offsetof<Ref>('next'), first);
  if (first) storePlain(<usize>(<u32>first) + offsetof<Ref>('previous'), <i32>ref);
  storePlain(head, <i32>ref);
}

// @inline
export function listRemove(ref: usize): void {
  const next = nextRef(ref);
  const previous = <usize>(<u32>loadPlain(ref + offsetof<Ref>('previous')));
  if (previous) {
    Check.block(previous, ref + offsetof<Ref>('previous'));
    Check.that(nextRef(previous) == ref, ref + offsetof<Ref>('previous'));
  } else {
    Check.that(<usize>(<u32>loadPlain(selfSlot + offsetof<Slot>('refs'))) == ref, selfSlot + offsetof<Slot>('refs'));
  }
  storePlain(previous ? previous + offsetof<Ref>('next') : selfSlot + offsetof<Slot>('refs'), <i32>next);
  if (next) storePlain(next + offsetof<Ref>('previous'), <i32>previous);
}

// @inline
export function nextRef(ref: usize): usize {
  const next = <usize>(<u32>loadPlain(ref + offsetof<Ref>('next')));
  if (next) Check.block(next, ref + offsetof<Ref>('next'));
  return next;
}

export function isInFlight(ref: usize): bool {
  return loadPlain(ref + offsetof<Ref>('index')) == IN_FLIGHT;
}

export function isNode(ref: usize): bool {
  return loadPlain(ref + offsetof<Ref>('index')) == NODE;
}

/** A zeroed object with one reference, this worker's: its handle, or NO_MEMORY. */
export function objectCreate(kind: i32, bytes: u32): i32 {
  // First, because it may be all that there is: the handle would lie in a page in the midst of it.
  const size = max(<u32>64, bytes + <u32>HEADER);
  const block = allocate(size);
  if (!block) return Status.NO_MEMORY;
  const ref = allocate(REF_BYTES);
  const index = ref ? takeEntry() : 0;
  if (!index) {
    if (ref) free(ref);
    free(block);
    return Status.NO_MEMORY;
  }
  fill(block, 0, size);
  const generation = fillEntry(index, kind, block);
  listAdd(ref, 0, generation);
  countFirst(index, generation);
  storePlain(ref + offsetof<Ref>('index'), index);
  return <i32>ref;
}

/** A handle of this worker's to a living object; NO_MEMORY; STALE: it is gone. */
export function refOpen(index: i32, generation: i32): i32 {
  const ref = allocate(REF_BYTES);
  if (!ref) return Status.NO_MEMORY;
  listAdd(ref, 0, generation);
  if (retain(index, generation) != Status.OK) {
    listRemove(ref);
    free(ref);
    return Status.STALE;
  }
  storePlain(ref + offsetof<Ref>('index'), index);
  return <i32>ref;
}

/** The same, taking over a reference that somebody counted: one that travelled inside an item. NO_MEMORY. */
export function refAdopt(index: i32, generation: i32): i32 {
  const ref = allocate(REF_BYTES);
  if (!ref) return Status.NO_MEMORY;
  listAdd(ref, index, generation);
  return <i32>ref;
}

// @inline
export function refObject(ref: usize): usize {
  const index = loadPlain(ref + offsetof<Ref>('index'));
  const entry = entryOf(index);
  const object = objectOf(entry, index);
  const kind = object - HEADER + offsetof<Header>('kind');
  Check.that(loadPlain(kind) == loadPlain(entry + offsetof<Entry>('kind')), kind);
  return object;
}

/** Gives a handle back. */
// @inline
export function refRelease(ref: usize): void {
  ownHandleRelease(ref + offsetof<Ref>('index'));
  listRemove(ref);
  free(ref);
}

// ── nodes ────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A node of this worker's for a wait that is not its only one: an async wait, or a blocking one inside of
 * a function that runs while another wait is under way (a Barrier's action). NO_MEMORY.
 */
export function nodeCreate(): i32 {
  const ref = allocate(REF_BYTES + <u32>Size.NODE);
  if (!ref) return Status.NO_MEMORY;
  fill(ref, 0, REF_BYTES + <u32>Size.NODE);
  listAdd(ref, NODE, 0);
  return <i32>(ref + REF_BYTES);
}

/** Frees a node that is in no wait list. */
export function nodeFree(node: usize): void {
  const ref = node - REF_BYTES;
  listRemove(ref);
  free(ref);
}

function slotsOwnNode(): usize {
  return selfSlot + offsetof<Slot>('state');
}

/** The node for a blocking wait: the slot's own, unless that is in a list already. NO_MEMORY. */
export function nodeTake(): i32 {
  const own = slotsOwnNode();
  return isListed(own) ? nodeCreate() : <i32>own;
}

export function nodeGive(node: usize): void {
  if (node != slotsOwnNode()) nodeFree(node);
}
