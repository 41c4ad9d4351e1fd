/**
 * The ABI: all that the core and its host share, besides the exports. `assembly/` compiles this file,
 * `src/` imports it, and two copies of the package that meet in one heap must agree on it: whatever changes
 * here, or in layout.ts, changes Version.LAYOUT.
 * Only `const enum`s, which both compilers fold into literals.
 */

/** Two copies of the package share a memory only when both agree. */
export const enum Version {
  /** "nogl", the first word of a heap. */
  MAGIC = 0x6e6f676c,
  LAYOUT = 7,
}

/** Limits and sizes that both sides count with. The model build has smaller ones of its own (limits.ts). */
export const enum Limit {
  /** Workers alive at one time. A worker id is `slot | sequence << SLOT_BITS`. */
  SLOT_BITS = 10,
  SLOTS = 1024,
  /** Where the root structure lies. */
  ROOT = 64,
  PAGE_SHIFT = 16,
  /** Size classes of small blocks, and of runs of pages (assembly/heap/size-classes.ts). */
  SMALL_CLASSES = 40,
  MEDIUM_PAGES = 17,
  /** Entries of the object table in one chunk, as a power of two. */
  CHUNK_SHIFT = 12,
  /** The longest spin before a worker sleeps, in polls. Chosen by measurement, see bench/. */
  SPIN_POLLS = 20000,
  /** About; on the machine of bench/. */
  POLLS_A_MICROSECOND = 400,
}

/**
 * What a core function answers. Negative numbers, so that a length, an index or a kind can share the return
 * value.
 */
export const enum Status {
  OK = 0,
  /** The deadline passed, or the call was told not to wait. */
  TIMEOUT = -1,
  /**
   * A dead worker holds it: not acquired (public locks), or acquired and in need of repair (internal ones).
   */
  OWNER_DIED = -2,
  /** Released by somebody who does not hold it. */
  NOT_OWNER = -3,
  /** The queue was shut down. */
  SHUTDOWN = -4,
  /** A count would leave its range. */
  RANGE = -5,
  /** The heap is full. */
  NO_MEMORY = -6,
  /** The barrier is broken. */
  BROKEN = -7,
  /** This thread must not block and the call would have to. */
  WOULD_BLOCK = -8,
  /** The handle is of an object that is gone. */
  STALE = -9,
  /** The priority cannot be compared with those in the queue. */
  UNORDERED = -10,
  /** The item is a value and not bytes, and stays where it is. */
  NOT_BYTES = -11,
  /** The item is longer than there is room for, and stays where it is. */
  TOO_LONG = -12,
  /** The item is no number, and stays where it is. */
  NOT_NUMBER = -13,
}

/** The class of a shared object: which repair a death asks for, and which class a handle becomes. */
export const enum Kind {
  FREE = 0,
  LOCK = 1,
  RLOCK = 2,
  SEMAPHORE = 3,
  CONDITION = 4,
  EVENT = 5,
  BARRIER = 6,
  QUEUE = 7,
  WORKER = 8,
  VALUE = 9,
  LIFO = 10,
  PRIORITY = 11,
  TABLE = 12,
  VECTOR = 13,
  CONNECTION = 14,
  ARRAY = 15,
}

/**
 * The class that a handle becomes on the other side. Numbers are never used again: two copies of the
 * package speak of their classes by them.
 */
export const enum ClassTag {
  LOCK = 1,
  RLOCK = 2,
  SEMAPHORE = 3,
  BOUNDED_SEMAPHORE = 4,
  EVENT = 5,
  CONDITION = 6,
  BARRIER = 7,
  QUEUE = 8,
  JOINABLE_QUEUE = 9,
  VALUE = 10,
  RAW_VALUE = 11,
  LIFO_QUEUE = 12,
  PRIORITY_QUEUE = 13,
  SIMPLE_QUEUE = 14,
  THREAD = 16,
  PROCESS = 17,
  CONNECTION = 18,
  ARRAY = 19,
  SHARED_CONSTANT = 20,
  WORKER_TABLE = 21,
  DICT = 23,
  LIST = 24,
  NAMESPACE = 25,
  MANAGER = 26,
  REMOTE = 27,
  RAW_ARRAY = 28,
  /** The classes of `nogil/multiprocessing`. */
  PROCESS_LOCK = 33,
  PROCESS_RLOCK = 34,
  PROCESS_SEMAPHORE = 35,
  PROCESS_BOUNDED_SEMAPHORE = 36,
  PROCESS_CONDITION = 37,
  PROCESS_QUEUE = 38,
  PROCESS_JOINABLE_QUEUE = 39,
  PROCESS_SIMPLE_QUEUE = 40,
  TASK_CHANNEL = 41,
  SHARED_MEMORY = 44,
  SHAREABLE_LIST = 45,
}

