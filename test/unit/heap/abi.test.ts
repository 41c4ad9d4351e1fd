import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Encoding, Kind, Status, WorkerField } from '../../../assembly/abi.ts';
import { coreModule, instantiateCore } from '../../../src/heap/core.ts';

const file = readFileSync(new URL('../../../build/core.wasm', import.meta.url));
const PAGE = 65536;
const DATA = 11;
const DATA_COUNT = 12;

/** The ids of a module's sections, in order. */
function sections(module: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < module.length; ) {
    ids.push(module[at++] as number);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++] as number;
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}

/** A core over a memory of its own, as a worker. */
function freshCore(pages = 16, maximum = 32) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum, shared: true });
  const core = instantiateCore(coreModule(), memory);
  core.rootInit(pages, maximum);
  const tid = core.slotTake();
  core.configureWaiting(1, 0, 0, 0);
  expect(core.workerBecome(tid)).toBeTruthy();
  return { memory, core, tid, words: new Int32Array(memory.buffer) };
}

describe('the compiled core', () => {
  // Instantiating a module with data would write it over the heap that others already use.
  test('has no data: a second worker that instantiates it changes nothing in the memory', () => {
    const ids = sections(file);
    expect(ids).toEqual(expect.arrayContaining([1, 2, 3, 7, 10]));
    expect(ids).not.toContain(DATA);
    expect(ids).not.toContain(DATA_COUNT);

    const { memory, core, words } = freshCore();
    core.refObject(core.lockCreate(0));
    const before = words.slice();
    instantiateCore(coreModule(), memory);
    expect(Buffer.compare(Buffer.from(words.buffer), Buffer.from(before.buffer))).toBe(0);
  });

  test('imports a memory and a clock, and exports functions only', () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(file));
    expect(imports.map(({ kind }) => kind).sort()).toEqual(['function', 'memory']);
    expect(WebAssembly.Module.exports(new WebAssembly.Module(file)).every(({ kind }) => kind === 'function')).toBe(true);
  });

  test('is what the package embeds', () => {
    const exportsOf = (module: WebAssembly.Module) => WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(exportsOf(coreModule())).toEqual(exportsOf(new WebAssembly.Module(file)));
  });

  test('knows its own layout', () => {
    const { core } = freshCore(16, 16);
    expect(core.rootIsCompatible()).toBeTruthy();
    expect(core.bytesReserved()).toBe(16 * PAGE);
    const blank = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
    expect(instantiateCore(coreModule(), blank).rootIsCompatible()).toBeFalsy();
  });
});

