/**
 * What the classes over Redis take from the rest of the package. The build puts the one copy that a thread
 * has in the place of this module: nothing else of `src/` may be imported beside it, but for types and
 * constants.
 */
export { Codec, registerErrorClass, SEND } from '../codec/index.ts';
export {
  AttributeError,
  BrokenBarrierError,
  Empty,
  Full,
  IndexError,
  KeyError,
  OSError,
  RuntimeError,
  ShutDown,
  TimeoutError,
  ValueError,
} from '../errors.ts';
export { onAbort } from '../heap/abort.ts';
export { theHeap } from '../heap/heap.ts';
export { asPart } from '../heap/held.ts';
export { checkNames } from '../heap/options.ts';
export { AdoptionToken, created, refAgain, registerShared, Shared } from '../heap/shared.ts';
export { STATE } from '../heap/show.ts';
export { isBlocking, leftUntil, nonNegativeTimeoutToMs, timeoutToMs } from '../heap/time.ts';
export { toKey } from '../manager/cells.ts';
export { Dict } from '../manager/dict.ts';
export { methodsOf, withContents } from '../manager/properties.ts';
export { countIn, includesIn, indexIn, sorted } from '../manager/searching.ts';
export { currentProcess } from '../multiprocessing.ts';
export { Pool } from '../pool/pool.ts';
export { itemsOf, itemsOfAsync } from '../queue/items.ts';
export { keyOf } from '../queue/keys.ts';
export { Queue } from '../queue/queue.ts';
export { readableOf, writableOf } from '../queue/streams.ts';
export { RawArray } from '../sync/array.ts';
export { acquireTimeout, checkInteger, threading } from '../sync/flavour.ts';
export { placeOf } from '../sync/indices.ts';
export { checkType, checkTypecode, views } from '../sync/typecodes.ts';
export { Process } from '../workers/process.ts';
export { allMarks, markOf } from '../workers/targets.ts';
export { currentThread, Thread } from '../workers/thread.ts';
