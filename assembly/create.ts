/**
 * Making public objects. Each function answers the new object's Ref, which is this worker's first handle, or 0 when the heap is full.
 *
 * Nobody else knows the object yet: nobody waits. Death here loses the block.
 */
import { Extent, Kind, LockField, LockFlag, SlotField, WorkerField } from './abi';
import { loadPlain, store, storePlain } from './atomics';
import {
  Barrier,
  Condition,
  Connection,
  Container,
  Event,
  Lock,
  QUEUE_BYTES,
  RLock,
  Semaphore,
  Slot,
  Value,
  Worker,
} from './layout';
import { containerInit } from './manager/container';
import { objectCreate, objectGeneration, objectId, refClose, refObject, retain } from './objects';
import { self } from './park';
import { queueInit } from './queue/queue';
import { barrierInit } from './sync/barrier';
import { TAKE_OVER } from './sync/lock';
import { semaphoreInit } from './sync/semaphore';

if (offsetof<Worker>('tid') != WorkerField.TID || offsetof<Worker>('result') != WorkerField.RESULT) ERROR('WorkerField');
if (
  offsetof<Slot>('tid') != SlotField.TID ||
  offsetof<Slot>('recordId') != SlotField.RECORD_ID ||
  offsetof<Slot>('pid') != SlotField.PID
)
  ERROR('SlotField');
if (QUEUE_BYTES != Extent.QUEUE || offsetof<Container>() > <usize>Extent.OTHER) ERROR('Extent');
if (offsetof<Slot>('waitsFor') != SlotField.WAITS_FOR) ERROR('SlotField');
if (offsetof<Lock>('flags') != LockField.FLAGS || TAKE_OVER != LockFlag.TAKE_OVER) ERROR('LockField');

function lockLike(kind: i32, bytes: u32, takeOver: bool): usize {
  const ref = objectCreate(kind, bytes);
  if (ref && takeOver) store(refObject(ref) + offsetof<Lock>('flags'), TAKE_OVER);
  return ref;
}

/** `takeOver`: when its owner dies it goes to the next acquirer instead of being broken. */
export function lockCreate(takeOver: bool): usize {
  return lockLike(Kind.LOCK, offsetof<Lock>(), takeOver);
}

export function rlockCreate(takeOver: bool): usize {
  return lockLike(Kind.RLOCK, offsetof<RLock>(), takeOver);
}

/** `lock`: 0: an RLock of its own; 1: none; otherwise a living Lock or RLock, which the value then keeps alive. */
export function valueCreate(bytes: u32, lock: usize): usize {
  return guardedCreate(Kind.VALUE, bytes, lock);
}

export function arrayCreate(bytes: u32, lock: usize): usize {
  return guardedCreate(Kind.ARRAY, bytes, lock);
}

function guardedCreate(kind: i32, bytes: u32, lock: usize): usize {
  const ref = lockLike(kind, offsetof<Value>() + bytes, false);
  if (!ref) return 0;
  const value = refObject(ref);
  storePlain(value + offsetof<Value>('lock'), <i32>lock);
  if (lock > 1) {
    retain(objectId(lock), objectGeneration(lock));
    storePlain(value + offsetof<Value>('lockId'), objectId(lock));
    storePlain(value + offsetof<Value>('lockGeneration'), objectGeneration(lock));
  }
  return ref;
}

/** As given to valueCreate. */
export function valueLock(value: usize): usize {
  return <usize>(<u32>loadPlain(value + offsetof<Value>('lock')));
}

export function valueData(value: usize): usize {
  return value + offsetof<Value>();
}

/** One end of a pipe, between two living queues, which it then keeps alive; 0: it cannot receive, or cannot send. */
export function connectionCreate(incoming: usize, outgoing: usize): usize {
  const ref = objectCreate(Kind.CONNECTION, offsetof<Connection>());
  if (!ref) return 0;
  const connection = refObject(ref);
  if (incoming) {
    retain(objectId(incoming), objectGeneration(incoming));
    storePlain(connection + offsetof<Connection>('incomingId'), objectId(incoming));
    storePlain(connection + offsetof<Connection>('incomingGeneration'), objectGeneration(incoming));
    storePlain(connection + offsetof<Connection>('incoming'), <i32>incoming);
  }
  if (outgoing) {
    retain(objectId(outgoing), objectGeneration(outgoing));
    storePlain(connection + offsetof<Connection>('outgoingId'), objectId(outgoing));
    storePlain(connection + offsetof<Connection>('outgoingGeneration'), objectGeneration(outgoing));
    storePlain(connection + offsetof<Connection>('outgoing'), <i32>outgoing);
  }
  return ref;
}

/** `limit`: how high releases may take it. */
export function semaphoreCreate(permits: i32, limit: i32): usize {
  const ref = objectCreate(Kind.SEMAPHORE, offsetof<Semaphore>());
  if (ref) semaphoreInit(refObject(ref), permits, limit);
  return ref;
}

export function eventCreate(): usize {
  return objectCreate(Kind.EVENT, offsetof<Event>());
}

/** `lock`: a living Lock or RLock, which the condition then keeps alive. */
export function conditionCreate(lock: usize, reentrant: bool): usize {
  const ref = objectCreate(Kind.CONDITION, offsetof<Condition>());
  if (!ref) return 0;
  const condition = refObject(ref);
  retain(objectId(lock), objectGeneration(lock));
  store(condition + offsetof<Condition>('flags'), TAKE_OVER);
  storePlain(condition + offsetof<Condition>('lock'), <i32>lock);
  storePlain(condition + offsetof<Condition>('lockId'), objectId(lock));
  storePlain(condition + offsetof<Condition>('lockGeneration'), objectGeneration(lock));
  storePlain(condition + offsetof<Condition>('reentrant'), reentrant);
  return ref;
}

export function barrierCreate(parties: i32): usize {
  const ref = lockLike(Kind.BARRIER, offsetof<Barrier>(), true);
  if (ref) barrierInit(refObject(ref), parties);
  return ref;
}

/** `maxsize` 0: as many items as the heap holds. */
export function queueCreate(maxsize: i32): usize {
  const ref = objectCreate(Kind.QUEUE, QUEUE_BYTES);
  if (!ref) return 0;
  if (queueInit(refObject(ref), maxsize)) return ref;
  // Not even the first segment: take apart what nobody has seen, as a queue without a ring.
  refClose(ref);
  return 0;
}

/** A queue of `kind` LIFO or PRIORITY. `maxsize` 0: as many items as the heap holds. */
export function singleLockCreate(kind: i32, maxsize: i32): usize {
  const ref = objectCreate(kind, QUEUE_BYTES);
  if (ref) queueInit(refObject(ref), maxsize);
  return ref;
}

/** A dict. */
export function tableCreate(): usize {
  return storeCreate(Kind.TABLE);
}

/** A list. */
export function vectorCreate(): usize {
  return storeCreate(Kind.VECTOR);
}

function storeCreate(kind: i32): usize {
  const ref = objectCreate(kind, offsetof<Container>());
  if (ref) containerInit(refObject(ref));
  return ref;
}

export function workerCreate(flags: i32): usize {
  const ref = objectCreate(Kind.WORKER, offsetof<Worker>());
  if (!ref) return 0;
  storePlain(refObject(ref) + offsetof<Worker>('parent'), self);
  storePlain(refObject(ref) + offsetof<Worker>('flags'), flags);
  return ref;
}