/** The state of a Thread's or Process's record (lifecycle/workers.ts). */
export const enum WorkerState {
  INITIAL = 0,
  STARTING = 1,
  RUNNING = 2,
  ENDED = 3,
}

/** The state of a waiter's node (sync/wait-list.ts). */
export const enum NodeState {
  IDLE = 0,
  WAITING = 1,
  NOTIFIED = 2,
  FAILED = 3,
  LEADER = 4,
}

/** What a party of a Barrier is told besides its index. */
export const enum Party {
  /** It has to lead: run the action, then barrierTrip or barrierAbort. */
  LEADS = 65536,
}

/** Bytes of what both sides lay out. */
export const enum Size {
  /** A record's header: length and meta. */
  RECORD = 8,
  /** Of a waiter. */
  NODE = 16,
  /** Before the data of a Value. */
  VALUE = 32,
  /** Of an entry of the object table, as a power of two. */
  ENTRY_SHIFT = 4,
  /** Chunks of that table at most. */
  CHUNKS = 1024,
}

/** Byte offsets in a Queue; of its sides' positions, and of where its sleepers are. */
export const enum QueueField {
  MAXSIZE = 0,
  CLOSED = 4,
  JOIN = 12,
  TAIL = 112,
  TAIL_POSITION = 176,
  HEAD = 240,
  HEAD_POSITION = 304,
  NOT_EMPTY = 368,
  NOT_FULL = 432,
  DONE = 448,
}

/**
 * Byte offsets in what a memory begins with, for who reads it from outside (src/inspector). The sizes that
 * follow are those of Limit.
 */
export const enum RootField {
  MAGIC = 0,
  VERSION = 4,
  HEAP_LOCK = 8,
  OUTPUT_LOCK = 24,
  PAGES = 40,
  LARGE_PAGES = 56,
  SLOTS = 60,
  NEXT_ENTRY = 68,
  MULTI_WAIT = 88,
  TRACES = 116,
  CLASSES = 128,
}

/** Byte offsets in an entry of the object table. */
export const enum EntryField {
  REFERENCES = 0,
  GENERATION = 4,
  POINTER = 8,
  KIND = 12,
}

/** Byte offsets in a size class. */
export const enum ClassField {
  USED = 16,
  SHIFT = 6,
}

/** Byte offsets in what has a list of waiters: a Condition, a Barrier. */
export const enum ListField {
  HEAD = 16,
  NODE_NEXT = 4,
  /** Of a Condition: the lock around it. */
  LOCK = 32,
  LOCK_ID = 36,
}

/** Of a Barrier. */
export const enum BarrierField {
  COUNT = 24,
  PARTIES = 32,
}

/** Where a container's lock for `update` lies, and how many entries it has. */
export const enum ContainerField {
  UPDATE_LOCK = 16,
  COUNT = 40,
}

/** Byte offsets in a Value: which lock guards it; and what is no address there. */
export const enum ValueField {
  LOCK = 20,
  /** In place of an address: no lock. */
  UNLOCKED = 1,
}

/**
 * A worker's place in the traces (src/heap/trace.ts): one for each slot, behind the address in
 * RootField.TRACES.
 */
export const enum TraceField {
  /** The worker that waits; 0: it does not, or not for long. */
  TID = 0,
  LENGTH = 4,
  /** Since when: milliseconds since 1970, a double. */
  SINCE = 8,
  TEXT = 16,
  BYTES = 256,
}

