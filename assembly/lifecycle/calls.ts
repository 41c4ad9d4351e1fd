/**
 * The calls of the core that may drop an object's last reference: each is the structure's own function and,
 * once that has given back every lock, `drain`. Who adds such an export adds it here; the models look for
 * doomed objects that a call has left behind.
 *
 * Nobody waits here beyond the call itself. Death between the call and the drain: see heap/object-table.ts.
 */
import { release as releaseOnly } from '../heap/object-table';
import {
  boxedCountHandles as boxedCountHandlesOnly,
  boxedDropAt as boxedDropAtOnly,
  boxedDrop as boxedDropOnly,
  inFlightCreate as inFlightCreateOnly,
} from '../heap/record';
import { cellBatchClose as cellBatchCloseOnly } from '../manager/batch';
import {
  tableClear as tableClearOnly,
  tableDelete as tableDeleteOnly,
  tablePutNumber as tablePutNumberOnly,
  tablePut as tablePutOnly,
} from '../manager/table';
import {
  vectorClear as vectorClearOnly,
  vectorSetNumber as vectorSetNumberOnly,
  vectorSet as vectorSetOnly,
  vectorSplice as vectorSpliceOnly,
} from '../manager/vector';
import {
  pipeCommit as pipeCommitOnly,
  pipePutBlock as pipePutBlockOnly,
  pipePutNumber as pipePutNumberOnly,
  pipePut as pipePutOnly,
  pipeSent as pipeSentOnly,
} from '../pipe/pipe';
import { queueShutdown as queueShutdownOnly } from '../queue/queue';
import { drain } from './destroy';
import { refDrop, releaseOwn } from './owned';

/** Closes a handle, or gives back what is in flight. */
export function refClose(ref: usize): void {
  refDrop(ref);
  drain();
}

/** This worker ends: see releaseOwn. */
export function refCloseOwn(): void {
  releaseOwn();
  drain();
}

/** One reference less, of a handle that nobody holds any more; the last one dooms the object. */
export function release(index: i32, generation: i32): void {
  releaseOnly(index, generation);
  drain();
}

/**
 * Counts the handles, `count` of them, that were written behind a box which says that it has none: OK; STALE:
 * an object is gone, and none is counted.
 */
export function boxedCountHandles(boxed: usize, count: u32): i32 {
  const status = boxedCountHandlesOnly(boxed, count);
  drain();
  return status;
}

/** Gives back a record that is a block of its own, or 0. */
export function boxedDrop(boxed: usize): void {
  boxedDropOnly(boxed);
  drain();
}

/** The same for the boxed record that is pointed to at `word`; can be cut short and done again. */
export function boxedDropAt(word: usize): void {
  boxedDropAtOnly(word);
  drain();
}

/**
 * A block, which is to become an item, goes with this worker if it dies, and its handles are counted: its
 * InFlight. NO_MEMORY; STALE: an object is gone, and the block.
 */
export function inFlightCreate(block: usize, length: u32, meta: u32): i32 {
  const status = inFlightCreateOnly(block, length, meta);
  drain();
  return status;
}

/** Drops what is in it, and itself. */
export function cellBatchClose(batch: usize): void {
  cellBatchCloseOnly(batch);
  drain();
}

/** OK, NOT_OWNER, WOULD_BLOCK. */
export function tableClear(table: usize): i32 {
  const status = tableClearOnly(table);
  drain();
  return status;
}

/** Takes the key out. OK; RANGE: it is not there; NOT_OWNER, WOULD_BLOCK. */
export function tableDelete(table: usize): i32 {
  const status = tableDeleteOnly(table);
  drain();
  return status;
}

/**
 * Puts the record at the scratch's begin under the key. OK; RANGE: `mode` (a Put) forbade it; NO_MEMORY;
 * NOT_OWNER, WOULD_BLOCK.
 */
export function tablePut(table: usize, mode: i32): i32 {
  const status = tablePutOnly(table, mode);
  drain();
  return status;
}

/** As manager/table.ts says. */
export function tablePutNumber(table: usize, value: f64, mode: i32): i32 {
  const status = tablePutNumberOnly(table, value, mode);
  drain();
  return status;
}

/** OK, NOT_OWNER, WOULD_BLOCK. */
export function vectorClear(vector: usize): i32 {
  const status = vectorClearOnly(vector);
  drain();
  return status;
}

/**
 * The record at the scratch's begin takes the place of the item at `index`. OK, RANGE, NO_MEMORY, NOT_OWNER,
 * WOULD_BLOCK.
 */
export function vectorSet(vector: usize, index: i32): i32 {
  const status = vectorSetOnly(vector, index);
  drain();
  return status;
}

/** As manager/vector.ts says. */
export function vectorSetNumber(vector: usize, index: i32, value: f64): i32 {
  const status = vectorSetNumberOnly(vector, index, value);
  drain();
  return status;
}

/**
 * Puts what is in a batch, which is empty afterwards, in the place of the items from `start` to `end`
 * (exclusive, as of a slice).
 * OK; NO_MEMORY, NOT_OWNER, WOULD_BLOCK: nothing has changed.
 */
export function vectorSplice(vector: usize, start: i32, end: i32, batch: usize): i32 {
  const status = vectorSpliceOnly(vector, start, end, batch);
  drain();
  return status;
}

/** As pipe/pipe.ts says. */
export function pipePut(queue: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  const status = pipePutOnly(queue, length, meta, timeoutMs);
  drain();
  return status;
}

/** As pipe/pipe.ts says. */
export function pipeCommit(queue: usize, slot: usize, length: u32, timeoutMs: f64): i32 {
  const status = pipeCommitOnly(queue, slot, length, timeoutMs);
  drain();
  return status;
}

/** As pipe/pipe.ts says. */
export function pipePutBlock(queue: usize, block: usize, inFlight: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  const status = pipePutBlockOnly(queue, block, inFlight, length, meta, timeoutMs);
  drain();
  return status;
}

/** As pipe/pipe.ts says. */
export function pipePutNumber(queue: usize, value: f64, timeoutMs: f64): i32 {
  const status = pipePutNumberOnly(queue, value, timeoutMs);
  drain();
  return status;
}

/** After each put, whatever came of it. */
export function pipeSent(queue: usize): void {
  pipeSentOnly(queue);
  drain();
}

/**
 * Nothing goes in from now on; `immediate`: what is in is dropped and counted off. Everybody who waits looks
 * again.
 */
export function queueShutdown(queue: usize, immediate: bool): void {
  queueShutdownOnly(queue, immediate);
  drain();
}
