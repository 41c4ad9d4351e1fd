/**
 * What this worker holds: its open handles, and those of them that came since its loop last turned.
 *
 * The collector closes a handle that was dropped, but its callback runs in a turn of the event loop, which a
 * server that blocks never takes. So once many have come without a turn they are also known by WeakRefs, and
 * the platform is asked to collect in between, if it can. A handle that somebody has is never closed by this:
 * only what nothing reaches any more.
 *
 * A handle that is made or closed costs an addition and a comparison until then.
 */
import { afterTurn, callSite, collectNow } from '../platform/index.ts';

/** A handle's reference in the heap. */
export class Reference {
  readonly heap: { readonly core: { refClose(ref: number): void } };
  /** 0 once it is given back. */
  ref: number;
  /** Meant to stay: it counts no more, and no scope closes it. */
  kept = false;

  constructor(heap: Reference['heap'], ref: number) {
    this.heap = heap;
    this.ref = ref;
  }
}

/**
 * So many more than before are worth asking whether the loop turns. Small beside what a worker's own heap
 * costs.
 */
const STEP = 64;
/** With so many that came without a turn something is wrong: said once. */
const MANY = 10_000;
/** Entries that are looked through for those that were closed. */
const COMPACT = 1024;

interface Entry {
  handle: WeakRef<object>;
  reference: Reference;
}

/** Whether parts are being made. */
let parts = 0;
let open = 0;
/** How many were open when the loop last turned. */
let atTurn = 0;
/** With how many the accounting looks up. */
let look = STEP;
/** `look`, or 0 while every handle has to be seen. */
let threshold = STEP;
let awaitsTurn = false;
let warned = false;
/** Those that came without a turn, as far as they are known. */
let young: Entry[] | undefined;
let compactAt = COMPACT;
let collectAt = MANY;
/** Where the innermost scope gathers. */
let gathering: Set<object> | undefined;

function setThreshold(): void {
  threshold = gathering !== undefined || young !== undefined ? 0 : look;
}

/** A handle was made. */
export function came(handle: object, reference: Reference): void {
  if (parts > 0) cameAsPart(handle, reference);
  else if (++open >= threshold) noticed(handle, reference);
}

/** It goes with what it is a part of: it does not count, but is found when nothing reaches it. */
function cameAsPart(handle: object, reference: Reference): void {
  reference.kept = true;
  young?.push({ handle: new WeakRef(handle), reference });
}

/** Runs `make` whose handles are parts of another: a condition's own lock. No scope closes them. */
export function asPart<T>(make: () => T): T {
  parts++;
  try {
    return make();
  } finally {
    parts--;
  }
}

/** A handle's reference was given back, or is about to be. */
export function went(reference: Reference): void {
  reference.ref = 0;
  if (!reference.kept) open--;
}

/** What is meant to stay counts no more. */
export function keepReference(reference: Reference): void {
  if (reference.kept || reference.ref === 0) return;
  reference.kept = true;
  open--;
}

/** Runs `make`, a later step of something of which `made` is there already; that goes back if it fails. */
export function orClose<T>(made: { close(): void }, make: () => T): T {
  try {
    return make();
  } catch (error) {
    made.close();
    throw error;
  }
}

function noticed(handle: object, reference: Reference): void {
  gathering?.add(handle);
  if (open >= look) crowded();
  if (young === undefined) return;
  young.push({ handle: new WeakRef(handle), reference });
  if (young.length >= compactAt) compact();
}

function crowded(): void {
  look = open + STEP;
  if (!awaitsTurn) {
    awaitsTurn = true;
    afterTurn(turned);
  } else if (collectNow !== undefined) young ??= [];
  if (open - atTurn > collectAt) {
    if (!warned) warn();
    collect();
    collectAt = Math.max(MANY, 2 * (open - atTurn));
  }
  setThreshold();
}

/** The loop turns: the collector's callbacks run again. */
function turned(): void {
  awaitsTurn = false;
  atTurn = open;
  look = open + STEP;
  young = undefined;
  compactAt = COMPACT;
  collectAt = MANY;
  setThreshold();
}

/** Forgets entries whose handles were closed. */
function compact(): void {
  young = young?.filter(({ reference }) => reference.ref !== 0);
  compactAt = Math.max(COMPACT, 2 * (young?.length ?? 0));
}

/**
 * Gives back what nothing reaches any more, as far as that is possible without a turn; whether anything was.
 */
function collect(): boolean {
  compact();
  if (young === undefined || young.length === 0 || collectNow === undefined || !collectNow()) return false;
  const before = open;
  for (const { handle, reference } of young) {
    const { heap, ref } = reference;
    if (ref === 0 || handle.deref() !== undefined) continue;
    went(reference);
    heap.core.refClose(ref);
  }
  compact();
  return open < before;
}

/**
 * The heap is full: whether handles that nothing reaches were given back, so that another try may succeed.
 */
export function relieve(): boolean {
  return collect();
}

function warn(): void {
  warned = true;
  console.warn(
    `nogil: this worker has ${open} open handles, ${open - atTurn} of which came without its event loop having turned. ` +
      'A handle that was dropped is closed for certain only when it turns. close() what is done with, or run each round in ' +
      `heap.tidy(() => ...); heap.keep() what is meant to stay.${callSite()}`,
  );
}

/** What MemoryError adds when handles may be the reason. */
export function handlesAsReason(): string {
  if (open < STEP) return '';
  return (
    `; this worker has ${open} open handles: close() what is done with, or run each round in heap.tidy(() => ...); ` +
    'what was only dropped is closed when its event loop turns'
  );
}

/** Whether so many handles have come that the collector should have a turn of the loop. */
export function wantsTurn(): boolean {
  return awaitsTurn;
}

/** Has handles that come from now on added to `set`, or to none; answers where they went before. */
export function gatherInto(set: Set<object> | undefined): Set<object> | undefined {
  const before = gathering;
  gathering = set;
  setThreshold();
  return before;
}

/** Runs `make` whose handles are parts of something, or the package's own: no scope closes them. */
export function apart<T>(make: () => T): T {
  if (gathering === undefined) return make();
  const before = gatherInto(undefined);
  try {
    return make();
  } finally {
    gatherInto(before);
  }
}
