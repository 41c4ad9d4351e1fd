/**
 * Making public objects. Each function answers this worker's handle to the new object, or NO_MEMORY.
 *
 * Nobody else knows the object yet: nobody waits. Death here loses the block.
 */
import { Kind, Status } from '../abi';
import { loadPlain, store, storePlain } from '../atomics';
import { Check } from '../checks';
import { objectCreate, refObject, refRelease } from '../heap/handles';
import { objectGeneration, objectId, retain } from '../heap/object-table';
import { Barrier, Condition, Connection, Container, Event, Lock, QUEUE_BYTES, RLock, Semaphore, Value, Worker } from '../layout';
import { containerInit } from '../manager/container';
import { queueInit } from '../queue/queue';
import { barrierInit } from '../sync/barrier';
import { TAKE_OVER } from '../sync/lock';
import { semaphoreInit } from '../sync/semaphore';
import { self } from '../waiting/park';
import { drain } from './destroy';

function lockLike(kind: i32, bytes: u32, takeOver: bool): i32 {
  const ref = objectCreate(kind, bytes);
  if (ref >= 0 && takeOver) store(refObject(ref) + offsetof<Lock>('flags'), TAKE_OVER);
  return ref;
}

/** `takeOver`: when its owner dies it goes to the next acquirer instead of being broken. */
export function lockCreate(takeOver: bool): i32 {
  return lockLike(Kind.LOCK, offsetof<Lock>(), takeOver);
}

export function rlockCreate(takeOver: bool): i32 {
  return lockLike(Kind.RLOCK, offsetof<RLock>(), takeOver);
}

/**
 * `lock`: 0: an RLock of its own; 1: none; otherwise a living Lock or RLock, which the value then keeps
 * alive.
 */
export function valueCreate(bytes: u32, lock: usize): i32 {
  return guardedCreate(Kind.VALUE, bytes, lock);
}

export function arrayCreate(bytes: u32, lock: usize): i32 {
  return guardedCreate(Kind.ARRAY, bytes, lock);
}

function guardedCreate(kind: i32, bytes: u32, lock: usize): i32 {
  const ref = lockLike(kind, offsetof<Value>() + bytes, false);
  if (ref < 0) return ref;
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
  const lock = <usize>(<u32>loadPlain(value + offsetof<Value>('lock')));
  if (lock > 1) Check.block(lock, value + offsetof<Value>('lock'));
  return lock;
}

export function valueData(value: usize): usize {
  return value + offsetof<Value>();
}

/**
 * One end of a pipe, between two living queues, which it then keeps alive; 0: it cannot receive, or cannot
 * send.
 */
export function connectionCreate(incoming: usize, outgoing: usize): i32 {
  const ref = objectCreate(Kind.CONNECTION, offsetof<Connection>());
  if (ref < 0) return ref;
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
export function semaphoreCreate(permits: i32, limit: i32): i32 {
  const ref = objectCreate(Kind.SEMAPHORE, offsetof<Semaphore>());
  if (ref >= 0) semaphoreInit(refObject(ref), permits, limit);
  return ref;
}

export function eventCreate(): i32 {
  return objectCreate(Kind.EVENT, offsetof<Event>());
}

/** `lock`: a living Lock or RLock, which the condition then keeps alive. */
export function conditionCreate(lock: usize, reentrant: bool): i32 {
  const ref = objectCreate(Kind.CONDITION, offsetof<Condition>());
  if (ref < 0) return ref;
  const condition = refObject(ref);
  retain(objectId(lock), objectGeneration(lock));
  store(condition + offsetof<Condition>('flags'), TAKE_OVER);
  storePlain(condition + offsetof<Condition>('lock'), <i32>lock);
  storePlain(condition + offsetof<Condition>('lockId'), objectId(lock));
  storePlain(condition + offsetof<Condition>('lockGeneration'), objectGeneration(lock));
  storePlain(condition + offsetof<Condition>('reentrant'), reentrant);
  return ref;
}

/** `timeout`: of a party that says none itself. */
export function barrierCreate(parties: i32, timeout: f64): i32 {
  const ref = lockLike(Kind.BARRIER, offsetof<Barrier>(), true);
  if (ref >= 0) barrierInit(refObject(ref), parties, timeout);
  return ref;
}

/** `maxsize` 0: as many items as the heap holds. */
export function queueCreate(maxsize: i32): i32 {
  const ref = objectCreate(Kind.QUEUE, QUEUE_BYTES);
  if (ref < 0) return ref;
  if (queueInit(refObject(ref), maxsize)) return ref;
  // Not even the first segment: take apart what nobody has seen, as a queue without a ring.
  refRelease(ref);
  drain();
  return Status.NO_MEMORY;
}

/** A queue of `kind` LIFO or PRIORITY. `maxsize` 0: as many items as the heap holds. */
export function singleLockCreate(kind: i32, maxsize: i32): i32 {
  const ref = objectCreate(kind, QUEUE_BYTES);
  if (ref >= 0) queueInit(refObject(ref), maxsize);
  return ref;
}

/** A dict. */
export function tableCreate(): i32 {
  return storeCreate(Kind.TABLE);
}

/** A list. */
export function vectorCreate(): i32 {
  return storeCreate(Kind.VECTOR);
}

function storeCreate(kind: i32): i32 {
  const ref = objectCreate(kind, offsetof<Container>());
  if (ref >= 0) containerInit(refObject(ref));
  return ref;
}

export function workerCreate(flags: i32): i32 {
  const ref = objectCreate(Kind.WORKER, offsetof<Worker>());
  if (ref < 0) return ref;
  storePlain(refObject(ref) + offsetof<Worker>('parent'), self);
  storePlain(refObject(ref) + offsetof<Worker>('flags'), flags);
  storePlain(refObject(ref) + offsetof<Worker>('nameFlags'), TAKE_OVER);
  return ref;
}
