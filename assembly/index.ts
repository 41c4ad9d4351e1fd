/**
 * The core's exports, grouped by primitive. `src/heap/core.ts` instantiates the compiled form; the types it
 * uses are generated from here.
 */

import { Version } from './abi';
import { add, cas, load, store } from './atomics';
import { heapInit } from './heap/allocator';
import { PAGE_MAP, Root, SLOT_BYTES } from './layout';
import { INLINE_MAX, PAGE, PAGE_SHIFT, ROOT, SCRATCH, SLOTS } from './limits';
import { TAKE_OVER } from './sync/lock';
import { selfScratch } from './waiting/park';

export { corruptWord } from './checks';
export { allocate, bytesInUse, bytesReserved, free } from './heap/allocator';
export { nodeCreate, nodeFree, nodeGive, nodeTake, refAdopt, refObject, refOpen } from './heap/handles';
export { loanEnd } from './heap/loan';
export {
  generationAt,
  objectAt,
  objectEntries,
  objectGeneration,
  objectId,
  objectKind,
  retain,
} from './heap/object-table';
export { shapeBytes, shapeIntern, shapeKeys } from './heap/shapes';
export {
  boxedCountHandles,
  boxedDrop,
  boxedDropAt,
  cellBatchClose,
  inFlightCreate,
  pipeCommit,
  pipePut,
  pipePutBlock,
  pipePutNumber,
  pipeSent,
  queueShutdown,
  refClose,
  refCloseOwn,
  release,
  tableClear,
  tableDelete,
  tablePut,
  tablePutNumber,
  vectorClear,
  vectorSet,
  vectorSetNumber,
  vectorSplice,
} from './lifecycle/calls';
export {
  arrayCreate,
  barrierCreate,
  conditionCreate,
  connectionCreate,
  eventCreate,
  lockCreate,
  queueCreate,
  rlockCreate,
  semaphoreCreate,
  singleLockCreate,
  tableCreate,
  valueCreate,
  valueData,
  valueLock,
  vectorCreate,
  workerCreate,
} from './lifecycle/create';
export { callCutOff, callRepair } from './lifecycle/cut-off';
export { reap, reapLocks } from './lifecycle/reaper';
export {
  slotCount,
  slotFree,
  slotNode,
  slotOf,
  slotSetRecord,
  slotTake,
  workerBecome,
  workerEnd,
  workerExitCode,
  workerGate,
  workerIsKnown,
  workerJoin,
  workerMove,
  workerName,
  workerOsPid,
  workerSetName,
  workerSetOsPid,
  workerState,
} from './lifecycle/workers';
export {
  cellBatchAdd,
  cellBatchAddBlock,
  cellBatchArrange,
  cellBatchCountHandles,
  cellBatchCreate,
  cellBatchShow,
} from './manager/batch';
export {
  updateLockAcquire,
  updateLockGate,
  updateLockOwner,
  updateLockPause,
  updateLockRelease,
  updateLockResume,
  updateLockTry,
} from './manager/container';
export {
  tableGet,
  tableHas,
  tablePutAll,
  tableSize,
  tableSnapshot,
  tableTake,
  tableTakeLast,
} from './manager/table';
export {
  vectorAppend,
  vectorAppendNumber,
  vectorGet,
  vectorLength,
  vectorSetFromBatch,
  vectorSnapshot,
  vectorTake,
} from './manager/vector';
export { connectionIncoming, connectionOutgoing, pipeReady } from './pipe/pipe';
export { queueCommit, queueGetInto, queueLease, queuePutFrom, queueReserve } from './queue/in-place';
export {
  queueGet,
  queueGetMany,
  queueGetNumbers,
  queueIsShutDown,
  queueNotEmptyGate,
  queueNotFullGate,
  queuePut,
  queuePutBlock,
  queuePutMany,
  queuePutNumber,
  queueSize,
} from './queue/queue';
export { queueJoin, queueJoinGate, queueTaskDone, queueUnfinished } from './queue/tasks';
export {
  barrierAbort,
  barrierArrive,
  barrierAwait,
  barrierGiveUp,
  barrierIsBroken,
  barrierOutcome,
  barrierParties,
  barrierReset,
  barrierTimeout,
  barrierTrip,
  barrierWaiting,
} from './sync/barrier';
export {
  conditionEnter,
  conditionIsReentrant,
  conditionLeave,
  conditionLock,
  conditionNotify,
  conditionOwned,
  conditionWait,
} from './sync/condition';
export { eventClear, eventGate, eventGeneration, eventIsSet, eventSet, eventWait } from './sync/event';
export {
  lockAcquire,
  lockDeadOwner,
  lockGate,
  lockIfFree,
  lockInternal,
  lockOwner,
  lockRelease,
  lockReset,
  lockTryOrMark,
  unlock,
} from './sync/lock';
export { rlockAcquire, rlockCount, rlockIfFree, rlockRelease, rlockTryOrMark } from './sync/rlock';
export {
  semaphoreAcquire,
  semaphoreGate,
  semaphoreIfFree,
  semaphoreRelease,
  semaphoreTry,
  semaphoreValue,
} from './sync/semaphore';
export { listHas } from './sync/wait-list';
export { doorbell } from './waiting/doorbell';
export { gateEnter, gateLeave, gateWakeAll, gateWakeHere } from './waiting/event-count';
export { multiWaitEnter, multiWaitEpoch, multiWaitLeave, multiWaitPark } from './waiting/multi-wait';
// `sleep` is for nobody's use: exported, it is not inlined, which it must not be.
export { configureWaiting, parkedOn, sleep } from './waiting/park';

