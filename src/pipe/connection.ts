/**
 * Connection: one end of a pipe.
 */
import { ClassTag, Encoding, Kind, Meta, Status } from '../../assembly/abi.ts';
import { BrokenPipeError, BufferTooShort, Empty, EOFError, Full, OSError, ValueError } from '../errors.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { heapFull, theHeap } from '../heap/heap.ts';
import { interruption } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { decodeRecord, RECORD } from '../heap/records.ts';
import { AdoptionToken, created, isCreated, registerShared, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { type Bytes, bytesIn } from '../queue/bytes.ts';
import { Lender } from '../queue/lender.ts';
import { PutBatch } from '../queue/put-batch.ts';
import { wouldBlock } from '../sync/blocking.ts';
import { checkInteger } from '../sync/flavour.ts';
import { sendMessage, useBytes } from './message.ts';
import { multiWait } from './multi-wait.ts';

const FOREVER = Number.POSITIVE_INFINITY;

/** What `Pipe` takes beside `duplex`. Beyond Python. */
export interface PipeOptions {
  /**
   * Messages that fit into each direction; a `send` into a full one waits. 0, the default: as many as the
   * heap holds.
   */
  maxsize?: number | undefined;
}

/**
 * One end of a pipe, from `Pipe()`. A message is one value, or one run of bytes, and comes out whole, in
 * order, and once, also if several workers receive at one end (Python's may corrupt it).
 *
 * The end is open as long as anybody has a handle to it: a worker, until it closes it or is gone, or an item
 * of a queue or a message that holds it. So close your own copy of an end that you have given away; only then
 * can the other side see the end of file.
 * @example
 * ```ts
 * import { Pipe } from 'nogil';
 *
 * const [reader, writer] = Pipe(false);
 * console.log(reader.poll(), writer.readable); // prints false false
 * writer.sendBytes(new Uint8Array([1, 2, 3]));
 * const buffer = new Uint8Array(16);
 * console.log(reader.recvBytesInto(buffer)); // prints 3
 * writer.close();
 * console.log(reader.poll()); // prints true
 * ```
 */
export class Connection extends Lender {
  /** The queue that it reads from, or 0. */
  readonly #incoming: number;
  /** The queue that it writes to, or 0. */
  readonly #outgoing: number;
  /** A message was too long: as in Python there is no receiving after it. */
  #unreadable = false;

  /** Not for use: `Pipe()` makes connections. */
  constructor(existing: never);
  /** @internal */
  constructor(existing: AdoptionToken);
  constructor(existing: AdoptionToken) {
    if (!(existing instanceof AdoptionToken)) throw new TypeError('a Connection is made by Pipe()');
    super(existing.heap, existing.ref);
    this.#incoming = this[Member.HEAP].core.connectionIncoming(this[Member.PTR]);
    this.#outgoing = this[Member.HEAP].core.connectionOutgoing(this[Member.PTR]);
  }

  /** Whether this handle is closed. The end itself may be open by another. */
  get closed(): boolean {
    return this[Member.PTR] === 0;
  }

  /** Whether it can receive: not the second end of `Pipe(false)`. */
  get readable(): boolean {
    return this.#incoming !== 0 && !this.#unreadable;
  }

  /** Whether it can send: not the first end of `Pipe(false)`. */
  get writable(): boolean {
    return this.#outgoing !== 0;
  }

  /** @internal */
  override [STATE](): State {
    const { readable, writable } = this;
    const text = [readable && 'readable', writable && 'writable'].filter(Boolean).join(', ');
    return { text, fields: { readable, writable } };
  }

  /**
   * A number of the end's own, the same in every worker; not a file descriptor. @throws OSError it is closed
   */
  fileno(): number {
    return Shared.idOf(this);
  }

  /** @internal */
  protected override [Member.CLOSED_ERROR](): Error {
    return new OSError('handle is closed');
  }

  /** The queue to read from. @throws OSError @internal */
  get [Member.READS_FROM](): number {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    if (!this.readable) throw new OSError('connection is write-only');
    return this.#incoming;
  }

  /** The queue to write to. @throws OSError @internal */
  get [Member.WRITES_TO](): number {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    if (!this.writable) throw new OSError('connection is read-only');
    return this.#outgoing;
  }

  // ── sending ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Sends a value; the message is in the pipe when this returns, and waits there also after this end is
   * closed.
   * @throws BrokenPipeError the other end is closed; OSError this one is, or cannot send; TypeError the value
   * cannot be sent; MemoryError. Then nothing was sent
   */
  send(value: unknown): void {
    this[Member.WRITES_TO];
    const status = sendMessage(this[Member.HEAP], this, value, FOREVER);
    if (status !== Status.OK) throw this[Member.PUT_ERROR](status, 'send');
  }

  /** The async twin of `send`: waits only if the pipe has a `maxsize`. The snapshot is taken now. */
  sendAsync(value: unknown, options?: AsyncOptions): Promise<void> {
    try {
      const queue = this[Member.WRITES_TO];
      const { [Member.HEAP]: heap } = this;
      options?.signal?.throwIfAborted();
      const batch = new PutBatch(heap, [value]);
      const attempt = () => {
        const status = batch.flush(this[Member.WRITES_TO], 0);
        heap.core.pipeSent(queue);
        if (status === Status.TIMEOUT) return PENDING;
        if (status < 0) throw this[Member.PUT_ERROR](status, 'send');
        return undefined;
      };
      const never = () => undefined;
      return batch.dropUnlessSent(
        AsyncGate.wait<void>(heap, heap.core.queueNotFullGate(queue), attempt, FOREVER, options, never),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @internal */
  [Member.PUT_ERROR](status: number, method: string): Error {
    switch (status) {
      case Status.TIMEOUT:
        return interruption() ?? new Full('the pipe is full');
      case Status.SHUTDOWN:
        return new BrokenPipeError('the other end of the pipe is closed');
      case Status.WOULD_BLOCK:
        return wouldBlock(method);
      default:
        return heapFull();
    }
  }

  /**
   * Sends bytes, for `recvBytes` or `recvBytesInto` (`recv` answers them as a Uint8Array).
   * @param offset where they begin in `buffer`, in bytes. @param size how many; default: the rest
   * @param buffer a view of any kind, or a buffer
   * @throws ValueError the range is not within the buffer; TypeError it is neither a view nor a buffer; as
   * `send`
   */
  sendBytes(buffer: Bytes, offset = 0, size?: number): void {
    this[Member.WRITES_TO];
    this.send(part(buffer, offset, size));
  }

  /** The async twin of `sendBytes`. */
  async sendBytesAsync(buffer: Bytes, offset = 0, size?: number, options?: AsyncOptions): Promise<void> {
    this[Member.WRITES_TO];
    return this.sendAsync(part(buffer, offset, size), options);
  }

  // ── receiving ──────────────────────────────────────────────────────────────────────────────────────

  /**
   * Receives a value, waiting for one. @throws EOFError nothing is left and the other end is closed; OSError
   * this one is, or cannot receive
   */
  recv(): unknown {
    const meta = this.#take(FOREVER, 'recv');
    return decodeRecord(this[Member.HEAP], RECORD, this[Member.HEAP].scratchI32[0] as number, meta);
  }

  /** The async twin of `recv`. */
  recvAsync(options?: AsyncOptions): Promise<unknown> {
    return this.#receive(
      (meta) => decodeRecord(this[Member.HEAP], RECORD, this[Member.HEAP].scratchI32[0] as number, meta),
      options,
    );
  }

  /**
   * Receives bytes, waiting for them.
   * @param maxlength the most that are wanted. A longer message is an OSError, and is lost; after it there is
   * no receiving at this handle, as in Python
   * @throws as `recv`; ValueError maxlength is negative; TypeError the message is not bytes but a value: its
   * `args[0]`
   */
  recvBytes(maxlength?: number): Uint8Array {
    checkLength(maxlength);
    return this.#bytes(this.#take(FOREVER, 'recvBytes'), maxlength);
  }

  /** The async twin of `recvBytes`. */
  async recvBytesAsync(maxlength?: number, options?: AsyncOptions): Promise<Uint8Array> {
    checkLength(maxlength);
    return this.#receive((meta) => this.#bytes(meta, maxlength), options);
  }

  /**
   * Receives bytes into `buffer` from byte `offset` on, waiting for them; answers how many.
   * @throws BufferTooShort they do not fit: the message is in `args[0]`, the buffer as it was; ValueError the
   * offset is not within the buffer; as `recvBytes`
   */
  recvBytesInto(buffer: Bytes, offset = 0): number {
    const target = targetOf(buffer, offset);
    const length = this[Member.GET_INTO](target, FOREVER);
    // What is not bytes, or too long, is taken, too: as in Python it is in the error.
    return length >= 0 ? length : this.#into(this.#take(FOREVER, 'recvBytesInto'), target);
  }

  /** The async twin of `recvBytesInto`. */
  async recvBytesIntoAsync(buffer: Bytes, offset = 0, options?: AsyncOptions): Promise<number> {
    const target = targetOf(buffer, offset);
    return this.#receive(
      (meta) => this.#into(meta, target),
      options,
      () => this[Member.GET_INTO](target, 0),
    );
  }

  /** Takes a message: its meta. */
  #take(ms: number, method: string): number {
    const meta = this[Member.HEAP].core.queueGet(this[Member.READS_FROM], ms);
    if (meta >= 0) return meta;
    throw this[Member.GET_ERROR](meta, method);
  }

  /** @internal */
  [Member.GET_ERROR](status: number, method: string): Error {
    switch (status) {
      case Status.TIMEOUT:
        return interruption() ?? new Empty('the pipe is empty');
      case Status.SHUTDOWN:
        return endOfFile();
      default:
        return wouldBlock(method);
    }
  }

  /** @internal */
  [Member.COMMIT](queue: number, slot: number, length: number, ms: number): number {
    return this[Member.HEAP].core.pipeCommit(queue, slot, length, ms);
  }

  /** @internal */
  [Member.TO_MS](timeout: Timeout): number {
    return timeoutToMs(timeout);
  }

  /** @param first what to try before a message is taken: below 0 it did nothing */
  #receive<T>(use: (meta: number) => T, options: AsyncOptions | undefined, first?: () => T & number): Promise<T> {
    try {
      const { core } = this[Member.HEAP];
      const attempt = () => {
        const done = first?.();
        if (done !== undefined && done >= 0) return done;
        const meta = core.queueGet(this[Member.READS_FROM], 0);
        if (meta === Status.TIMEOUT) return PENDING;
        if (meta < 0) throw endOfFile();
        return use(meta);
      };
      const never = () => {
        throw endOfFile();
      };
      return AsyncGate.wait<T>(
        this[Member.HEAP],
        core.queueNotEmptyGate(this[Member.READS_FROM]),
        attempt,
        FOREVER,
        options,
        never,
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The length of the message that was taken. @throws TypeError it is not bytes */
  #lengthOf(meta: number): number {
    const length = this[Member.HEAP].scratchI32[0] as number;
    if ((meta & ~Meta.OUT_OF_LINE) === Encoding.BYTES) return length;
    const error = new TypeError('the message is not bytes: it was sent with send(), and is in args[0]');
    throw Object.assign(error, { args: [decodeRecord(this[Member.HEAP], RECORD, length, meta)] });
  }

  #bytes(meta: number, maxlength: number | undefined): Uint8Array {
    const length = this.#lengthOf(meta);
    return useBytes(this[Member.HEAP], length, meta, (bytes) => {
      if (maxlength === undefined || length <= maxlength) return new Uint8Array(bytes);
      if (this.writable) this.#unreadable = true;
      else this.close();
      throw new OSError(`bad message length: ${length} bytes, at most ${maxlength} were wanted`);
    });
  }

  #into(meta: number, target: Uint8Array): number {
    const length = this.#lengthOf(meta);
    return useBytes(this[Member.HEAP], length, meta, (bytes) => {
      if (length > target.length) throw new BufferTooShort(new Uint8Array(bytes));
      target.set(bytes);
      return length;
    });
  }

  // ── waiting ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Whether a `recv` would not have to wait: there is a message, or the end of file (Python's on Windows
   * throws there; its POSIX one does as we do).
   * @param timeout seconds to wait for that; 0, the default, or less: one look; null: for ever
   */
  poll(timeout: Timeout = 0): boolean {
    const ms = timeoutToMs(timeout);
    const queue = this[Member.READS_FROM];
    const { core } = this[Member.HEAP];
    if (core.pipeReady(queue)) return true;
    if (ms === 0) return false;
    const isReady = () => core.pipeReady(queue) !== 0;
    return multiWait(this[Member.HEAP], [{ gate: core.queueNotEmptyGate(queue), isReady }], ms, 'poll', isReady);
  }

  /** The async twin of `poll`. */
  async pollAsync(timeout: Timeout = 0, options?: AsyncOptions): Promise<boolean> {
    const ms = timeoutToMs(timeout);
    const { core } = this[Member.HEAP];
    const gate = core.queueNotEmptyGate(this[Member.READS_FROM]);
    const attempt = () => (core.pipeReady(this[Member.READS_FROM]) ? true : PENDING);
    return AsyncGate.wait<boolean>(this[Member.HEAP], gate, attempt, ms, options, () => false);
  }

  /** The gate of what can be received, and whether something can; for `wait`. @internal */
  static readiness(connection: Connection): { gate: number; isReady: () => boolean } {
    const { core } = connection[Member.HEAP];
    const gate = core.queueNotEmptyGate(connection[Member.READS_FROM]);
    return { gate, isReady: () => core.pipeReady(connection[Member.READS_FROM]) !== 0 };
  }

  /**
   * Closes this handle; the end is closed with its last one. Twice is fine. Async calls that still wait
   * reject with `OSError`.
   */
  override close(): void {
    if (this[Member.PTR] === 0) return;
    const { [Member.HEAP]: heap } = this;
    const queues = AsyncGate.waiting > 0 ? [this.#incoming, this.#outgoing].filter((queue) => queue !== 0) : [];
    // This thread may still write to the queues' gates when the end is gone, and they with it.
    const kept = queues.map((queue) => heap.core.refOpen(heap.core.objectId(queue), heap.core.objectGeneration(queue)));
    super.close();
    const waits = queues.map((queue) => AsyncGate.closing(heap, queue));
    const letGo = () => {
      for (const ref of kept) if (isCreated(ref)) heap.core.refClose(ref);
    };
    if (waits.some((wait) => wait !== undefined)) void Promise.all(waits).then(letGo);
    else letGo();
  }
}

