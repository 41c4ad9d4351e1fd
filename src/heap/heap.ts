/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A heap: one shared memory, this thread's instance of the core over it, and views to look into it.
 */
import { Limit, SlotField, Status, Version } from '../../assembly/abi.ts';
import { Codec, type HandleRef } from '../codec/index.ts';
import { MemoryError, RuntimeError, ValueError } from '../errors.ts';
import {
  announce,
  canBlock,
  checkSharedMemory,
  cores,
  isDefault,
  isInspected,
  joinMemory,
  loadNow,
  nativeId,
  type ProcessLink,
  processId,
  setWorkerScript,
  shareMemory,
  type Waits,
  waitsIn,
} from '../platform/index.ts';
import { type CoreExports, coreModule, coreModuleBetween, instantiateCore } from './core.ts';
import { strayAddress } from './corrupt.ts';
import { handlesAsReason, relieve } from './held.ts';
import { isInterruptible, onInterruptible } from './interrupt.ts';
import { checkNames } from './options.ts';
import { shapesOf } from './shapes.ts';
import { isWatched, openTraces, traceIn, watched } from './trace.ts';

const PAGE = 65536;
/** Pointers stay below 2^31, so that they are positive in every language involved. */
const PAGES_AT_MOST = 32767;
/** Bytes of one block, as the core's allocator has it. */
export const BLOCK_AT_MOST = 0x7fff0000;
/** Microseconds. */
const SPIN_AT_MOST = 10_000;
/** What the core's module asks for. */
const PAGES_AT_LEAST = 16;

// Users' compilers know WebAssembly by the DOM's library only, which a program for Node need not have.
declare global {
  namespace WebAssembly {
    interface Memory {}
    interface Module {}
  }
}

/** What another thread needs to use the same heap. */
export interface HeapLink {
  /** The shared memory itself. */
  memory: WebAssembly.Memory;
  /** The compiled core, so that nobody has to compile it again. */
  module: WebAssembly.Module;
  /** Tells memories apart: a memory that was posted is another object of the same storage. */
  heapId: string;
  /** The thread whose heap it is, as the platform numbers threads. */
  root: number;
  /** What it was configured to be, in pages. */
  pages: {
    /** At the start. */
    initial: number;
    /** At most. */
    maximum: number;
  };
  /** Microseconds that a wait spins; undefined: as many as have been worth it. */
  spin: number | undefined;
  /** Whether workers say where they wait. */
  trace: boolean;
  /** Whether the program answers who inspects it. */
  inspect: boolean;
  /** Between processes of the operating system: which of them this is. */
  processes: ProcessLink | undefined;
}

/** Revives received handles: set by `shared.ts`, which knows the classes. */
export type Reviver = (heap: Heap, handle: HandleRef) => object;

export class Heap {
  /** Of all that a structured clone reads this is the first. */
  readonly posted: undefined;
  readonly core: CoreExports;
  readonly link: HeapLink;
  /** This thread's worker id in this heap. */
  readonly tid: number;
  readonly codec: Codec;
  /** Where this worker encodes and decodes small items; scratch words are read through the views below. */
  readonly scratch: Uint8Array;
  readonly scratchI32: Int32Array;
  readonly scratchF64: Float64Array;
  readonly inlineBytes: number;

  #buffer: ArrayBuffer;
  /** Its length. */
  #end = 0;
  #bytes: Uint8Array;
  #words: Int32Array;
  /** Whether it is noted when this thread waits. */
  readonly #isWatched: boolean;
  /** The buffers of this memory: it has another one each time that it has grown. */
  readonly #buffers = new WeakSet<object>();

