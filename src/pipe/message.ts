/**
 * Messages: values and bytes on their way into a pipe, and bytes on their way out of it.
 */
import { Meta, Status } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { RECORD, writeRecord } from '../heap/records.ts';
import { placeInHeap } from '../queue/bytes.ts';

/** Whose messages these are. */
interface Sender {
  /** The queue; throws when it is closed. */
  readonly [Member.WRITES_TO]: number;
}

/**
 * Sends `value` in one message, waiting `ms` for room: a status. @throws TypeError it cannot be sent;
 * MemoryError; what the sender throws that was closed meanwhile, by a getter
 */
export function sendMessage(heap: Heap, sender: Sender, value: unknown, ms: number): number {
  const { core, scratchI32 } = heap;
  if (typeof value === 'number') return core.pipePutNumber(sender[Member.WRITES_TO], value, ms);
  const place = placeInHeap(heap, value);
  if (place !== 0) {
    const { length } = value as Uint8Array;
    const queue = sender[Member.WRITES_TO];
    const status = core.queuePutFrom(queue, place, length, ms);
    core.pipeSent(queue);
    return status;
  }
  writeRecord(heap, value, 0);
  const length = scratchI32[0] as number;
  const meta = scratchI32[1] as number;
  if (!(meta & Meta.OUT_OF_LINE)) return core.pipePut(sender[Member.WRITES_TO], length, meta, ms);
  const inFlight = scratchI32[3] as number;
  let status: number = Status.STALE;
  try {
    status = core.pipePutBlock(sender[Member.WRITES_TO], scratchI32[2] as number, inFlight, length, meta, ms);
  } finally {
    if (status !== Status.OK) core.refClose(inFlight);
  }
  return status;
}

/** Hands the bytes of the message that was just taken to `use`, where they lie; then they are gone. */
export function useBytes<T>(heap: Heap, length: number, meta: number, use: (bytes: Uint8Array) => T): T {
  const { core, scratch, scratchI32 } = heap;
  if (!(meta & Meta.OUT_OF_LINE)) return use(scratch.subarray(RECORD, RECORD + length));
  const block = scratchI32[RECORD >> 2] as number;
  const at = block + Meta.BLOCK_HEADER;
  heap.checkRange(block, Meta.BLOCK_HEADER + length);
  try {
    return use(heap.bytes(at + length).subarray(at, at + length));
  } finally {
    core.refClose(block);
  }
}
