/**
 * Sentinels: numbers that stand for processes wherever one waits for several things.
 */
import { Kind, WorkerState } from '../../assembly/abi.ts';
import { ValueError } from '../errors.ts';
import { AsyncGate } from '../heap/gate.ts';
import type { Heap } from '../heap/heap.ts';
import { created, isGone } from '../heap/shared.ts';
import { WorkerRecord } from './record.ts';

/** More than there are rows for objects. Together with a generation it stays below 2^53. */
const ROWS = 2 ** 22;

export function sentinelOf(id: number, generation: number): number {
  return generation * ROWS + id;
}

/**
 * What `wait` watches of a process; `release` when it is over. A process whose record is gone has ended.
 * @throws ValueError
 */
export function ended(heap: Heap, sentinel: number): { gate: number; isReady(): boolean; release(): void } {
  const { core } = heap;
  const id = sentinel % ROWS;
  if (!Number.isSafeInteger(sentinel) || id < 1 || id >= core.objectEntries()) throw new ValueError(`${sentinel} is no sentinel`);
  const ref = core.refOpen(id, Math.floor(sentinel / ROWS));
  if (isGone(ref)) return { gate: 0, isReady: () => true, release() {} };
  created(ref);
  if (core.objectKind(id) !== Kind.WORKER) {
    core.refClose(ref);
    throw new ValueError(`${sentinel} is no sentinel`);
  }
  const record = new WorkerRecord(heap, core.refObject(ref));
  return {
    gate: record.gate,
    isReady: () => record.state === WorkerState.ENDED,
    release() {
      const waited = AsyncGate.closing(heap, record.address);
      if (waited === undefined) core.refClose(ref);
      else void waited.then(() => core.refClose(ref));
    },
  };
}
