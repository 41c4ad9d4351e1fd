/**
 * The numbers that fix sizes. The model build replaces this file by smaller ones, so that a whole heap fits
 * into a state that can be hashed.
 */
import { Limit, Size } from './abi';

/** Where the root structure lies. Not at 0, so that 0 can mean "none". */
export const ROOT: usize = Limit.ROOT;

/** The page of the heap: the unit in which the memory grows. */
export const PAGE_SHIFT: u32 = Limit.PAGE_SHIFT;
export const PAGE: u32 = 1 << PAGE_SHIFT;

/** Up to this many bytes a block shares a page with others of its size class: at least two to a page. */
export const SMALL_MAX: u32 = 32768;
export const SMALL_CLASSES: i32 = Limit.SMALL_CLASSES;
/**
 * Up to this many pages a freed run is kept for its own size, ready to be taken with one compare-and-swap: a
 * largest queue segment is among them.
 */
export const MEDIUM_PAGES: i32 = Limit.MEDIUM_PAGES;

export const SLOT_BITS: i32 = Limit.SLOT_BITS;
export const SLOTS: i32 = Limit.SLOTS;

/** Entries of the object table in one chunk (one page of 16-byte entries), and chunks at most. */
export const CHUNK_SHIFT: i32 = Limit.CHUNK_SHIFT;
export const CHUNKS: i32 = Size.CHUNKS;

/**
 * Each worker's private staging area for encoded items: large enough for a batch, small enough for the L2
 * cache.
 */
export const SCRATCH: u32 = 65536;
/**
 * An item up to this many bytes lies in the ring itself. Larger ones are copied once, into a block of their
 * own. Chosen by measurement, see bench/.
 */
export const INLINE_MAX: u32 = 2048;

/** Entries of the table of shapes; the first is not used. */
export const SHAPES: i32 = 2048;

/** The first segment of a queue, and the largest. */
export const SEGMENT_MIN: u32 = 1024;
export const SEGMENT_MAX: u32 = 1 << 20;

/** The first piece of a growing array has 2^this many entries (at least 4: see queue/priority.ts). */
export const FIRST_CHUNK_SHIFT: i32 = 5;

/** Bounds of the adaptive spin, in polls. Chosen by measurement, see bench/. */
export const SPIN_MIN: i32 = 20;
export const SPIN_MAX: i32 = Limit.SPIN_POLLS;
/** The longest sleep of who sleeps in slices, in milliseconds: so late may a thread end that is told to. */
export const SLICE: f64 = 100;
/**
 * Milliseconds after which who sleeps looks whether what it waits for can still come: where all is sound it
 * can, and nobody notices.
 */
export const LOOK_AFTER: f64 = 2000;
/**
 * The shortest spin between processes, in polls: about what the call of the kernel takes that ends a sleep.
 */
export const SPIN_BETWEEN: i32 = 400;
/** Waits from one probe of the spin to the next, at least and at most. */
export const PROBE_AFTER_MIN: i32 = 16;
export const PROBE_AFTER_MAX: i32 = 1024;