  constructor(link: HeapLink, tid: number, core: CoreExports, revive: Reviver) {
    Object.defineProperty(this, 'posted', { enumerable: true, get: refusePosting });
    this.link = link;
    this.#isWatched = isWatched(link.trace);
    this.core = this.#isWatched ? watched(core) : core;
    this.tid = tid;
    this.allowBlocking(canBlock);
    onInterruptible(() => this.allowBlocking(canBlock));
    if (!core.workerBecome(tid)) throw new MemoryError('the shared heap is full: no room for another worker');
    const buffer = this.#refresh();
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    const at = core.scratch();
    const bytes = core.scratchBytes();
    this.scratch = typeof Buffer === 'undefined' ? new Uint8Array(buffer, at, bytes) : Buffer.from(buffer, at, bytes);
    this.scratchI32 = new Int32Array(buffer, at, bytes >> 2);
    this.scratchF64 = new Float64Array(buffer, at, bytes >> 3);
    this.inlineBytes = core.inlineBytes();
    // The slot may have been that of a worker that died waiting.
    this.storeWord(core.slotOf(tid) + SlotField.WAITS_FOR, 0);
    const bridge = {
      revive: (handle: HandleRef) => revive(this, handle),
      tooLong: (bytes: number) => (bytes > BLOCK_AT_MOST ? heapFull(bytes) : undefined),
      ...(loadNow && { load: loadNow }),
    };
    this.codec = new Codec(this.scratch, bridge, shapesOf(this));
    if (this.#isWatched) traceIn(this);
  }

  /** Who must not block must not spin for long either: its blocking calls try once. */
  allowBlocking(allowed: boolean): void {
    const { spin } = this.link;
    const polls = spin === undefined ? Limit.SPIN_POLLS : Math.round(spin * Limit.POLLS_A_MICROSECOND);
    const signals = isInterruptible || this.#isWatched ? 1 : 0;
    this.core.configureWaiting(allowed ? 1 : 0, allowed && cores > 1 ? polls : 0, spin === undefined ? 0 : 1, signals);
  }

  /** Growing by nothing makes the engine notice what other threads have grown. */
  #refresh(): ArrayBuffer {
    this.link.memory.grow(0);
    this.#buffer = this.link.memory.buffer;
    this.#end = this.#buffer.byteLength;
    this.#buffers.add(this.#buffer);
    return this.#buffer;
  }

