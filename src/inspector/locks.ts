/**
 * Locks, and everything else that workers wait in, read from outside.
 */
import { BarrierField, ContainerField, Kind, LockField, ValueField } from '../../assembly/abi.ts';
import { nameOf } from '../heap/kind-names.ts';
import type { LockInfo } from './snapshot.ts';
import type { Reader } from './source.ts';
import type { Row } from './table.ts';

/** Who holds a lock, by its word; 0: nobody does, or who did is dead. */
function ownerIn(word: number): number {
  return word & LockField.ABANDONED ? 0 : word & LockField.OWNER_MASK;
}

/** The address of the lock by which a worker can hold an object; 0: it cannot be held. */
function lockWordOf(reader: Reader, { kind, at }: Row): number {
  switch (kind) {
    case Kind.LOCK:
    case Kind.RLOCK:
      return at;
    case Kind.VALUE:
    case Kind.ARRAY:
      // Otherwise it has none, or another object's.
      return reader.word(at + ValueField.LOCK) === 0 ? at : 0;
    case Kind.TABLE:
    case Kind.VECTOR:
      return at + ContainerField.UPDATE_LOCK;
    default:
      return 0;
  }
}

export function holderOf(reader: Reader, row: Row): number {
  const lock = lockWordOf(reader, row);
  return lock === 0 ? 0 : ownerIn(reader.word(lock));
}

/** Threads that wait without blocking; the gate's words lie in different places. */
function asyncWaitersOf(reader: Reader, row: Row): number {
  const lock = lockWordOf(reader, row);
  if (lock !== 0) return reader.unsigned(lock + LockField.GATE_WAITERS);
  switch (row.kind) {
    case Kind.SEMAPHORE:
    case Kind.EVENT:
    case Kind.WORKER:
      return reader.unsigned(row.at + 12);
    default:
      return 0;
  }
}

function stateOf(reader: Reader, { kind, at }: Row): string | undefined {
  if (kind === Kind.SEMAPHORE) return `${reader.word(at)} free`;
  if (kind === Kind.EVENT) return reader.word(at) & 1 ? 'set' : 'not set';
  if (kind === Kind.BARRIER) return `${reader.word(at + BarrierField.COUNT)} of ${reader.word(at + BarrierField.PARTIES)}`;
  if (kind === Kind.TABLE) return `${reader.word(at + ContainerField.COUNT)} entries`;
  return undefined;
}

/** @param waiters the workers that are blocked in it */
export function lockInfo(reader: Reader, row: Row, waiters: number[]): LockInfo {
  const { id, kind, at } = row;
  const lock = lockWordOf(reader, row);
  const word = lock === 0 ? 0 : reader.word(lock);
  const info: LockInfo = {
    class: nameOf(kind),
    id,
    broken: (word & LockField.ABANDONED) !== 0,
    waiters,
    asyncWaiters: asyncWaitersOf(reader, row),
  };
  const holder = ownerIn(word);
  if (holder !== 0) info.holder = holder;
  if (kind === Kind.RLOCK && holder !== 0) info.count = reader.word(at + LockField.COUNT);
  const state = stateOf(reader, row);
  if (state !== undefined) info.state = state;
  return info;
}
