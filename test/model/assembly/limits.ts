/**
 * The limits of the model build: the same algorithms on a heap so small that its whole state can be hashed.
 * See assembly/limits.ts for what each is.
 */
export const ROOT: usize = 64;
export const PAGE_SHIFT: u32 = 10;
export const PAGE: u32 = 1 << PAGE_SHIFT;
export const SMALL_MAX: u32 = 512;
export const SMALL_CLASSES: i32 = 16;
export const MEDIUM_PAGES: i32 = 2;
export const SLOT_BITS: i32 = 3;
export const SLOTS: i32 = 1 << SLOT_BITS;
export const CHUNK_SHIFT: i32 = 4;
export const CHUNKS: i32 = 2;
export const SCRATCH: u32 = 256;
export const INLINE_MAX: u32 = 64;
export const SHAPES: i32 = 4;
export const SEGMENT_MIN: u32 = 64;
export const SEGMENT_MAX: u32 = 256;
export const FIRST_CHUNK_SHIFT: i32 = 2;
export const SPIN_MIN: i32 = 0;
export const SPIN_MAX: i32 = 0;
export const SLICE: f64 = Infinity;
/** Never: it would make up for every wake-up that is lost. */
export const LOOK_AFTER: f64 = f64.MAX_VALUE;
export const SPIN_BETWEEN: i32 = 0;
export const PROBE_AFTER_MIN: i32 = 1;
export const PROBE_AFTER_MAX: i32 = 1;
