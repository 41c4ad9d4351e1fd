/**
 * The ring: a chain of byte rings with one lock at each end.
 *
 * Ancestry: the two-lock queue of Michael and Scott (PODC 1996) with a ring in place of its list; the remote
 * position that each side caches from FastForward (PPoPP 2008) and agrona's ring buffers; the growth by a
 * chain of larger rings is ours.
 *
 * | word                   | written by              | meaning                                                        |
 * | ---------------------- | ----------------------- | -------------------------------------------------------------- |
 * | tail.position          | holder of the tail lock | items << 32 | bytes that were ever put                         |
 * | head.position          | holder of the head lock | items << 32 | bytes that were ever taken                       |
 * | side.otherCache        | holder of that lock     | the other position, as last seen: at most as far as it is now, |
 * |                        |                         | and at the head never behind head.position                     |
 * | tail.segment           | holder of the tail lock | where the next record goes                                     |
 * | head.segment           | holder of the head lock | where the next record comes from                               |
 * | segment.next           | holder of the tail lock | set once: the producers have moved on at position segment.end  |
 *
 * A byte position is in the tail's segment if it is not below segment.base; its place there is position &
 * (capacity - 1). Positions never restart.
 * ONE 64-bit store publishes a record and counts it; one takes it and uncounts it. What was not published
 * never happened.
 *
 * A record that does not fit makes the producer chain a segment twice as large (up to SEGMENT_MAX), so a
 * queue whose items stay small stops allocating once its ring holds `maxsize` of them. A drained segment is
 * kept as the spare or given back.
 *
 * Death of a producer, its lock held: before the store the record does not exist; after it, it does. While it
 * chained a segment: either `next` is not set, and the new segment is lost, or it is, and the next producer
 * follows it. Consumers cannot have left the old segment yet: they do only when something was published
 * behind it. An item in a block has an InFlight, of its producer until the store and of its consumer from
 * then on (heap/object-table.ts).
 * Death of a consumer: before the store of its position the item is still there (a second consumer gets it),
 * after it the item was in the hands of the dead.
 */

import { copy, load, load64, loadPlain, loadPlain64, store, store64, storePlain, storePlain64, xchg } from '../atomics';
import { Check } from '../checks';
import { allocate, free } from '../heap/allocator';
import { beginTake, endTake } from '../heap/in-flight';
import { isMeta, itemDrop, OUT_OF_LINE, RECORD, recordBytes } from '../heap/record';
import { QUEUE_HEAD, QUEUE_TAIL, Queue, QueueSide, Record, Segment } from '../layout';
import { SCRATCH, SEGMENT_MAX, SEGMENT_MIN } from '../limits';

const SEGMENT: usize = 16;
/** Of a chain whose producers have not moved on: who dies then leaves one. */
const mostSegments: i32 = 4096;

export function itemsOf(position: i64): i32 {
  return <i32>(position >> 32);
}

export function bytesOf(position: i64): u32 {
  return <u32>position;
}

export function advance(position: i64, items: i32, bytes: u32): i64 {
  return ((<i64>(itemsOf(position) + items)) << 32) | <i64>(<u32>(bytesOf(position) + bytes));
}

export function positionOf(side: usize): i64 {
  return load64(side + offsetof<QueueSide>('position'));
}

/**
 * The word that says for an InFlight whether an item has changed hands: the bytes, of which every item has
 * some.
 */
export function positionWord(side: usize): usize {
  return side + offsetof<QueueSide>('position');
}

export function setPosition(side: usize, position: i64): void {
  store64(side + offsetof<QueueSide>('position'), position);
}

// ORDERING: what a side caches and where its segment lies is plain: its lock guards it. `next` is atomic: the
// other side reads it.

export function cachedOther(side: usize): i64 {
  return loadPlain64(side + offsetof<QueueSide>('otherCache'));
}

/** Looks at the other side and remembers what it saw. */
export function refreshOther(side: usize, other: usize): i64 {
  const position = positionOf(other);
  storePlain64(side + offsetof<QueueSide>('otherCache'), position);
  return position;
}

function segmentOf(side: usize): usize {
  return <usize>(<u32>loadPlain(side + offsetof<QueueSide>('segment')));
}

/** The end of the segment that was found sound last: most calls come upon it again. 1: none yet. */
let soundEnd: usize = 1;

// biome-ignore lint/complexity/noStaticOnlyClass: the compiler puts only methods in place where it is told to.
class Segments {
  /**
   * A segment whose address was read at `word`: all of it lies in the heap. Whoever changes the address or the
   * capacity changes their sum.
   */
  @inline
  static check(segment: usize, word: usize): void {
    if (endOf(segment) != soundEnd) Segments.look(segment, word);
  }

