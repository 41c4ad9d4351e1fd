/**
 * Queues, read from outside. Their positions count what was ever put and got, so rates are exact.
 */
import { Kind, QueueField } from '../../assembly/abi.ts';
import { nameOf } from '../heap/kind-names.ts';
import type { QueueInfo } from './snapshot.ts';
import type { Reader } from './source.ts';
import type { Row } from './table.ts';

/** Of an event count: its gate's waiters. */
const GATE_WAITERS = 12;

/** Items that were ever put and got. */
function traffic(reader: Reader, { kind, at }: Row): { put: number; got: number } {
  // The upper half; below it are a Queue's bytes, and the items that are in one of the others.
  const put = reader.unsigned(at + QueueField.TAIL_POSITION + 4);
  if (kind !== Kind.QUEUE) return { put, got: (put - reader.unsigned(at + QueueField.TAIL_POSITION)) >>> 0 };
  return { put, got: reader.unsigned(at + QueueField.HEAD_POSITION + 4) };
}

/** @param blocked the workers that are blocked in it, by what they have called */
export function queueInfo(reader: Reader, row: Row, blocked: (call: string) => number[]): QueueInfo {
  const { id, kind, at } = row;
  const { put, got } = traffic(reader, row);
  return {
    class: nameOf(kind),
    id,
    // Below 0: one was put and got between the two looks.
    size: Math.max((put - got) | 0, 0),
    maxsize: reader.word(at + QueueField.MAXSIZE),
    shutDown: reader.word(at + QueueField.CLOSED) !== 0,
    put,
    got,
    getters: blocked('get'),
    putters: blocked('put'),
    joiners: blocked('join'),
    asyncWaiters:
      reader.unsigned(at + QueueField.NOT_EMPTY + GATE_WAITERS) +
      reader.unsigned(at + QueueField.NOT_FULL + GATE_WAITERS) +
      reader.unsigned(at + QueueField.JOIN + GATE_WAITERS),
  };
}