  /** @throws HeapCorruptError what was read in the memory, that `bytes` bytes lie at `address`, cannot be */
  checkRange(address: number, bytes: number): void {
    if (address + bytes > this.#end) this.#refresh();
    if (!(address > 0 && (address & 7) === 0 && bytes >= 0 && address + bytes <= this.#end)) strayAddress(address, bytes);
  }

  /**
   * All bytes, up to at least `end`. Never keep it across an await or another allocation: the memory may
   * grow.
   */
  bytes(end = 0): Uint8Array {
    if (end > this.#bytes.length) this.#bytes = new Uint8Array(this.#refresh());
    return this.#bytes;
  }

  /** All words, up to at least byte address `end`. */
  words(end = 0): Int32Array {
    if (end > this.#words.byteLength) this.#words = new Int32Array(this.#refresh());
    return this.#words;
  }

  /** A view of `length` bytes from address `at` on. It stays good when the memory grows. */
  view(at: number, length: number): Uint8Array {
    if (at + length > this.#end) this.#refresh();
    if (at < 0 || length < 0 || at + length > this.#end) strayAddress(at, length);
    return new Uint8Array(this.#buffer, at, length);
  }

  /** Where in this memory an array lies; 0: it is elsewhere. */
  addressOf(array: Uint8Array): number {
    const { byteOffset } = array;
    // A small array has no buffer until somebody asks for it; such a one begins at 0, where here is nothing.
    if (byteOffset === 0) return 0;
    const { buffer } = array;
    if (buffer === this.#buffer) return byteOffset;
    return buffer instanceof ArrayBuffer || !this.#buffers.has(buffer) ? 0 : byteOffset;
  }

  /** A word that other workers write. */
  loadWord(address: number): number {
    return Atomics.load(this.words(address + 4), address >> 2);
  }

  storeWord(address: number, value: number): void {
    Atomics.store(this.words(address + 4), address >> 2, value);
  }

  /** A block of the heap. Throws `MemoryError` when it is full. */
  allocate(bytes: number): number {
    if (bytes > BLOCK_AT_MOST) throw heapFull(bytes);
    let block = this.core.allocate(bytes);
    if (block === 0 && relieve()) block = this.core.allocate(bytes);
    if (block === 0) throw heapFull(bytes);
    return block;
  }
}

/** postMessage would say that some function cannot be cloned. */
function refusePosting(): never {
  throw new TypeError(
    'postMessage cannot send an object of nogil itself: send its handle(), as in postMessage(queue.handle()), and make it live there with Queue.from(handle)',
  );
}

export function heapFull(bytes?: number): MemoryError {
  const size = bytes === undefined ? '' : ` (${bytes} bytes wanted)`;
  return new MemoryError(
    `the shared heap is full${size}; configure({ maximumBytes }) before first use sets its limit${handlesAsReason()}`,
  );
}

// ── the heap of this thread ──────────────────────────────────────────────────────────────────────────

/** What `configure` takes: the size of a program's heap, and how its waits spend their first moments. */
export interface HeapOptions {
  /** The memory's size at the start, in bytes. Default 4 MiB. */
  initialBytes?: number | undefined;
  /**
   * How far it may grow, in bytes. Default (and limit) 2 GiB less 64 KiB. It costs nothing until it is used.
   */
  maximumBytes?: number | undefined;
  /**
   * Microseconds that a worker polls for what it waits for before it sleeps, from 0 to 10 000. Default:
   * adaptive, as long as has been worth it, at most some 50. A wake-up out of sleep costs some 45 µs, so a
   * program whose answers come within, say, 200 µs halves its round trips with `spin: 200`; a core is busy
   * meanwhile. 0 never polls, and takes the least CPU. Where there is one core, and on a page's main thread,
   * nobody polls.
   */
  spin?: number | undefined;
  /**
   * Whether processes of the operating system are to share it: start method 'spawn', which implies this. Its
   * size is `maximumBytes` from the beginning, of which only what is used takes memory. Default false.
   */
  processes?: boolean | undefined;
  /**
   * Node: whether each blocked worker says where in the source it waits, and since when, for the inspector
   * and in what a profiler records. A wait that sleeps costs some 20 µs more. Default false.
   */
  trace?: boolean | undefined;
  /**
   * Node: whether the program answers who inspects it (`npx nogil top`) where the system does not show its
   * memory, and prints a table on standard error on SIGUSR2. Default false, or true with NOGIL_INSPECT=1 in
   * the environment.
   */
  inspect?: boolean | undefined;
  /**
   * In browsers: where a copy of the workers' script is (`nogil/worker`), if no bundler has put one beside
   * the package. An address relative to the page.
   */
  workerUrl?: string | URL | undefined;
  /**
   * In browsers: makes a worker that runs a script of the program's own. It imports `nogil/worker` and each
   * module that marks targets, which are then found without an address: `() => new Worker(new
   * URL('./nogil-worker.js', import.meta.url))`.
   */
  worker?: (() => object) | undefined;
}

/** One heap a thread, even with two copies of the package in it, if they agree about its layout. */
const KEY = Symbol.for('nogil.heap');

interface Slot {
  layout: number;
  heap: Heap;
}

const store = globalThis as { [KEY]?: Slot };
let options: HeapOptions = isDefault ? { processes: true } : {};
let reviver: Reviver;

export function setReviver(revive: Reviver): void {
  reviver = revive;
}

let created: (heap: Heap) => void = () => {};

/** Has `listener` called when this thread makes a heap of its own, which others may enter by a handle. */
export function onCreated(listener: (heap: Heap) => void): void {
  created = listener;
}

/**
 * Sets the size of this program's heap. Call it in the main module before anything else of the package is
 * used. A worker, which imports that module too, has its heap already: there it does nothing if it asks for
 * the same.
 * @throws RuntimeError when the heap exists already; ValueError for impossible sizes.
 * @example
 * ```ts
 * import { configure, heap, Queue } from 'nogil';
 *
 * configure({ maximumBytes: 64 * 2 ** 20 }); // before anything else of the package
 * new Queue<string>().put('x');
 * console.log(heap.stats().bytesReserved <= 64 * 2 ** 20); // prints true
 * ```
 */
export function configure(wanted: HeapOptions): void {
  checkNames('configure', wanted, [
    'initialBytes',
    'maximumBytes',
    'spin',
    'processes',
    'trace',
    'inspect',
    'workerUrl',
    'worker',
  ]);
  const { maximumBytes = PAGES_AT_MOST * PAGE, spin, processes = options.processes } = wanted;
  if (spin !== undefined && !(typeof spin === 'number' && spin >= 0 && spin <= SPIN_AT_MOST))
    throw new ValueError(`spin must be a number of microseconds from 0 to ${SPIN_AT_MOST}, got ${spin}`);
  if (wanted.worker !== undefined && typeof wanted.worker !== 'function')
    throw new TypeError(`worker must be a function that makes a worker, got ${typeof wanted.worker}`);
  const { initialBytes = Math.min(4 * 2 ** 20, maximumBytes) } = wanted;
  for (const [name, value] of Object.entries({ initialBytes, maximumBytes })) {
    if (!Number.isInteger(value) || value < PAGES_AT_LEAST * PAGE || value > 2 ** 31)
      throw new ValueError(`${name} must be an integer from ${PAGES_AT_LEAST * PAGE} to 2 GiB, got ${value}`);
  }
  if (initialBytes > maximumBytes)
    throw new ValueError(`initialBytes (${initialBytes}) is more than maximumBytes (${maximumBytes})`);
  const heap = store[KEY]?.heap;
  const { trace, inspect } = wanted;
  if (heap === undefined) {
    options = { initialBytes, maximumBytes, spin, processes, trace, inspect };
    setWorkerScript(wanted);
  } else if (heap === madeHere) throw new RuntimeError('configure() must be called before the first use of the package');
  else {
    // A worker imports the main module, and with it this call: what it asks for is there.
    const { initial, maximum } = pagesFor({ initialBytes, maximumBytes });
    const { pages } = heap.link;
    const isSame = initial === pages.initial && maximum === pages.maximum && spin === heap.link.spin;
    if (isSame && (wanted.processes === undefined || wanted.processes === isBetween(heap))) return;
    throw new RuntimeError(
      `configure() in a worker asks for another heap than the program has, which was made with initialBytes ${pages.initial * PAGE}, maximumBytes ${pages.maximum * PAGE}, spin ${heap.link.spin} and processes ${isBetween(heap)}: ` +
        'call it with the same values everywhere, or in main(import.meta, () => ...) only',
    );
  }
}

function isBetween(heap: Heap): boolean {
  return heap.link.processes !== undefined;
}

/**
 * As `configure({ processes: true })`, which leaves what else is set. @throws RuntimeError there is another
 * heap
 */
export function wantProcesses(): void {
  const heap = store[KEY]?.heap;
  if (heap === undefined) options = { ...options, processes: true };
  else if (!isBetween(heap))
    throw new RuntimeError(
      "this program's heap is shared by threads only: set the start method 'spawn', or call configure({ processes: true }), before the first use of the package",
    );
}

/** This thread's own heap, as opposed to one that it was given. */
let madeHere: Heap | undefined;

function pagesFor({ maximumBytes, initialBytes }: HeapOptions): { initial: number; maximum: number } {
  const maximum = Math.min(PAGES_AT_MOST, Math.ceil((maximumBytes ?? PAGES_AT_MOST * PAGE) / PAGE));
  return { maximum, initial: Math.min(maximum, Math.ceil((initialBytes ?? 4 * 2 ** 20) / PAGE)) };
}

/** This thread's heap; a root makes its own on first use. */
export function theHeap(): Heap {
  const slot = store[KEY];
  if (slot === undefined) return createHeap();
  if (slot.layout !== Version.LAYOUT)
    throw new RuntimeError(
      'two versions of nogil with different memory layouts are loaded in one thread; make your dependencies agree on one',
    );
  return slot.heap;
}

function createHeap(): Heap {
  checkSharedMemory();
  const { initial, maximum } = pagesFor(options);
  const memory = new WebAssembly.Memory({ initial: options.processes ? maximum : initial, maximum, shared: true });
  const processes = options.processes ? shareMemory(memory, processId) : undefined;
  const module = processes ? coreModuleBetween() : coreModule();
  const core = instantiateCore(module, memory, processes && waitsIn(memory));
  core.rootInit(initial, maximum);
  core.rootSetHashSeed((Math.random() * 2 ** 32) | 0);
  const heap = new Heap(
    {
      memory,
      module,
      // Not from `crypto`, which takes Node 6 ms to load: it need not be hard to guess.
      heapId: [processId, nativeId, Date.now(), Math.random()].join('-'),
      root: nativeId,
      pages: { initial, maximum },
      spin: options.spin,
      trace: options.trace ?? false,
      inspect: options.inspect ?? isInspected,
      processes,
    },
    takeSlot(core),
    core,
    reviver,
  );
  store[KEY] = { layout: Version.LAYOUT, heap };
  madeHere = heap;
  if (heap.link.trace) openTraces(heap);
  created(heap);
  return heap;
}

/**
 * A place for another worker, with the memory it needs to begin.
 * @throws RuntimeError too many workers are alive; MemoryError
 */
export function takeSlot(core: CoreExports): number {
  const tid = core.slotTake();
  if (tid > 0) return tid;
  if (tid === Status.NO_MEMORY) throw heapFull(core.scratchBytes());
  throw new RuntimeError(`too many workers are alive: there is room for ${Limit.SLOTS}`);
}

/** Of a heap in another process of the operating system: all that does not go there as the memory's file. */
export type RemoteLink = Omit<HeapLink, 'memory' | 'module' | 'root'>;

/** In a process that another one has started, or a guest: its heap, behind a descriptor. */
export function linkTo(remote: RemoteLink, descriptor: number): HeapLink {
  const { maximum } = remote.pages;
  const memory = new WebAssembly.Memory({ initial: maximum, maximum, shared: true });
  joinMemory(memory, descriptor);
  return { ...remote, memory, module: coreModuleBetween(), root: nativeId };
}

/**
 * Makes `link`'s heap this thread's, under a worker id that somebody took for it. `waits`: how this thread
 * waits, if it is in another way than others do.
 */
export function enterHeap(link: HeapLink, tid: number, waits?: (own: Waits) => Waits): Heap {
  const heap = new Heap(link, tid, coreOf(link, waits), reviver);
  store[KEY] = { layout: Version.LAYOUT, heap };
  return heap;
}

function coreOf({ module, memory, processes }: HeapLink, waits: (own: Waits) => Waits = (own) => own): CoreExports {
  const ended = processes?.ended;
  return instantiateCore(module, memory, processes && waits(waitsIn(memory, ended)), ended);
}

/** @throws RuntimeError this thread has a heap already */
export function checkNoHeap(what: string): void {
  if (store[KEY] !== undefined) throw new RuntimeError(`${what} must be called before the first use of the package`);
}

/** As a guest: makes another program's heap this one's, under a worker id that was taken for it. */
export function joinHeap(remote: RemoteLink, descriptor: number, tid: number): Heap {
  const heap = enterHeap(linkTo(remote, descriptor), tid);
  madeHere = heap;
  return heap;
}

const joined = new Map<string, Heap>();

/** The heap behind a handle that came from another root: this thread's own, or one joined for it. */
export function heapFor(link: HeapLink): Heap {
  const own = store[KEY]?.heap;
  if (own?.link.heapId === link.heapId) return own;
  const known = joined.get(link.heapId);
  if (known) return known;
  const core = coreOf(link);
  if (!core.rootIsCompatible()) throw new RuntimeError('the handle comes from a version of nogil with another memory layout');
  const tid = takeSlot(core);
  const words = new Int32Array(link.memory.buffer);
  Atomics.store(words, (core.slotOf(tid) + SlotField.OS) >> 2, link.processes?.os ?? 0);
  Atomics.store(words, (core.slotOf(tid) + SlotField.THREAD) >> 2, nativeId + 1);
  const heap = new Heap(link, tid, core, reviver);
  joined.set(link.heapId, heap);
  announce(link.heapId, link.root, tid);
  if (own === undefined) store[KEY] = { layout: Version.LAYOUT, heap };
  return heap;
}
