/**
 * Every structure in the shared memory, in one place. The classes are never instantiated: they exist for
 * `offsetof`, which folds into the instruction's own offset.
 *
 * A public object is a block of the heap whose first 16 bytes are its header; its pointer is the address
 * AFTER the header, so that the same functions serve a public lock and a lock embedded in a queue.
 *
 *     block            pointer
 *     ╒═══════════════╤════════════════════════════
 *     │ Header (16 B) │ Lock | RLock | Queue | ...
 *     ╘═══════════════╧════════════════════════════
 *
 * Ancestry of the form: agrona's RingBufferDescriptor and AssemblyScript's rt/tlsf.ts.
 */
import {
  BarrierField,
  CellBatchField,
  ClassField,
  ContainerField,
  EntryField,
  Extent,
  ListField,
  LockField,
  Meta,
  QueueField,
  RootField,
  Size,
  SlotField,
  ValueField,
  WorkerField,
} from './abi';
import { CHUNKS, MEDIUM_PAGES, ROOT, SMALL_CLASSES } from './limits';

/** Two words on which async waiters sleep: `seq` changes and all are woken (see event-count.ts). */
@unmanaged
export class Gate {
  seq: i32;
  waiters: i32;
}

/** The words of a lock (see sync/lock.ts). */
@unmanaged
export class Lock {
  word: i32;
  gateSeq: i32;
  gateWaiters: i32;
  flags: i32;
}
if (offsetof<Lock>('flags') != LockField.FLAGS || offsetof<Lock>('gateWaiters') != LockField.GATE_WAITERS) ERROR('LockField');

/** A lock of its owner's (see sync/rlock.ts). */
@unmanaged
export class RLock extends Lock {
  /** Plain: only the owner touches it. */
  count: i32;
}
if (offsetof<RLock>('count') != LockField.COUNT) ERROR('LockField');

/** Before the data of a Value: the lock of its own, and which lock guards it. */
@unmanaged
export class Value extends RLock {
  /** 0: its own; 1: none; otherwise another lock, which it keeps alive. */
  lock: u32;
  lockId: i32;
  lockGeneration: i32;
}
if (offsetof<Value>('lock') != ValueField.LOCK || offsetof<Value>() != Size.VALUE) ERROR('ValueField');

/** One end of a pipe: the queues that it reads from and writes to, 0 for none (see pipe/pipe.ts). */
@unmanaged
export class Connection {
  incoming: u32;
  incomingId: i32;
  incomingGeneration: i32;
  outgoing: u32;
  outgoingId: i32;
  outgoingGeneration: i32;
}

@unmanaged
export class EventCount {
  seq: i32;
  waiters: i32;
  gateSeq: i32;
  gateWaiters: i32;
}

@unmanaged
export class Semaphore {
  permits: i32;
  waiters: i32;
  gateSeq: i32;
  gateWaiters: i32;
  /** BoundedSemaphore: the start value; otherwise the largest i32. */
  limit: i32;
}

@unmanaged
export class Event {
  generation: i32;
  waiters: i32;
  gateSeq: i32;
  gateWaiters: i32;
}

/** First in, first out, each waiter on a word of its own (see waitlist.ts). */
@unmanaged
export class WaitList {
  word: i32;
  gateSeq: i32;
  gateWaiters: i32;
  flags: i32;
  head: u32;
  /** A hint, rebuilt from `head` when an owner died: so is `count`. */
  tail: u32;
  count: i32;
  /** The node that is being taken out and told so, or 0. */
  leaving: u32;
}

@unmanaged
export class WaitNode {
  state: i32;
  next: u32;
  tid: i32;
  index: i32;
}
if (offsetof<WaitNode>() != Size.NODE) ERROR('Size.NODE');
if (offsetof<WaitList>('head') != ListField.HEAD || offsetof<WaitNode>('next') != ListField.NODE_NEXT) ERROR('ListField');

@unmanaged
export class Condition extends WaitList {
  lock: u32;
  lockId: i32;
  lockGeneration: i32;
  /** 1 when `lock` is an RLock. */
  reentrant: i32;
}
if (offsetof<Condition>('lock') != ListField.LOCK || offsetof<Condition>('lockId') != ListField.LOCK_ID) ERROR('ListField');

