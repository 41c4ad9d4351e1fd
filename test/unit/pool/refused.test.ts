/**
 * The supervisor's part of a pool in a heap without any memory left: whoever waits for the pool hears that it
 * has no workers. `test/threads/workers/no-start.test.ts` has the same in whole programs.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Status } from '../../../assembly/abi.ts';
import { Pools } from '../../../src/entry/pools.ts';
import { RecordReference } from '../../../src/entry/record-reference.ts';
import { theHeap } from '../../../src/heap/heap.ts';
import { heap } from '../../../src/heap/inspect.ts';
import { type Control, Notice } from '../../../src/pool/protocol.ts';
import { SharedConstant } from '../../../src/pool/shared-constant.ts';
import { TaskChannel } from '../../../src/pool/task-channel.ts';
import { PoolState, WorkerTable } from '../../../src/pool/worker-table.ts';
import { Queue } from '../../../src/queue/queue.ts';
import type { PoolMessage, RecordRef, StartMessage } from '../../../src/workers/protocol.ts';

function host() {
  return {
    start: vi.fn(),
    stop: vi.fn(),
    whenQuiescent: (action: () => void) => action(),
  };
}

/** What a pool's creator makes, and tells its supervisor. */
function made() {
  const table = new WorkerTable(1);
  const [tasks, replies, setup] = [
    new TaskChannel(),
    new TaskChannel(),
    new SharedConstant({ initializer: undefined, initargs: [] }),
  ];
  const control = new SharedConstant<Control>({ table, tasks, replies, maxtasks: 0, min: 1, idleMs: 1000, setup });
  const rowOf = ({ id, generation }: RecordRef): RecordRef => ({ id, generation });
  const output = new Queue<Uint8Array>();
  const { tid } = theHeap();
  const message: PoolMessage = {
    type: 'pool',
    control: rowOf(control.handle()),
    table: rowOf(table.handle()),
    replies: rowOf(replies.handle()),
    parent: tid,
    creator: tid,
    main: undefined,
    around: undefined,
    method: undefined,
    isSpawned: false,
    outputs: [{ id: output.id, generation: output.handle().generation, isOwn: true }, undefined],
    classes: [],
  };
  const close = () => {
    for (const each of [table, tasks, replies, setup, control, output]) each.close();
  };
  return { table, tasks, replies, output, message, close };
}

/** From now on the core has no memory for another handle. @returns how to give it some */
function fill(): () => void {
  const full = vi.spyOn(theHeap().core, 'refOpen').mockReturnValue(Status.NO_MEMORY);
  return () => full.mockRestore();
}

let before: Record<string, number> = {};
beforeEach(() => {
  before = heap.stats().objects;
});
afterEach(() => expect(heap.stats().objects).toEqual(before));

/** Milliseconds. */
const FOREVER = 10_000;

test('one that its creator has ended is over at once', () => {
  const { table, replies, output, message, close } = made();
  const free = fill();
  table.reach(PoolState.TERMINATED);
  new Pools(theHeap(), host()).open(message);
  expect([replies.takeAll(FOREVER), table.isRefused, output.isShutdown]).toEqual([undefined, true, true]);
  free();
  close();
});

test('one that is ended while it is tried again is over then', async () => {
  const { table, replies, output, message, close } = made();
  const free = fill();
  new Pools(theHeap(), host()).open(message);
  expect([replies.takeAll(0), table.isRefused, output.isShutdown]).toEqual([[], false, false]);
  table.reach(PoolState.TERMINATED);
  await vi.waitUntil(() => table.isRefused, { timeout: FOREVER });
  expect([replies.takeAll(FOREVER), output.isShutdown]).toEqual([undefined, true]);
  free();
  close();
});

test('one for which there is no memory for long has no workers', async () => {
  const { table, replies, output, message, close } = made();
  const free = fill();
  const its = host();
  new Pools(theHeap(), its).open(message);
  await vi.waitUntil(() => table.isRefused, { timeout: FOREVER });
  expect([replies.takeAll(FOREVER), table.state, output.isShutdown]).toEqual([undefined, PoolState.OPEN, true]);
  expect(its.start).not.toHaveBeenCalled();
  free();
  close();
});

test('one for which there is memory after a while is staffed', async () => {
  const { table, tasks, replies, message, close } = made();
  const free = fill();
  const its = host();
  const pools = new Pools(theHeap(), its);
  pools.open(message);
  free();
  await vi.waitUntil(() => its.start.mock.calls.length > 0, { timeout: FOREVER });
  expect([table.isRefused, pools.monitor(message.control.id) !== undefined]).toEqual([false, true]);
  // Its worker is killed after the end, which the supervisor writes into its record: whoever waits hears of that, and then that nothing comes any more.
  const [start, onGone] = its.start.mock.calls[0] as [StartMessage, (code: number, stopped: boolean) => void];
  tasks.shutDown();
  const reference = RecordReference.open(theHeap(), start.record);
  theHeap().core.reap(start.tid, 0);
  reference?.record.dropTask();
  reference?.record.end(-9);
  reference?.close();
  onGone(-9, true);
  const messages = replies.takeAll(FOREVER) ?? [];
  expect(messages.map(({ id, kind }) => [id, kind])).toEqual([[0, Notice.DIED]]);
  expect(replies.takeAll(FOREVER)).toBeUndefined();
  expect(pools.monitor(message.control.id)).toBeUndefined();
  close();
});

test('one that is gone, because its creator has died, is nobody’s', () => {
  const { message, close } = made();
  close();
  const its = host();
  const pools = new Pools(theHeap(), its);
  pools.open(message);
  expect([its.start.mock.calls, pools.monitor(message.control.id)]).toEqual([[], undefined]);
});