describe('the ABI', () => {
  test('statuses are negative, so that lengths, indices and kinds can share a return value', () => {
    const { core, tid } = freshCore();
    const lock = core.refObject(core.lockCreate(0));
    expect(core.lockRelease(lock)).toBe(Status.NOT_OWNER);
    expect(core.lockAcquire(lock, 0)).toBe(Status.OK);
    expect(core.lockOwner(lock)).toBe(tid);
    expect(core.lockAcquire(lock, 0)).toBe(Status.TIMEOUT);
    const semaphore = core.refObject(core.semaphoreCreate(1, 1));
    expect(core.semaphoreRelease(semaphore, 1)).toBe(Status.RANGE);
    const barrier = core.refObject(core.barrierCreate(2, Number.POSITIVE_INFINITY));
    core.barrierAbort(barrier);
    expect(core.barrierArrive(barrier, core.slotNode(tid))).toBe(Status.BROKEN);
    expect(core.retain(core.objectId(lock), core.objectGeneration(lock) + 1)).toBe(Status.STALE);
    const queue = core.refObject(core.queueCreate(1));
    core.queueShutdown(queue, 0);
    expect(core.queuePutNumber(queue, 1, 0)).toBe(Status.SHUTDOWN);
  });

  test('a thread that must not block is told so instead of being put to sleep', () => {
    const { core, tid } = freshCore();
    core.configureWaiting(0, 0, 0, 0);
    const lock = core.refObject(core.lockCreate(0));
    core.lockAcquire(lock, 0);
    expect(core.lockAcquire(lock, Number.POSITIVE_INFINITY)).toBe(Status.WOULD_BLOCK);
    expect(core.semaphoreAcquire(core.refObject(core.semaphoreCreate(0, 1)), 1000)).toBe(Status.WOULD_BLOCK);
    expect(core.eventWait(core.refObject(core.eventCreate()), 1000)).toBe(Status.WOULD_BLOCK);
    const condition = core.refObject(core.conditionCreate(lock, 0));
    expect(core.conditionWait(condition, core.slotNode(tid), 1000)).toBe(Status.WOULD_BLOCK);
    expect(core.lockOwner(lock)).toBe(tid);
    const barrier = core.refObject(core.barrierCreate(2, Number.POSITIVE_INFINITY));
    expect(core.barrierArrive(barrier, core.slotNode(tid))).toBe(Status.OK);
    expect(core.barrierAwait(barrier, core.slotNode(tid), 1000)).toBe(Status.WOULD_BLOCK);
    expect(core.queueGet(core.refObject(core.queueCreate(0)), 1000)).toBe(Status.WOULD_BLOCK);
  });

  test('kinds of objects are those that the creating functions give', () => {
    const { core } = freshCore();
    const kindOf = (ref: number) => core.objectKind(core.objectId(core.refObject(ref)));
    expect(
      [
        core.lockCreate(0),
        core.rlockCreate(0),
        core.semaphoreCreate(1, 1),
        core.conditionCreate(core.refObject(core.lockCreate(0)), 0),
        core.eventCreate(),
        core.barrierCreate(1, Number.POSITIVE_INFINITY),
        core.queueCreate(0),
        core.workerCreate(0),
        core.valueCreate(16, 0),
        core.singleLockCreate(Kind.LIFO, 0),
        core.singleLockCreate(Kind.PRIORITY, 0),
      ].map(kindOf),
    ).toEqual([
      Kind.LOCK,
      Kind.RLOCK,
      Kind.SEMAPHORE,
      Kind.CONDITION,
      Kind.EVENT,
      Kind.BARRIER,
      Kind.QUEUE,
      Kind.WORKER,
      Kind.VALUE,
      Kind.LIFO,
      Kind.PRIORITY,
    ]);
  });

  test('encodings without bytes are below the first one with bytes', () => {
    const { core } = freshCore();
    const queue = core.refObject(core.queueCreate(0));
    for (const encoding of [Encoding.UNDEFINED, Encoding.NULL, Encoding.FALSE, Encoding.TRUE]) {
      expect(encoding).toBeLessThan(Encoding.NUMBER);
      expect(core.queuePut(queue, 0, encoding, 0)).toBe(Status.OK);
      expect(core.queueGet(queue, 0)).toBe(encoding);
    }
    expect(core.queuePutNumber(queue, 0.5, 0)).toBe(Status.OK);
    expect(core.queueGet(queue, 0)).toBe(Encoding.NUMBER);
  });

  test('the fields of a worker record lie where src/ reads them', () => {
    const { core, tid, words } = freshCore();
    const record = core.refObject(core.workerCreate(5));
    expect(words[(record + WorkerField.PARENT) >> 2]).toBe(tid);
    expect(words[(record + WorkerField.FLAGS) >> 2]).toBe(5);
    expect(core.workerEnd(record, -9)).toBeTruthy();
    expect(core.workerExitCode(record)).toBe(-9);
    expect(core.workerEnd(record, 0)).toBeFalsy();
    expect(core.workerExitCode(record)).toBe(-9);
  });

  test('objects and blocks are aligned to 16 bytes', () => {
    const { core } = freshCore();
    for (const bytes of [1, 16, 17, 48, 100, 1000, 5000, 40000, 100000]) expect(core.allocate(bytes) % 16).toBe(0);
    for (const bytes of [64, 128, 256, 1024, 65536]) expect(core.allocate(bytes) % 64).toBe(0);
    for (let i = 0; i < 20; i++) expect(core.refObject(core.lockCreate(0)) % 16).toBe(0);
  });
});