  @inline
  static look(segment: usize, word: usize): void {
    Check.block(segment, word);
    const capacity = segmentCapacity(segment);
    Check.that(capacity >= SEGMENT_MIN && (capacity & (capacity - 1)) == 0, segment + offsetof<Segment>('capacity'));
    Check.block(segment + capacity, word);
    soundEnd = segment + capacity;
  }
}

function endOf(segment: usize): usize {
  return segment + segmentCapacity(segment);
}

function checkSegment(segment: usize, word: usize): void {
  Segments.look(segment, word);
}

function setSegment(side: usize, segment: usize): void {
  storePlain(side + offsetof<QueueSide>('segment'), <i32>segment);
}

function nextSegment(segment: usize): usize {
  return <usize>(<u32>load(segment + offsetof<Segment>('next')));
}

function segmentCapacity(segment: usize): u32 {
  return <u32>loadPlain(segment + offsetof<Segment>('capacity'));
}

function newSegment(capacity: u32, base: u32): usize {
  const segment = allocate(capacity + <u32>SEGMENT);
  if (segment) {
    storePlain(segment + offsetof<Segment>('next'), 0);
    storePlain(segment + offsetof<Segment>('end'), 0);
    storePlain(segment + offsetof<Segment>('base'), <i32>base);
    storePlain(segment + offsetof<Segment>('capacity'), <i32>capacity);
  }
  return segment;
}

/** False: the heap is full. */
export function ringInit(queue: usize): bool {
  const segment = newSegment(SEGMENT_MIN, 0);
  if (!segment) return false;
  setSegment(queue + QUEUE_TAIL, segment);
  setSegment(queue + QUEUE_HEAD, segment);
  return true;
}

/**
 * @requires lock(tail). The segment in which `bytes` more fit at `at`, chaining a new one if need be; 0: the
 * heap is full.
 */
export function ringReserve(queue: usize, at: u32, bytes: u32): usize {
  const side = queue + QUEUE_TAIL;
  let segment = segmentOf(side);
  // An owner that died may have chained a segment without moving on.
  let bound = mostSegments;
  Segments.check(segment, side + offsetof<QueueSide>('segment'));
  for (let next = nextSegment(segment); next; next = nextSegment(segment)) {
    checkSegment(next, segment);
    Check.that(bound-- > 0, segment);
    segment = next;
    setSegment(side, segment);
  }
  if (fits(segment, at, bytesOf(cachedOther(side)), bytes)) return segment;
  if (fits(segment, at, bytesOf(refreshOther(side, queue + QUEUE_HEAD)), bytes)) return segment;
  return chainSegment(queue, side, segment, at, bytes);
}

function fits(segment: usize, at: u32, head: u32, bytes: u32): bool {
  const base = <u32>loadPlain(segment + offsetof<Segment>('base'));
  const from = <i32>(head - base) < 0 ? base : head;
  return at - from + bytes <= segmentCapacity(segment);
}

function chainSegment(queue: usize, side: usize, segment: usize, at: u32, bytes: u32): usize {
  Check.that(bytes <= SEGMENT_MAX, side);
  let capacity = min(segmentCapacity(segment) << 1, SEGMENT_MAX);
  while (capacity < bytes) capacity <<= 1;
  let next = takeSpare(queue, capacity);
  if (next) storePlain(next + offsetof<Segment>('base'), <i32>at);
  else next = newSegment(capacity, at);
  if (!next) return 0;
  storePlain(segment + offsetof<Segment>('end'), <i32>at);
  store(segment + offsetof<Segment>('next'), <i32>next);
  setSegment(side, next);
  return next;
}

function takeSpare(queue: usize, capacity: u32): usize {
  const word = queue + offsetof<Queue>('spare');
  if (!load(word)) return 0;
  const spare = <usize>(<u32>xchg(word, 0));
  if (spare) checkSegment(spare, word);
  if (!spare || segmentCapacity(spare) >= capacity) return spare;
  free(spare);
  return 0;
}

/** @requires lock(head), and something lies at `at`: the segment in which it does. */
export function ringSeek(queue: usize, at: u32): usize {
  const side = queue + QUEUE_HEAD;
  const segment = segmentOf(side);
  Segments.check(segment, side + offsetof<QueueSide>('segment'));
  const next = nextSegment(segment);
  if (!next || <u32>loadPlain(segment + offsetof<Segment>('end')) != at) return segment;
  checkSegment(segment, side + offsetof<QueueSide>('segment'));
  checkSegment(next, segment);
  setSegment(side, next);
  storePlain(segment + offsetof<Segment>('next'), 0);
  // Only segments of the largest size go round: smaller ones are outgrown.
  const old =
    segmentCapacity(segment) >= SEGMENT_MAX ? <usize>(<u32>xchg(queue + offsetof<Queue>('spare'), <i32>segment)) : segment;
  if (old) free(old);
  return ringSeek(queue, at);
}

