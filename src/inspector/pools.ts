/**
 * Pools, read from outside: what a pool's agents share (src/pool/worker-table.ts).
 */
import { Kind, LockField, LockFlag, Size } from '../../assembly/abi.ts';
import { LINE, PoolState, TableWord, taskOf, WorkerWord } from '../pool/table-words.ts';
import type { PoolInfo, PoolWorker, QueueInfo } from './snapshot.ts';
import type { Reader } from './source.ts';
import type { Row } from './table.ts';

/** As a worker's index has it: more than workers can live. */
const MOST_WORKERS = 1024;

export function isPool(reader: Reader, { kind, at }: Row): boolean {
  return kind === Kind.VALUE && (reader.word(at + LockField.FLAGS) & LockFlag.POOL) !== 0;
}

const STATES: Record<PoolState, PoolInfo['state']> = {
  [PoolState.OPEN]: 'open',
  [PoolState.CLOSED]: 'closed',
  [PoolState.TERMINATED]: 'terminated',
};

/** Tells the queues of the pool whose they are. */
export function poolInfo(reader: Reader, { id, at }: Row, queues: ReadonlyMap<number, QueueInfo>): PoolInfo {
  const data = at + Size.VALUE;
  const size = Math.min(reader.unsigned(data + 4 * TableWord.SIZE), MOST_WORKERS);
  const workers: PoolWorker[] = [];
  let done = 0;
  for (let index = 0; index < size; index++) {
    const line = data + 4 * (1 + index) * LINE;
    const before = reader.unsigned(line + 4 * WorkerWord.DONE);
    done += before;
    const tid = reader.word(line + 4 * WorkerWord.TID);
    if (tid === 0) continue;
    const task = Math.max(taskOf(reader.word(line + 4 * WorkerWord.ASSIGNMENT)), 0);
    workers.push({ tid, task, limit: Math.abs(reader.word(line + 4 * WorkerWord.LIMIT)), done: before });
  }
  const tasks = queues.get(reader.word(data + 4 * TableWord.TASKS));
  const replies = queues.get(reader.word(data + 4 * TableWord.REPLIES));
  if (tasks !== undefined) Object.assign(tasks, { pool: id, of: 'tasks' });
  if (replies !== undefined) Object.assign(replies, { pool: id, of: 'replies' });
  const state = STATES[reader.word(data + 4 * TableWord.STATE) as PoolState] ?? 'open';
  return { id, state, workers, size, queued: tasks?.size ?? 0, done };
}
