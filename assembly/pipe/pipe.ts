/**
 * Pipes: a queue for each direction, and for each end an object whose references are what is counted.
 *
 * Ancestry: the pipe of Unix, where an end is open as long as any process has it; here the table of open
 * files is the object table.
 *
 *     ╒═ Connection ═╕   ╒═ Queue ═╕   ╒═ Connection ═╕
 *     │ outgoing     ├──▸│         │◂──┤ incoming     │
 *     │ incoming     ├──▸│         │◂──┤ outgoing     │
 *     ╘══════════════╛   ╘═════════╛   ╘══════════════╛
 *
 * | outgoing.closed, seen from  | meaning                                                                |
 * | --------------------------- | ---------------------------------------------------------------------- |
 * | the end that reads from it  | no writer is left: what is in can be taken, behind it is the end       |
 * | the end that writes to it   | no reader is left: nothing goes in, and what was in is dropped         |
 *
 * An end is closed when its last reference goes: a worker's handle, closed by itself or by its reaper, or a
 * handle inside an item that is dropped.
 * It then closes both queues. It takes no lock for that, since the reaper must not wait for a lock of another
 * dead worker, whose death it would never come to hear of:
 *
 *  - where it writes, nobody can be in the middle of a put, because each who is in one has a reference;
 *  - where it reads, who is in the middle of a put may have looked at `closed` before, and what it puts then
 *    nobody reads. So whoever has put something looks at `closed` after it, and drops what is in; so does the
 *    end that closes. Either tries the tail's lock first, to be certain that nothing more is published; if
 *    somebody has it, that one will look after it.
 *
 * No wake-up is lost: `closed` is stored before everybody who sleeps at the queue, and every watcher, is
 * woken.
 *
 * Death while an end is closed: its reference is listed until it is taken apart, and the reaper closes the
 * queues again (see heap/object-table.ts).
 * Death between a put and the wake-up of watchers: the reaper's wakeAll. Death with the tail's lock in hand,
 * after the reader has gone: what was in stays until the queue goes.
 *
 * Not seen: an end that lies in a message to itself keeps itself alive, as it does in Unix without its
 * garbage collector for sockets.
 */
import { Status } from '../abi';
import { load, loadPlain, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { handleRelease } from '../heap/object-table';
import { Connection, Gate, QUEUE_HEAD, QUEUE_TAIL, Queue } from '../layout';
import { fifoSize } from '../queue/fifo';
import { queueCommit } from '../queue/in-place';
import { queueNotEmptyGate, queuePut, queuePutBlock, queuePutNumber, queueWakeAll } from '../queue/queue';
import { ringDrop } from '../queue/ring';
import { lockAcquire, unlock } from '../sync/lock';
import { multiWaitWake } from '../waiting/multi-wait';

/** The queue it reads from, or 0. */
export function connectionIncoming(connection: usize): usize {
  return queueAt(connection + offsetof<Connection>('incoming'));
}

function queueAt(word: usize): usize {
  const queue = <usize>(<u32>loadPlain(word));
  if (queue) Check.block(queue, word);
  return queue;
}

/** The queue it writes to, or 0. */
export function connectionOutgoing(connection: usize): usize {
  return queueAt(connection + offsetof<Connection>('outgoing'));
}

// ── putting: the queue's, and what a pipe does after it ──────────────────────────────────────────────

export function pipePut(queue: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  const status = queuePut(queue, length, meta, timeoutMs);
  pipeSent(queue);
  return status;
}

export function pipePutNumber(queue: usize, value: f64, timeoutMs: f64): i32 {
  const status = queuePutNumber(queue, value, timeoutMs);
  pipeSent(queue);
  return status;
}

export function pipePutBlock(queue: usize, block: usize, inFlight: usize, length: u32, meta: u32, timeoutMs: f64): i32 {
  const status = queuePutBlock(queue, block, inFlight, length, meta, timeoutMs);
  pipeSent(queue);
  return status;
}

export function pipeCommit(queue: usize, slot: usize, length: u32, timeoutMs: f64): i32 {
  const status = queueCommit(queue, slot, length, timeoutMs);
  pipeSent(queue);
  return status;
}

/** After each put, whatever came of it. */
export function pipeSent(queue: usize): void {
  if (isWatched(queue)) multiWaitWake();
  if (isClosed(queue)) drain(queue);
}

/** Whether a get would not have to wait: there is something, or there never will be. */
export function pipeReady(queue: usize): bool {
  return fifoSize(queue) != 0 || isClosed(queue);
}

function isWatched(queue: usize): bool {
  return load(queueNotEmptyGate(queue) + offsetof<Gate>('waiters')) > 0;
}

function isClosed(queue: usize): bool {
  return load(queue + offsetof<Queue>('closed')) != 0;
}

// ── closing ──────────────────────────────────────────────────────────────────────────────────────────

export function connectionDestroy(connection: usize): void {
  connectionSever(connection);
  // From here on the queues may be gone: who takes this up after a death must not touch them.
  storePlain(connection + offsetof<Connection>('incoming'), 0);
  storePlain(connection + offsetof<Connection>('outgoing'), 0);
  handleRelease(connection + offsetof<Connection>('incomingId'));
  handleRelease(connection + offsetof<Connection>('outgoingId'));
}

/** Closes both queues; can be cut short and done again. */
function connectionSever(connection: usize): void {
  const outgoing = connectionOutgoing(connection);
  const incoming = connectionIncoming(connection);
  if (outgoing) close(outgoing);
  if (incoming) {
    close(incoming);
    drain(incoming);
  }
}

function close(queue: usize): void {
  store(queue + offsetof<Queue>('closed'), 1);
  queueWakeAll(queue);
  multiWaitWake();
}

/** Drops what is in a closed queue that nobody reads, unless somebody else does or will. */
function drain(queue: usize): void {
  if (!tryLock(queue + QUEUE_TAIL)) return;
  unlock(queue + QUEUE_TAIL);
  while (fifoSize(queue) != 0) {
    if (!tryLock(queue + QUEUE_HEAD)) return;
    while (ringDrop(queue)) {}
    unlock(queue + QUEUE_HEAD);
  }
}

/** An internal lock: taken over if its holder is dead and known to be. */
function tryLock(lock: usize): bool {
  return lockAcquire(lock, 0) != Status.TIMEOUT;
}