/** Bytes from `at` to where the producers left this segment, at most `bytes`. */
export function ringRun(segment: usize, at: u32, bytes: u32): u32 {
  return nextSegment(segment) ? min(bytes, <u32>loadPlain(segment + offsetof<Segment>('end')) - at) : bytes;
}

export function ringAddress(segment: usize, at: u32): usize {
  return segment + SEGMENT + <usize>(at & (segmentCapacity(segment) - 1));
}

/** Copies `bytes` into the ring at `at`, around its end if need be. */
export function ringWrite(segment: usize, at: u32, from: usize, bytes: u32): void {
  const first = firstPiece(segment, at, bytes);
  copy(ringAddress(segment, at), from, first);
  if (first < bytes) copy(segment + SEGMENT, from + first, bytes - first);
}

export function ringRead(segment: usize, at: u32, to: usize, bytes: u32): void {
  const first = firstPiece(segment, at, bytes);
  copy(to, ringAddress(segment, at), first);
  if (first < bytes) copy(to + first, segment + SEGMENT, bytes - first);
}

function firstPiece(segment: usize, at: u32, bytes: u32): u32 {
  const capacity = segmentCapacity(segment);
  return min(bytes, capacity - (at & (capacity - 1)));
}

/** The word at `at`: records are aligned to 8, so their headers never wrap. */
export function ringWord(segment: usize, at: u32): u32 {
  return <u32>loadPlain(ringAddress(segment, at));
}

/**
 * @requires lock(head). That a record can be what lies at `head`, with `tail` behind it: its segment is one, and
 * its bytes are there and fit into the scratch.
 */
export function checkRecord(side: usize, head: i64, tail: i64, length: u32, meta: u32): void {
  const left = bytesOf(tail) - bytesOf(head);
  Check.that(itemsOf(tail) - itemsOf(head) > 0 && <i32>left > 0, side + offsetof<QueueSide>('position'));
  const isInBlock = (meta & OUT_OF_LINE) != 0;
  const isSound = isMeta(meta) && (isInBlock || (length <= SCRATCH - RECORD && meta <= 0xffff));
  Check.that(isSound && recordBytes(length, meta) <= left, side + offsetof<QueueSide>('segment'));
}

/** @requires lock(head). That a queue without bytes is without items. */
export function checkEmpty(side: usize, head: i64): void {
  Check.that(itemsOf(cachedOther(side)) == itemsOf(head), side + offsetof<QueueSide>('position'));
}

/** @requires lock(head). Where the tail is, if anything lies behind `head`; otherwise `head`. */
export function ringTail(queue: usize, head: i64): i64 {
  const side = queue + QUEUE_HEAD;
  const tail = cachedOther(side);
  return bytesOf(tail) != bytesOf(head) ? tail : refreshOther(side, queue + QUEUE_TAIL);
}

/** @requires lock(head), and nothing goes in any more: drops the first item; false when there is none. */
export function ringDrop(queue: usize): bool {
  const side = queue + QUEUE_HEAD;
  const head = positionOf(side);
  const at = bytesOf(head);
  const before = positionOf(queue + QUEUE_TAIL);
  Check.that(bytesOf(before) != at || itemsOf(before) == itemsOf(head), positionWord(side));
  if (bytesOf(ringTail(queue, head)) == at) return false;
  const tail = positionOf(queue + QUEUE_TAIL);
  const segment = ringSeek(queue, at);
  const length = ringWord(segment, at + offsetof<Record>('length'));
  const meta = ringWord(segment, at + offsetof<Record>('meta'));
  checkRecord(side, head, tail, length, meta);
  const after = advance(head, 1, recordBytes(length, meta));
  const block = meta & OUT_OF_LINE ? <usize>ringWord(segment, at + RECORD) : 0;
  if (block) beginTake(block, length, meta, positionWord(side), bytesOf(after));
  setPosition(side, after);
  if (block) {
    endTake(block);
    itemDrop(block);
  }
  return true;
}

/** Nobody left: gives the segments back; can be cut short and done again. */
export function ringFree(queue: usize): void {
  const side = queue + QUEUE_HEAD;
  let bound = Check.most();
  for (let segment = segmentOf(side); segment; segment = segmentOf(side)) {
    Check.block(segment, side + offsetof<QueueSide>('segment'));
    Check.that(bound-- != 0, side + offsetof<QueueSide>('segment'));
    setSegment(side, nextSegment(segment));
    free(segment);
  }
  const spare = <usize>(<u32>xchg(queue + offsetof<Queue>('spare'), 0));
  if (spare) free(spare);
}