@unmanaged
export class Barrier extends WaitList {
  parties: i32;
  phase: i32;
  /** The round that is gathering behind a tripping one has lost a party: break when it becomes current. */
  breakNext: i32;
  /** Seconds that a party waits which says nothing itself; infinity: for ever. Never changes. */
  timeout: f64;
}
if (offsetof<Barrier>('parties') != BarrierField.PARTIES || offsetof<Barrier>('count') != BarrierField.COUNT)
  ERROR('BarrierField');

/**
 * A queue (see queue/queue.ts): what both sides read, then two lines of 64 bytes for each side, so that a
 * producer and a consumer do not pull a line from each other (Intel fetches lines in pairs, large ARM cores
 * have lines of 128), then the sleepers.
 *
 *     ╒════════╤════════════════╤═════════════════╤═════════════════╤════════════╤═══════════╕
 *     │ Header │ Queue          │ QueueSide: tail │ QueueSide: head │ notEmpty   │ notFull   │
 *     ╘════════╧════════════════╧═════════════════╧═════════════════╧════════════╧═══════════╛
 *   block:  0    16               128               256               384          448      512
 */
@unmanaged
export class Queue {
  maxsize: i32;
  /** 0 open, 1 shut down. */
  closed: i32;
  spare: u32;
  joinSeq: i32;
  joinWaiters: i32;
  joinGateSeq: i32;
  joinGateWaiters: i32;
}
if (offsetof<Queue>('maxsize') != QueueField.MAXSIZE || offsetof<Queue>('closed') != QueueField.CLOSED) ERROR('QueueField');
if (offsetof<Queue>('joinSeq') != QueueField.JOIN) ERROR('QueueField');

/**
 * One end of a queue: a lock and what it guards. The position has a line of its own: who waits for it to move
 * on reads it again and again, and must not take the lock's line from its owner three times for each item.
 */
@unmanaged
export class QueueSide extends Lock {
  /** What this side last saw of the other's position: saves pulling its line. */
  otherCache: i64;
  segment: u32;
  gap0: i32;
  gap1: i64;
  gap2: i64;
  gap3: i64;
  gap4: i64;
  /** items << 32 | bytes, both free running: ONE store publishes an item and counts it. */
  position: i64;
}
if (offsetof<QueueSide>('position') != 64) ERROR('QueueSide');

export const QUEUE_TAIL: usize = QueueField.TAIL;
export const QUEUE_HEAD: usize = QueueField.HEAD;
export const QUEUE_NOT_EMPTY: usize = QueueField.NOT_EMPTY;
export const QUEUE_NOT_FULL: usize = QueueField.NOT_FULL;
/** Tasks counted off (see queue/tasks.ts): beside what consumers read and no put does. */
export const QUEUE_DONE: usize = QueueField.DONE;
if (QUEUE_TAIL + offsetof<QueueSide>('position') != <usize>QueueField.TAIL_POSITION) ERROR('QueueField');
if (QUEUE_HEAD + offsetof<QueueSide>('position') != <usize>QueueField.HEAD_POSITION) ERROR('QueueField');
export const QUEUE_BYTES: u32 = 456;
if (QUEUE_DONE != <usize>Extent.QUEUE) ERROR('Extent.QUEUE');

/**
 * A LifoQueue or PriorityQueue has one lock, in the place of a Queue's tail (see queue/single-lock.ts). Its
 * `position` is items that were ever put << 32 | items in it.
 */
@unmanaged
export class SingleLockQueue extends QueueSide {
  /** Of PRIORITY: what kind of keys those in it have (see queue/key.ts). */
  shape: i32;
  /**
   * Of PRIORITY: the entry that is being moved, where to, and the size for which that is true (see
   * queue/priority.ts).
   */
  moveSize: i32;
  /** A place in the heap and 1, or 0. */
  hole: i32;
  moving0: i64;
  moving1: i64;
  moving2: i64;
  moving3: i64;
  /** The upper half of the number of items that were ever put: how often the lower one has come around. */
  epoch: i32;
}
if (offsetof<SingleLockQueue>('epoch') + 4 > QUEUE_HEAD - QUEUE_TAIL) ERROR('SingleLockQueue');