/** How the bytes of a record are to be read. Below 8 there are no bytes. */
export const enum Encoding {
  UNDEFINED = 0,
  NULL = 1,
  FALSE = 2,
  TRUE = 3,
  /** One IEEE 754 double, little endian. */
  NUMBER = 8,
  /** One byte a character, U+0000 to U+00FF. */
  LATIN1 = 9,
  UTF8 = 10,
  /** A Uint8Array as it is. */
  BYTES = 11,
  /** A tree of plain objects, arrays and primitives as cells (src/codec/cells.ts). */
  PLAIN = 12,
  /** Everything else that can be cloned: cycles, Map, Date, typed arrays, handles ... */
  RICH = 13,
}

/** Byte offsets in a Worker record, for its readers in `src/`; create.ts checks them against the layout. */
export const enum WorkerField {
  STATE = 0,
  EXIT_CODE = 4,
  TID = 16,
  PID = 20,
  PARENT = 24,
  FLAGS = 28,
  NAME = 32,
  TASK = 36,
  RESULT = 40,
  OS_PID = 60,
}

/** Byte offsets in a Slot. */
export const enum SlotField {
  TID = 0,
  WAITING_ON = 8,
  RECORD_ID = 24,
  RECORD_GENERATION = 28,
  PARENT = 32,
  PID = 36,
  WAITS_FOR = 40,
  THREAD = 44,
  NODE = 48,
  OS = 124,
  SHIFT = 7,
}

/** Byte offsets in a Lock, and what its word is made of. */
export const enum LockField {
  GATE_WAITERS = 8,
  FLAGS = 12,
  /** Of an RLock. */
  COUNT = 16,
  OWNER_MASK = 0x1fffffff,
  ABANDONED = 0x40000000,
}

/** Lock flags. */
export const enum LockFlag {
  /** An abandoned lock goes to the next acquirer. */
  TAKE_OVER = 1,
  /**
   * For `src/`: an acquire that would close a cycle of waiting workers is an error. The core does not look at
   * it.
   */
  DETECT_DEADLOCK = 2,
  /** For `src/`: it is a lock of `multiprocessing`, whatever wraps it. */
  OF_PROCESSES = 4,
  /** For `src/`: no lock at all, but what a pool's agents share (src/pool/worker-table.ts). */
  POOL = 8,
}

/**
 * Bytes of an object among which are all words that one can sleep on; they lie within its block. create.ts
 * checks them against the layout.
 */
export const enum Extent {
  QUEUE = 448,
  OTHER = 48,
}

/** Worker flags. */
export const enum WorkerFlag {
  PROCESS = 1,
  DAEMON = 2,
  /** `result` holds an error. */
  FAILED = 4,
  /** It is a process of the operating system. */
  SPAWNED = 8,
}

/** How a put into a table treats a key that is there, or is not. */
export const enum Put {
  ALWAYS = 0,
  IF_ABSENT = 1,
  IF_PRESENT = 2,
}

/** Of what a table's snapshot is to be. */
export const enum Part {
  KEYS = 1,
  VALUES = 2,
  ITEMS = 3,
}

/** Byte offsets in a Bundle of cells: how many there are, and where they lie. */
export const enum CellBatchField {
  COUNT = 16,
  CELLS = 32,
}

/**
 * Record meta: the payload lies in a block; a batch of cells, which is never in a queue; the payload begins
 * with an envelope (src/pool/mailbox.ts), which is nothing to the core; how far the count of handles is
 * shifted; where in the block the payload begins.
 */
export const enum Meta {
  OUT_OF_LINE = 256,
  CELL_BATCH = 512,
  ENVELOPE = 1024,
  HANDLES_SHIFT = 16,
  BLOCK_HEADER = 32,
}

/** The key behind a record on its way into a PriorityQueue (see queue/key.ts). */
export const enum Key {
  /** The shape of a number's key. */
  NUMBER = 1,
  /** In the word of the length: what follows the first 8 bytes lies in a block. */
  OUT_OF_LINE = 0x40000000,
}
