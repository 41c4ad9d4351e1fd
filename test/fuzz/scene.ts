/**
 * A heap with one of everything in it, two workers that use it by calls of the compiled core, both in this
 * thread, and what it looks like before anything is written over. Nobody blocks: what would have to wait
 * answers so.
 */
import { CellBatchField, Encoding, Kind, Meta, Put } from '../../assembly/abi.ts';
import { type CoreExports, coreModule, instantiateCore } from '../../src/heap/core.ts';
import type { Random } from './random.ts';

const PAGE = 65536;
const PAGES = 40;
const PAGES_AT_MOST = 64;
const RECORD = 8;
const HEADER = 16;
/** Behind a small value in the scratch: where the core looks for a table's key. */
const KEY = RECORD + 2048;

/** One of the two workers. */
export interface Agent {
  core: CoreExports;
  tid: number;
  /** Words of its scratch. */
  scratch: number;
}

/** An object, and each worker's handle to it. */
interface Thing {
  kind: Kind;
  object: number;
  refs: number[];
}

/** One call of many on a thing. */
type Deed = (agent: Agent, thing: Thing, random: Random) => number | undefined;

export class Scene {
  readonly memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES_AT_MOST, shared: true });
  readonly words = new Int32Array(this.memory.buffer as unknown as SharedArrayBuffer);
  readonly things: Thing[] = [];
  agents: Agent[] = [];
  /** Where the heap's words are used, at the beginning of a case. */
  readonly used: number[] = [];
  readonly #before: Int32Array;
  readonly #module = coreModule();

  constructor(random: Random) {
    const first = this.#instance();
    first.rootInit(PAGES, PAGES_AT_MOST);
    first.rootSetHashSeed(1);
    const tids = [first.slotTake()];
    first.workerBecome(tids[0] as number);
    tids.push(first.slotTake());
    this.#enter(tids);
    this.#make(random);
    for (let i = 0; i < 60; i++) this.act(random);
    this.#before = this.words.slice();
    for (let i = 0; i < this.#before.length; i++) if (this.#before[i] !== 0) this.used.push(i);
  }

  #instance(): CoreExports {
    const core = instantiateCore(this.#module, this.memory);
    core.configureWaiting(0, 0, 0, 0);
    return core;
  }

  #enter(tids: readonly number[]): void {
    this.agents = tids.map((tid) => {
      const core = this.#instance();
      core.workerBecome(tid);
      return { core, tid, scratch: core.scratch() >> 2 };
    });
  }

  /** All as it was, and nobody has seen anything. */
  reset(): void {
    this.words.set(this.#before);
    this.#enter(this.agents.map(({ tid }) => tid));
  }

  #make(random: Random): void {
    const [agent, other] = this.agents as [Agent, Agent];
    const { core } = agent;
    const add = (kind: Kind, ref: number) => {
      const object = core.refObject(ref);
      const theirs = other.core.refOpen(core.objectId(object), core.objectGeneration(object));
      this.things.push({ kind, object, refs: [ref, theirs] });
      return object;
    };
    const lock = add(Kind.LOCK, core.lockCreate(0));
    const rlock = add(Kind.RLOCK, core.rlockCreate(0));
    add(Kind.SEMAPHORE, core.semaphoreCreate(2, 0x7fffffff));
    add(Kind.SEMAPHORE, core.semaphoreCreate(1, 1));
    add(Kind.EVENT, core.eventCreate());
    add(Kind.CONDITION, core.conditionCreate(lock, 0));
    add(Kind.CONDITION, core.conditionCreate(rlock, 1));
    add(Kind.BARRIER, core.barrierCreate(2, Number.POSITIVE_INFINITY));
    add(Kind.VALUE, core.valueCreate(24, 0));
    add(Kind.ARRAY, core.arrayCreate(64, lock));
    add(Kind.QUEUE, core.queueCreate(0));
    add(Kind.QUEUE, core.queueCreate(1 + random.below(6)));
    add(Kind.LIFO, core.singleLockCreate(Kind.LIFO, 0));
    add(Kind.PRIORITY, core.singleLockCreate(Kind.PRIORITY, 0));
    add(Kind.TABLE, core.tableCreate());
    add(Kind.VECTOR, core.vectorCreate());
    const [forth, back] = [core.refObject(core.queueCreate(0)), core.refObject(core.queueCreate(0))];
    add(Kind.CONNECTION, core.connectionCreate(forth, back));
    add(Kind.CONNECTION, core.connectionCreate(back, forth));
  }

  /** One call, of either worker, on anything: what it answered. */
  act(random: Random): number | undefined {
    const agent = random.pick(this.agents);
    const thing = random.pick(this.things);
    return (random.pick(DEEDS[thing.kind] as Deed[]) as Deed).call(this, agent, thing, random);
  }

  /** One worker dies, the other repairs what it held and gives back all that it has itself. Call by call. */
  *end(): Generator<() => void> {
    const [agent, other] = this.agents as [Agent, Agent];
    yield () => agent.core.reapLocks(other.tid, 0);
    for (let i = 0; i < 40; i++) yield () => agent.core.reap(other.tid, 0);
    for (const { refs } of this.things) yield () => agent.core.refClose(refs[0] as number);
    yield () => agent.core.refCloseOwn();
    yield () => agent.core.slotFree(agent.tid);
  }

  // ── records ────────────────────────────────────────────────────────────────────────────────────────────

  /** A record of some bytes at the scratch's begin, its meta; in a block if it is long or has handles. */
  record({ core, scratch }: Agent, random: Random, at = 0): { length: number; meta: number; inFlight: number } {
    const isLong = random.chance(3);
    const length = isLong ? 2048 + random.below(random.chance(4) ? 200_000 : 3000) : random.below(200);
    const handles = isLong && random.chance(2) ? this.things.slice(0, 1 + random.below(3)) : [];
    const word = scratch + (at >> 2);
    this.words[word] = length;
    this.words[word + 1] = Encoding.BYTES;
    if (!isLong) return { length, meta: Encoding.BYTES, inFlight: 0 };
    const body = ((length + 7) & ~7) + 8 * handles.length;
    const block = core.allocate(Meta.BLOCK_HEADER + body);
    if (block === 0) return { length: 0, meta: Encoding.NULL, inFlight: 0 };
    const end = (block + Meta.BLOCK_HEADER + body) >> 2;
    handles.forEach(({ object }, i) => {
      this.words[end - 2 * (handles.length - i)] = core.objectId(object);
      this.words[end - 2 * (handles.length - i) + 1] = core.objectGeneration(object);
    });
    const meta = Encoding.BYTES | (handles.length << Meta.HANDLES_SHIFT);
    const inFlight = core.inFlightCreate(block, length, meta);
    if (inFlight <= 0) return { length: 0, meta: Encoding.NULL, inFlight: 0 };
    this.words[word + 1] = meta | Meta.OUT_OF_LINE;
    this.words[word + 2] = block;
    this.words[word + 3] = inFlight;
    return { length, meta, inFlight };
  }

  put(agent: Agent, queue: number, random: Random): number {
    const { core, scratch } = agent;
    const { length, meta, inFlight } = this.record(agent, random);
    if (inFlight === 0) return core.queuePut(queue, length, meta, 0);
    const status = core.queuePutBlock(queue, this.words[scratch + 2] as number, inFlight, length, meta, 0);
    if (status !== 0) core.refClose(inFlight);
    return status;
  }

  /** Gives back the block of a record that was taken, if it has one. */
  taken({ core, scratch }: Agent, meta: number): number {
    if (meta >= 0 && meta & Meta.OUT_OF_LINE) core.refClose(this.words[scratch + 2] as number);
    return meta;
  }

  /** As many records as were taken lie behind each other. */
  takenMany({ core, scratch }: Agent, count: number): number {
    let at = scratch;
    for (let i = 0; i < count; i++) {
      const [length, meta, block] = this.words.subarray(at, at + 3) as unknown as [number, number, number];
      if (meta & Meta.OUT_OF_LINE) core.refClose(block);
      at += (RECORD + (meta & Meta.OUT_OF_LINE ? 8 : (length + 7) & ~7)) >> 2;
      if (at >= scratch + PAGE / 4 || at < scratch) break;
    }
    return count;
  }

  /** A key, or a value, that is a short text, at `at` of the scratch. */
  text({ scratch }: Agent, random: Random, at: number): void {
    const word = scratch + (at >> 2);
    this.words[word] = 1 + random.below(12);
    this.words[word + 1] = Encoding.LATIN1;
    for (let i = 0; i < 4; i++) this.words[word + 2 + i] = 0x61616161 + random.below(3);
  }

  shown({ core, scratch }: Agent, meta: number): number {
    if (meta >= 0 && meta & Meta.OUT_OF_LINE) core.cellBatchClose(this.words[scratch + 3] as number);
    return meta;
  }

  /** A batch with some values, one of them with a handle; and their keys. */
  batch(agent: Agent, random: Random, keys: boolean): number {
    const { core } = agent;
    const count = 1 + random.below(4);
    const batch = core.cellBatchCreate(keys ? 2 * count : count);
    if (batch <= 0) return 0;
    for (let i = 0; i < count; i++) {
      const { object } = random.pick(this.things);
      const length = random.below(40);
      const body = core.cellBatchAddBlock(batch, length, Encoding.BYTES | (1 << Meta.HANDLES_SHIFT));
      if (body > 0) {
        const handle = (body + ((length + 7) & ~7)) >> 2;
        this.words[handle] = core.objectId(object);
        this.words[handle + 1] = core.objectGeneration(object);
        core.cellBatchCountHandles(batch, 1);
      }
      this.text(agent, random, 0);
      if (keys) core.cellBatchAdd(batch, 0);
    }
    return batch;
  }

  header(thing: Thing): number {
    return (thing.object - HEADER) >> 2;
  }
}

