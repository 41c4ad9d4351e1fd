/**
 * TaskChannel: a queue of messages. A message is a value behind a header of four numbers, which can be read
 * even where the value cannot.
 *
 * To the core it is a Queue whose records begin with the header (flag ENVELOPE of their meta):
 *
 *     ╒═ 0 ════╤═ 4 ══════╤═ 8 ═════╤═ 12 ════════════╤═ 16 ══════════════════╕
 *     │ id: i32 │ kind: i32 │ row: i32 │ generation: i32 │ the value, and so on … │
 *     ╘════════╧══════════╧═════════╧═════════════════╧═══════════════════════╛
 *
 * So what every message has costs no codec, and a number in it neither.
 */
import { ClassTag, Kind, Meta, Status } from '../../assembly/abi.ts';
import { RuntimeError, ShutDown } from '../errors.ts';
import { heapFull, theHeap } from '../heap/heap.ts';
import { interruption, throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { decodeRecord, RECORD, recordBytes, writeRecord } from '../heap/records.ts';
import { AdoptionToken, created, registerShared, Shared } from '../heap/shared.ts';
import { putRecord } from '../queue/records.ts';

const HEADER = 16;
const FOREVER = Number.POSITIVE_INFINITY;

export class Message {
  readonly id: number;
  readonly kind: number;
  readonly row: number;
  readonly generation: number;
  value: unknown = undefined;
  /** Why the value cannot be read. */
  fault: Error | undefined = undefined;

  constructor(words: Int32Array, at: number) {
    this.id = words[at] as number;
    this.kind = words[at + 1] as number;
    this.row = words[at + 2] as number;
    this.generation = words[at + 3] as number;
  }
}

function writeHeader(words: Int32Array, at: number, id: number, kind: number, row: number, generation: number): void {
  words[at] = id;
  words[at + 1] = kind;
  words[at + 2] = row;
  words[at + 3] = generation;
}

export class TaskChannel extends Shared {
  /** @param existing or how many messages fit; 0: as many as the heap holds */
  constructor(existing: AdoptionToken | number = 0) {
    if (existing instanceof AdoptionToken) super(existing.heap, existing.ref);
    else {
      const heap = theHeap();
      super(heap, created(heap.core.queueCreate(existing)));
    }
  }

  /**
   * Waits for room. @throws TypeError the value cannot be sent; MemoryError; ShutDown; RuntimeError there is
   * no room, and this thread must not block. Then nothing has changed
   */
  post(value: unknown, id: number, kind: number, row = 0, generation = 0): void {
    const { [Member.HEAP]: heap } = this;
    const { scratchI32 } = heap;
    const queue = this[Member.OPEN];
    writeRecord(heap, value, 0, HEADER);
    const meta = scratchI32[1] as number;
    scratchI32[1] = meta | Meta.ENVELOPE;
    // Only now: a getter may have used the scratch.
    if (meta & Meta.OUT_OF_LINE) {
      const at = (scratchI32[2] as number) + Meta.BLOCK_HEADER;
      writeHeader(heap.words(at + HEADER), at >> 2, id, kind, row, generation);
    } else writeHeader(scratchI32, RECORD >> 2, id, kind, row, generation);
    const status = putRecord(heap, queue, FOREVER);
    if (status === Status.OK) return;
    if (status === Status.TIMEOUT) throw interruption() ?? heapFull();
    if (status === Status.WOULD_BLOCK)
      throw new RuntimeError('the pool has no room, and this thread must not block: await pool.hasRoom() first');
    throw status === Status.SHUTDOWN ? new ShutDown('the channel was shut down') : heapFull();
  }

  /** Takes the oldest message, waiting for one. @throws ShutDown none will come */
  take(): Message;
  /** The same, waiting `ms` milliseconds; undefined: there is none. */
  take(ms: number): Message | undefined;
  take(ms = FOREVER): Message | undefined {
    let meta: number;
    for (;;) {
      meta = this[Member.HEAP].core.queueGet(this[Member.OPEN], ms);
      if (meta !== Status.TIMEOUT) break;
      // A signal: its listeners have run. Unless they have ended this worker, it goes on.
      if (interruption() === undefined && ms !== FOREVER) return undefined;
    }
    if (meta < 0) throw new ShutDown('the channel was shut down and is drained');
    return this.#read(RECORD, this[Member.HEAP].scratchI32[0] as number, meta);
  }

  /**
   * Takes the messages that are there, waiting `ms` milliseconds for the first: none, if it does not come.
   * undefined: none will come, the channel was shut down and is drained.
   */
  takeAll(ms: number): Message[] | undefined {
    const { core, scratchI32 } = this[Member.HEAP];
    const count = core.queueGetMany(this[Member.OPEN], 0x7fffffff, ms);
    if (count === Status.SHUTDOWN) return undefined;
    if (count === Status.TIMEOUT) throwIfInterrupted();
    const messages: Message[] = [];
    for (let at = 0; messages.length < count; ) {
      const record = at;
      const length = scratchI32[at >> 2] as number;
      const meta = scratchI32[(at >> 2) + 1] as number;
      at += recordBytes(scratchI32, record);
      messages.push(this.#read(record + RECORD, length, meta));
    }
    return messages;
  }

  #read(at: number, length: number, meta: number): Message {
    const { [Member.HEAP]: heap } = this;
    let message: Message;
    if (meta & Meta.OUT_OF_LINE) {
      const payload = (heap.scratchI32[at >> 2] as number) + Meta.BLOCK_HEADER;
      message = new Message(heap.words(payload + HEADER), payload >> 2);
    } else message = new Message(heap.scratchI32, at >> 2);
    try {
      message.value = decodeRecord(heap, at, length, meta & ~Meta.ENVELOPE, HEADER);
    } catch (error) {
      message.fault = error as Error;
    }
    return message;
  }

  get size(): number {
    return this[Member.HEAP].core.queueSize(this[Member.OPEN]);
  }

  get isShutDown(): boolean {
    return this[Member.HEAP].core.queueIsShutDown(this[Member.OPEN]) !== 0;
  }

  /** @param immediate drop what is in */
  shutDown(immediate = false): void {
    this[Member.HEAP].core.queueShutdown(this[Member.OPEN], immediate ? 1 : 0);
  }

  /** What opens when there is room. */
  get roomGate(): number {
    return this[Member.HEAP].core.queueNotFullGate(this[Member.OPEN]);
  }

  /** What opens when a message comes. */
  get gate(): number {
    return this[Member.HEAP].core.queueNotEmptyGate(this[Member.OPEN]);
  }
}

registerShared(ClassTag.TASK_CHANNEL, TaskChannel, Kind.QUEUE);