/**
 * The two ends of a new pipe. What one sends the other receives, both ways; with `duplex` false the first
 * only receives and the second only sends.
 *
 * Python's pipe holds 64 KiB, and a `send` into a full one waits for a reader. This one holds what the heap
 * holds, so that a `send` never waits, unless `maxsize` bounds it. `heap.stats()` counts a Connection for
 * each end and a Queue for each direction.
 * @example
 * ```ts
 * import { type Connection, main, Pipe, Process } from 'nogil';
 *
 * export function echo(connection: Connection) {
 *   connection.send(`${connection.recv()}, too`);
 * }
 *
 * main(import.meta, () => {
 *   const [ours, theirs] = Pipe();
 *   const process = new Process({ target: echo, args: [theirs] });
 *   process.start();
 *   theirs.close(); // its own copy is open still; so this side sees the end of file when it has to
 *   ours.send('me');
 *   console.log(ours.recv()); // prints me, too
 *   process.join();
 * });
 * ```
 */
export function Pipe(duplex = true, options: PipeOptions = {}): [Connection, Connection] {
  const maxsize = Math.max(0, checkInteger('maxsize', options.maxsize ?? 0, -0x7fffffff));
  const heap = theHeap();
  const { core } = heap;
  const refs: number[] = [];
  const make = (ref: number) => {
    refs.push(created(ref));
    return core.refObject(ref);
  };
  const ends: Connection[] = [];
  try {
    const there = make(core.queueCreate(maxsize));
    const back = duplex ? make(core.queueCreate(maxsize)) : 0;
    for (const [incoming, outgoing] of [
      [there, back],
      [back, there],
    ] as const)
      ends.push(new Connection(new AdoptionToken(heap, created(core.connectionCreate(incoming, outgoing)))));
    return ends as [Connection, Connection];
  } catch (error) {
    for (const end of ends) end.close();
    throw error;
  } finally {
    for (const ref of refs) core.refClose(ref);
  }
}