type Bound = (this: Scene, agent: Agent, thing: Thing, random: Random) => number | undefined;

const locks: Bound[] = [
  ({ core }, { object }) => core.lockAcquire(object, 0),
  ({ core }, { object }) => core.lockTryOrMark(object),
  ({ core }, { object }) => core.lockRelease(object),
  ({ core }, { object }) => core.lockAcquire(object, 1),
];
const rlocks: Bound[] = [
  ({ core }, { object }) => core.rlockAcquire(object, 0),
  ({ core }, { object }) => core.rlockRelease(object),
  ({ core }, { object }) => core.rlockTryOrMark(object),
];
const queues: Bound[] = [
  function (agent, { object }, random) {
    return this.put(agent, object, random);
  },
  ({ core }, { object }) => core.queuePutNumber(object, 1.5, 0),
  function (agent, { object }) {
    return this.taken(agent, agent.core.queueGet(object, 0));
  },
  function (agent, { object }, random) {
    return this.takenMany(agent, agent.core.queueGetMany(object, 1 + random.below(9), 0));
  },
  ({ core }, { object }) => core.queueGetNumbers(object, 4, 0),
  ({ core }, { object }) => core.queueSize(object),
  ({ core }, { object }) => core.queueTaskDone(object),
  ({ core }, { object }) => core.queueJoin(object, 0),
  ({ core }, { object }) => core.queueGet(object, 1),
  ({ core }, { object }, random) => {
    const loan = core.queueReserve(object, random.below(4000), 0);
    if (loan > 0 && core.queueCommit(object, loan, 8, 0) !== 0) core.loanEnd(loan);
    return loan;
  },
  ({ core }, { object }) => {
    const loan = core.queueLease(object, 0);
    if (loan > 0) core.loanEnd(loan);
    return loan;
  },
  ({ core, scratch }, { object }) => {
    const length = core.queueGetInto(object, (scratch << 2) + 32768, 4096, 0);
    return length;
  },
];