/**
 * The words of segmented-array.ts, in the place of a Queue's head, behind what would be its lock and
 * position.
 */
export const SEGMENTED_ARRAY: usize = QUEUE_HEAD + 40;
export const CHUNKS_AT_MOST: i32 = 22;

/** What a LifoQueue's array is made of: a record whose payload is 8 bytes, in the record or in a block. */
@unmanaged
export class StackEntry {
  length: u32;
  meta: u32;
  payload: i64;
}
export const STACK_ENTRY_SHIFT: i32 = 4;

/** What a PriorityQueue's array is made of (see queue/key.ts for the key). */
@unmanaged
export class PriorityEntry {
  /** The key's first 8 bytes, as a number. */
  prefix: u64;
  /** Items that were put before it: of two with equal keys the one with fewer goes first. The lower half. */
  age: i32;
  /** Its upper half, or the block with the key's other bytes (see queue/key.ts). */
  rest: i32;
  /** As a StackEntry. */
  length: u32;
  meta: u32;
  payload: i64;
}
export const PRIORITY_ENTRY_SHIFT: i32 = 5;

/** A piece of the ring: `capacity` bytes follow (a power of two). */
@unmanaged
export class Segment {
  /** Set once, when the producers have moved on: then `end` is the position where they did. */
  next: u32;
  end: u32;
  base: u32;
  capacity: u32;
}

/** An item in a ring or a box; the payload follows, then the handles, 8 bytes each. */
@unmanaged
export class Record {
  /** Payload bytes. */
  length: u32;
  /** Encoding | OUT_OF_LINE | handles << 16 (see record.ts). */
  meta: u32;
}
if (offsetof<Record>() != Size.RECORD) ERROR('Size.RECORD');

/** One value of a managed dict or list (see manager/cell.ts). */
@unmanaged
export class Cell {
  word: i64;
}

/** What a cell points to; the body follows. */
@unmanaged
export class CellBlock {
  refs: i32;
  length: u32;
  meta: u32;
  hash: u32;
}

/** A table or a vector: the latch, and the update lock (see manager/container.ts). */
@unmanaged
export class Container extends Lock {
  updateLock: i32;
  updateLockGateSeq: i32;
  updateLockGateWaiters: i32;
  updateLockFlags: i32;
  nesting: i32;
  body: u32;
  count: i32;
}
if (offsetof<Container>() > <usize>Extent.OTHER) ERROR('Extent.OTHER');
if (offsetof<Container>('updateLock') != ContainerField.UPDATE_LOCK || offsetof<Container>('count') != ContainerField.COUNT)
  ERROR('ContainerField');

/** Of a table; the entries follow, then the slots (see manager/table.ts). */
@unmanaged
export class TableBody {
  slots: u32;
  limit: u32;
  used: u32;
  spent: u32;
}

@unmanaged
export class TableEntry {
  key: i64;
  value: i64;
}

/** Of a vector; the cells follow (see manager/vector.ts). */
@unmanaged
export class VectorBody {
  capacity: u32;
  length: u32;
}

/** A running Thread or Process, as long as anybody has a handle to it (see workers.ts). */
@unmanaged
export class Worker {
  state: i32;
  exitCode: i32;
  gateSeq: i32;
  gateWaiters: i32;
  tid: i32;
  /** The worker whose process this is: its own id for a Process, its creator's for a Thread. */
  pid: i32;
  parent: i32;
  flags: i32;
  /** Boxed records: the name, what to run, what came of it. */
  name: u32;
  task: u32;
  result: u32;
  /** Guards the name, which may be changed while others read it. */
  nameLock: i32;
  nameGateSeq: i32;
  nameGateWaiters: i32;
  nameFlags: i32;
  /**
   * Of a process of the operating system: its number there; 0: not known yet, -1: there will be none (see
   * lifecycle/workers.ts).
   */
  osPid: i32;
}
if (offsetof<Worker>('tid') != WorkerField.TID || offsetof<Worker>('result') != WorkerField.RESULT) ERROR('WorkerField');
if (offsetof<Worker>('osPid') != WorkerField.OS_PID || offsetof<Worker>('exitCode') != WorkerField.EXIT_CODE)
  ERROR('WorkerField');