function endOfFile(): EOFError {
  return new EOFError('the other end of the pipe is closed');
}

function part(buffer: Bytes, offset: number, size: number | undefined): Uint8Array {
  const bytes = bytesIn(buffer);
  if (offset === 0 && size === undefined) return bytes;
  const from = whole('offset', offset);
  if (from < 0) throw new ValueError('offset is negative');
  if (from > bytes.length) throw new ValueError(`buffer length (${bytes.length}) < offset (${from})`);
  const count = size === undefined || size === null ? bytes.length - from : whole('size', size);
  if (count < 0) throw new ValueError('size is negative');
  if (from + count > bytes.length) throw new ValueError(`buffer length (${bytes.length}) < offset + size (${from + count})`);
  return bytes.subarray(from, from + count);
}

function targetOf(buffer: Bytes, offset: number): Uint8Array {
  const bytes = bytesIn(buffer);
  if (offset === 0) return bytes;
  const from = whole('offset', offset);
  if (from < 0) throw new ValueError('negative offset');
  if (from > bytes.length) throw new ValueError('offset too large');
  return bytes.subarray(from);
}

function checkLength(maxlength: number | undefined): void {
  if (maxlength !== undefined && whole('maxlength', maxlength) < 0) throw new ValueError('negative maxlength');
}

function whole(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new TypeError(`${name} must be an integer, got ${typeof value === 'number' ? value : typeof value}`);
}

registerShared(ClassTag.CONNECTION, Connection, Kind.CONNECTION);