/** Makes a fresh memory of `pages` pages into a heap; the caller is its only user so far. */
export function rootInit(pages: i32, maxPages: i32): void {
  const slots = (PAGE_MAP + ((<usize>maxPages) << 2) + 63) & ~63;
  const end = slots + <usize>SLOTS * SLOT_BYTES;
  store(ROOT + offsetof<Root>('version'), Version.LAYOUT);
  store(ROOT + offsetof<Root>('outputFlags'), TAKE_OVER);
  store(ROOT + offsetof<Root>('slots'), <i32>slots);
  store(ROOT + offsetof<Root>('nextEntry'), 1);
  heapInit(<i32>((end + PAGE - 1) >> PAGE_SHIFT), pages, maxPages);
  store(ROOT + offsetof<Root>('magic'), Version.MAGIC);
}

/**
 * What the hashes of keys begin with, a random number: keys cannot be chosen to collide. Before anybody makes
 * a dict.
 */
export function rootSetHashSeed(seed: i32): void {
  store(ROOT + offsetof<Root>('hashSeed'), seed);
}

/** Whether the memory holds a heap of this very layout. */
export function rootIsCompatible(): bool {
  return load(ROOT + offsetof<Root>('magic')) == Version.MAGIC && load(ROOT + offsetof<Root>('version')) == Version.LAYOUT;
}

/** The lock under which workers print. */
export function outputLock(): usize {
  return ROOT + offsetof<Root>('outputLock');
}

/** The number for the next unnamed Thread or Process, from 1. */
export function nextNumber(process: bool): i32 {
  return add(ROOT + (process ? offsetof<Root>('processes') : offsetof<Root>('threads')), 1) + 1;
}

/**
 * The dict of the names of shared memory: `table`, with a reference counted for it, if there was none; 0 only
 * asks.
 */
export function namesTable(table: usize): usize {
  const word = ROOT + offsetof<Root>('names');
  if (table) cas(word, 0, <i32>table);
  return <usize>(<u32>load(word));
}

export function scratch(): usize {
  return selfScratch;
}

export function scratchBytes(): u32 {
  return SCRATCH;
}

/** Items with more bytes of payload and handles than this need a block of their own. */
export function inlineBytes(): u32 {
  return INLINE_MAX;
}