/** A worker's place in the registry; free when `tid` is 0 (see workers.ts). */
@unmanaged
export class Slot {
  tid: i32;
  /** How often this slot was taken: makes ids unique. */
  sequence: i32;
  /** The word it is parked on, or 0: read by whoever asks why nothing moves. */
  waitingOn: u32;
  scratch: u32;
  /** The handles this worker holds (see heap/object-table.ts). */
  refs: u32;
  /** 1: dead, and its locks were let go of (see lifecycle/reaper.ts). */
  letGo: i32;
  recordId: i32;
  recordGeneration: i32;
  parent: i32;
  pid: i32;
  /** The lock that it waits for without a timeout, or 0: `src/` writes and reads it, to find cycles. */
  waitsFor: u32;
  /** Of an attached thread (src/platform): the platform's number of its thread, plus 1. */
  thread: i32;
  /** Its node for blocking waits: a blocked worker waits in one place. */
  state: i32;
  next: u32;
  nodeTid: i32;
  index: i32;
}
if (offsetof<Slot>('tid') != SlotField.TID || offsetof<Slot>('recordId') != SlotField.RECORD_ID) ERROR('SlotField');
if (offsetof<Slot>('pid') != SlotField.PID || offsetof<Slot>('waitsFor') != SlotField.WAITS_FOR) ERROR('SlotField');
if (offsetof<Slot>('waitingOn') != SlotField.WAITING_ON || offsetof<Slot>('state') != SlotField.NODE) ERROR('SlotField');
export const SLOT_DISCARD: usize = 64;
/** 1: it looks into the object table at what may be gone (see heap/chunks.ts). */
export const SLOT_IN_TABLE: usize = 120;
/**
 * The process of the operating system in which it lives: the id of the worker that is its main thread; 0: the
 * one in which the program began. A new worker's is that of who has taken the slot, until it is told another.
 */
export const SLOT_OS: usize = 124;
if (SLOT_OS != <usize>SlotField.OS) ERROR('SlotField');
export const SLOT_BYTES: u32 = 1 << SlotField.SHIFT;

/** One handle of one worker. */
@unmanaged
export class Ref {
  next: u32;
  previous: u32;
  /** Of the object's entry; 0: none; IN_FLIGHT (heap/handles.ts). */
  index: i32;
  generation: i32;
}
export const REF_BYTES: u32 = 16;

/**
 * A block in a worker's hands, on the same list: IN_FLIGHT for an index, the block's address for a generation
 * (see heap/in-flight.ts). Also what a block of a queue begins with.
 */
@unmanaged
export class InFlight extends Ref {
  length: u32;
  meta: u32;
  /** While it changes hands: the word that says whose it is, and its value when it has. */
  word: u32;
  after: i32;
}
if (offsetof<InFlight>() != Meta.BLOCK_HEADER) ERROR('Meta.BLOCK_HEADER');

/** Cells in a worker's hands, `length` of them (see manager/batch.ts). */
@unmanaged
export class CellBatch extends InFlight {
  /** Where they lie: behind this, or in a block of their own. */
  cells: u32;
  pad: i32;
  /** While one of them is exchanged for another: that other. */
  other: i64;
}
if (offsetof<CellBatch>('length') != CellBatchField.COUNT || offsetof<CellBatch>('cells') != CellBatchField.CELLS)
  ERROR('CellBatchField');

/**
 * What a worker has taken out of a managed dict or list and is about to drop, in its slot (see
 * manager/discard.ts).
 */
@unmanaged
export class Discard extends CellBatch {
  cell: i64;
}

/** Before every public object. */
@unmanaged
export class Header {
  kind: i32;
  /** Of its entry in the object table. */
  index: i32;
  generation: i32;
  /** Once it is doomed (heap/object-table.ts): the next one of its worker's. */
  nextDoomed: u32;
}
export const HEADER: usize = 16;

