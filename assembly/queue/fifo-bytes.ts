/**
 * The first discipline, for a consumer that takes bytes only, and refuses others: one try.
 *
 * Ancestry, words, death: fifo.ts, ring.ts. Nobody waits here but for the short lock. A refusal changes
 * nothing.
 */
import { Encoding, Status } from '../abi';
import { loadPlain, storePlain } from '../atomics';
import { OUT_OF_LINE, RECORD, recordBytes } from '../heap/record';
import { QUEUE_HEAD, QUEUE_TAIL, Queue } from '../layout';
import { lockInternal, unlock } from '../sync/lock';
import { selfScratch } from '../waiting/park';
import { takeBlock } from './fifo';
import {
  advance,
  bytesOf,
  cachedOther,
  checkEmpty,
  checkRecord,
  itemsOf,
  positionOf,
  ringRead,
  ringSeek,
  ringTail,
  ringWord,
  setPosition,
} from './ring';

/**
 * Whether there is room for an item, by what the producers last saw of the consumers' position. False:
 * perhaps. Looking at that itself would pull its line from them each time.
 */
export function fifoHasRoom(queue: usize): bool {
  const maxsize = loadPlain(queue + offsetof<Queue>('maxsize'));
  const side = queue + QUEUE_TAIL;
  // ORDERING: the cache is plain, and read without its lock: it is never ahead of the position, however old.
  return maxsize <= 0 || itemsOf(positionOf(side)) - itemsOf(cachedOther(side)) < maxsize;
}

/**
 * Why a consumer of at most `most` bytes does not take an item: NOT_BYTES; TOO_LONG, with the length in the
 * scratch's first word; 0: it does.
 */
export function refusalOf(length: u32, meta: u32, most: u32): i32 {
  if ((meta & ~OUT_OF_LINE) != <u32>Encoding.BYTES) return Status.NOT_BYTES;
  if (length <= most) return 0;
  storePlain(selfScratch, <i32>length);
  return Status.TOO_LONG;
}

/** One try, see `tryTakeBytes`; TIMEOUT: it is empty. */
export function fifoTakeBytes(queue: usize, to: usize, most: u32): i32 {
  const side = queue + QUEUE_HEAD;
  lockInternal(side);
  const head = positionOf(side);
  const at = bytesOf(head);
  const tail = ringTail(queue, head);
  if (bytesOf(tail) == at) {
    checkEmpty(side, head);
    unlock(side);
    return Status.TIMEOUT;
  }
  const segment = ringSeek(queue, at);
  const length = ringWord(segment, at);
  const meta = ringWord(segment, at + 4);
  checkRecord(side, head, tail, length, meta);
  const refusal = refusalOf(length, meta, most);
  if (refusal) {
    unlock(side);
    return refusal;
  }
  const after = advance(head, 1, recordBytes(length, meta));
  const block = meta & OUT_OF_LINE ? <usize>ringWord(segment, at + RECORD) : 0;
  storePlain(selfScratch, <i32>block);
  if (block) takeBlock(side, block, length, meta, after);
  else {
    ringRead(segment, at + RECORD, to, length);
    setPosition(side, after);
  }
  unlock(side);
  return <i32>length;
}