const DEEDS: Partial<Record<Kind, Bound[]>> = {
  [Kind.LOCK]: locks,
  [Kind.RLOCK]: rlocks,
  [Kind.VALUE]: rlocks,
  [Kind.ARRAY]: [...rlocks, ({ core }, { object }) => core.valueLock(object)],
  [Kind.SEMAPHORE]: [
    ({ core }, { object }) => core.semaphoreTry(object),
    ({ core }, { object }) => core.semaphoreAcquire(object, 1),
    ({ core }, { object }) => core.semaphoreRelease(object, 1),
  ],
  [Kind.EVENT]: [
    ({ core }, { object }) => core.eventSet(object) as undefined,
    ({ core }, { object }) => core.eventClear(object) as undefined,
    ({ core }, { object }) => core.eventWait(object, 1),
  ],
  [Kind.CONDITION]: [
    ({ core, tid }, { object }) => {
      const lock = core.conditionLock(object);
      if (core.lockAcquire(lock, 0) !== 0) return undefined;
      const node = core.nodeTake();
      const depth = core.conditionEnter(object, node > 0 ? node : core.slotNode(tid));
      core.lockAcquire(lock, 0);
      core.conditionLeave(object, node, depth);
      core.nodeGive(node);
      return core.conditionNotify(object, 1);
    },
    ({ core }, { object }) => core.conditionNotify(object, 5),
    ({ core }, { object }) => core.conditionOwned(object),
  ],
  [Kind.BARRIER]: [
    ({ core }, { object }) => {
      const node = core.nodeTake();
      if (node <= 0) return node;
      const status = core.barrierArrive(object, node);
      if (status === 65536) core.barrierTrip(object, node);
      else if (status === 0 && core.barrierGiveUp(object, node, 1) === 0) core.barrierReset(object);
      core.nodeGive(node);
      return status;
    },
    ({ core }, { object }) => core.barrierReset(object) as undefined,
    ({ core }, { object }) => core.barrierAbort(object) as undefined,
    ({ core }, { object }) => core.barrierWaiting(object),
  ],
  [Kind.QUEUE]: queues,
  [Kind.LIFO]: queues,
  [Kind.PRIORITY]: [
    ({ core }, { object }, random) => core.queuePutNumber(object, random.below(100), 0),
    ({ core }, { object }, random) => core.queuePutNumber(object, -random.below(100), 0),
    ({ core }, { object }) => core.queueGet(object, 0),
    ({ core }, { object }) => core.queueGetMany(object, 5, 0),
    ({ core }, { object }) => core.queueSize(object),
  ],
  [Kind.TABLE]: [
    function (agent, { object }, random) {
      this.text(agent, random, 0);
      this.text(agent, random, KEY);
      return agent.core.tablePut(object, random.pick([Put.ALWAYS, Put.IF_ABSENT, Put.IF_PRESENT]));
    },
    function (agent, { object }, random) {
      this.text(agent, random, KEY);
      return agent.core.tablePutNumber(object, 7, 0);
    },
    function (agent, { object }, random) {
      this.text(agent, random, KEY);
      return this.shown(agent, agent.core.tableGet(object));
    },
    function (agent, { object }, random) {
      this.text(agent, random, KEY);
      return this.shown(agent, agent.core.tableTake(object));
    },
    function (agent, { object }, random) {
      this.text(agent, random, KEY);
      return agent.core.tableDelete(object);
    },
    function (agent, { object }, random) {
      const batch = this.batch(agent, random, true);
      if (batch === 0) return undefined;
      const status = agent.core.tablePutAll(object, batch, 0);
      agent.core.cellBatchClose(batch);
      return status;
    },
    function ({ core }, { object }) {
      const batch = core.tableSnapshot(object, 3);
      if (batch <= 0) return batch;
      if (this.words[(batch + CellBatchField.COUNT) >> 2] !== 0) core.cellBatchShow(batch, 0);
      core.cellBatchClose(batch);
      return batch;
    },
    ({ core }, { object }) => {
      const batch = core.tableTakeLast(object);
      if (batch > 0) core.cellBatchClose(batch);
      return batch;
    },
    ({ core }, { object }) => core.tableSize(object),
    ({ core }, { object }, random) => (random.chance(5) ? core.tableClear(object) : core.tableHas(object)),
    ({ core }, { object }) => {
      const status = core.updateLockTry(object);
      if (status === 0) core.updateLockRelease(object);
      return status;
    },
  ],
  [Kind.VECTOR]: [
    function (agent, { object }, random) {
      this.text(agent, random, 0);
      return agent.core.vectorAppend(object);
    },
    ({ core }, { object }) => core.vectorAppendNumber(object, 3),
    function (agent, { object }, random) {
      return this.shown(agent, agent.core.vectorGet(object, random.below(8)));
    },
    function (agent, { object }, random) {
      return this.shown(agent, agent.core.vectorTake(object, random.below(6)));
    },
    ({ core }, { object }, random) => core.vectorSetNumber(object, random.below(6), 1),
    function (agent, { object }, random) {
      const batch = this.batch(agent, random, false);
      if (batch === 0) return undefined;
      const status = agent.core.vectorSplice(object, random.below(4), random.below(8), batch);
      agent.core.cellBatchClose(batch);
      return status;
    },
    ({ core }, { object }) => {
      const batch = core.vectorSnapshot(object, 0, 100);
      if (batch > 0) core.cellBatchClose(batch);
      return batch;
    },
    ({ core }, { object }) => core.vectorLength(object),
    ({ core }, { object }, random) => (random.chance(5) ? core.vectorClear(object) : 0),
  ],
  [Kind.CONNECTION]: [
    function (agent, { object }, random) {
      const queue = agent.core.connectionOutgoing(object);
      return queue === 0 ? undefined : this.put(agent, queue, random);
    },
    ({ core }, { object }) => {
      const queue = core.connectionOutgoing(object);
      return queue === 0 ? undefined : core.pipePutNumber(queue, 4, 0);
    },
    function (agent, { object }) {
      const queue = agent.core.connectionIncoming(object);
      return queue === 0 ? undefined : this.taken(agent, agent.core.queueGet(queue, 0));
    },
    ({ core }, { object }) => {
      const queue = core.connectionIncoming(object);
      return queue === 0 ? undefined : core.pipeReady(queue);
    },
  ],
};