/** An entry of the object table: never moves, never becomes anything else. */
@unmanaged
export class Entry {
  /** generation << 32 | references: ONE compare-and-swap takes a handle, or finds it stale. */
  refWord: i64;
  /** The object; in a free entry the next free one. */
  pointer: u32;
  kind: i32;
}
export const ENTRY_SHIFT: i32 = Size.ENTRY_SHIFT;
if (offsetof<Entry>('pointer') != EntryField.POINTER || offsetof<Entry>('kind') != EntryField.KIND) ERROR('EntryField');

/** One size class of the heap, on a line of its own. */
@unmanaged
export class SizeClass {
  /** tag << 32 | first free block: the tag defeats ABA. */
  free: i64;
  /** end << 32 | next untouched byte of the page being carved. */
  carve: i64;
  /** Blocks in use. */
  used: i32;
  /** Free blocks that a search for whole free pages has in hand (see heap/reclaim.ts). */
  taken: u32;
}
export const CLASS_SHIFT: i32 = ClassField.SHIFT;
if (offsetof<SizeClass>('used') != ClassField.USED) ERROR('ClassField');

/** What the whole memory begins with. */
@unmanaged
export class Root {
  magic: i32;
  version: i32;
  heapLock: i32;
  heapGateSeq: i32;
  heapGateWaiters: i32;
  heapFlags: i32;
  /** Held for each line a worker prints. */
  outputLock: i32;
  outputGateSeq: i32;
  outputGateWaiters: i32;
  outputFlags: i32;
  /** Pages of the heap that exist: the memory's size, once it is on the map. */
  pages: i32;
  maxPages: i32;
  pageMap: u32;
  /** No free run begins below this page. */
  firstFree: i32;
  /** Pages in runs of their own, above MEDIUM_PAGES. */
  largePages: i32;
  slots: u32;
  nextSlot: i32;
  nextEntry: i32;
  /** tag << 32 | first free entry's id. */
  freeEntry: i64;
  /** Counters that number the workers' default names. */
  threads: i32;
  processes: i32;
  /** Where those sleep who wait for one of several things (see pipe/multi-wait.ts). */
  multiWaitSeq: i32;
  watchers: i32;
  /** The dict of the names of shared memory, or 0; it has a reference of the root's. */
  names: u32;
  /** What hashes of keys begin with: random for each heap. */
  hashSeed: i32;
  /** The table of shapes (heap/shapes.ts), or 0. */
  shapes: u32;
  /** The first of the free entries that a search for unused chunks has in hand (see heap/chunks.ts). */
  takenEntries: i32;
  /** Changes when event loops of other processes are to look after their gates (see waiting/doorbell.ts). */
  doorbell: i32;
  /**
   * Where workers leave what they wait for and where (src/heap/trace.ts), or 0. The core does not look at it.
   */
  traces: u32;
}
if (offsetof<Root>('pages') != RootField.PAGES || offsetof<Root>('largePages') != RootField.LARGE_PAGES) ERROR('RootField');
if (offsetof<Root>('slots') != RootField.SLOTS || offsetof<Root>('nextEntry') != RootField.NEXT_ENTRY) ERROR('RootField');
if (offsetof<Root>('heapLock') != RootField.HEAP_LOCK || offsetof<Root>('outputLock') != RootField.OUTPUT_LOCK)
  ERROR('RootField');
if (offsetof<Root>('multiWaitSeq') != RootField.MULTI_WAIT || offsetof<Root>('traces') != RootField.TRACES) ERROR('RootField');
export const ROOT_CLASSES: usize = RootField.CLASSES;
export const ROOT_CHUNKS: usize = ROOT_CLASSES + ((SMALL_CLASSES + MEDIUM_PAGES) << CLASS_SHIFT);
export const ROOT_BYTES: usize = ROOT_CHUNKS + CHUNKS * 4;
/** Where the page map lies: in every heap behind the root. */
export const PAGE_MAP: usize = (ROOT + ROOT_BYTES + 63) & ~63;
