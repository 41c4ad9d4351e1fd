/**
 * Takes a snapshot of a heap: what its words say of workers, locks, queues and pools.
 */
import { Kind, Limit, RootField, Version, WorkerField } from '../../assembly/abi.ts';
import { cycleThrough } from '../heap/cycles.ts';
import { nameOf } from '../heap/kind-names.ts';
import { holderOf, lockInfo } from './locks.ts';
import { memoryIn } from './memory.ts';
import { isPool, poolInfo } from './pools.ts';
import { queueInfo } from './queues.ts';
import type { CycleLink, QueueInfo, Snapshot, Wait } from './snapshot.ts';
import { Reader, type Source } from './source.ts';
import { isQueueKind, livingRows, Places, type Row } from './table.ts';
import { listedNodes, waitOf } from './waits.ts';
import { isTraced, livingWorkers, traceOf } from './workers.ts';

/** Kinds that have nothing to show as a lock. */
const NOT_SHOWN = new Set<Kind>([Kind.WORKER, Kind.CONNECTION]);

/** Whether a memory is a heap of this version's layout. */
export function isHeap(source: Source): boolean {
  const reader = new Reader(source);
  const isOurs = reader.word(Limit.ROOT + RootField.MAGIC) === Version.MAGIC;
  return isOurs && reader.word(Limit.ROOT + RootField.VERSION) === Version.LAYOUT;
}

/** The workers that are asleep in each object, and what they have called. */
type Asleep = Map<number, { tid: number; call: string }[]>;

function cyclesAmong(waits: ReadonlyMap<number, Row>, holder: (row: Row) => number): CycleLink[][] {
  const byAddress = new Map([...waits.values()].map((row) => [row.at, row]));
  const seen = new Set<number>();
  const cycles: CycleLink[][] = [];
  for (const [tid, row] of waits) {
    if (seen.has(tid)) continue;
    const links = cycleThrough(
      tid,
      row.at,
      (at) => holder(byAddress.get(at) as Row),
      (other) => waits.get(other)?.at ?? 0,
    );
    if (links === undefined) continue;
    for (const link of links) seen.add(link.tid);
    const named = links.map(({ tid: worker, lock }) => ({ worker, row: byAddress.get(lock) as Row }));
    cycles.push(named.map(({ worker, row: { kind, id } }) => ({ worker, class: nameOf(kind), id })));
  }
  return cycles;
}

/** @param source the memory @returns what it says now */
export function look(source: Source): Snapshot {
  const reader = new Reader(source);
  const rows = livingRows(reader);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const places = new Places(rows);
  const nodes = listedNodes(reader, rows);
  const placed = livingWorkers(reader, byId);
  const byTid = new Map(placed.map(({ info }) => [info.tid, info]));
  const asleep: Asleep = new Map();
  const waits = new Map<number, Row>();

  for (const each of placed) {
    if (each.on === 0) continue;
    const { wait, row } = waitOf(each, places, nodes);
    const trace = traceOf(reader, each.info.tid);
    each.info.waits = { ...wait, ...trace } satisfies Wait;
    if (row === undefined) continue;
    const { tid } = each.info;
    asleep.set(row.id, [...(asleep.get(row.id) ?? []), { tid, call: wait.call }]);
    if (row.kind === Kind.WORKER) each.info.waits.holder = reader.word(row.at + WorkerField.TID);
    const holder = holderOf(reader, row);
    if (holder === 0) continue;
    each.info.waits.holder = holder;
    waits.set(tid, row);
  }
  for (const row of rows) byTid.get(holderOf(reader, row))?.holds.push({ class: nameOf(row.kind), id: row.id });

  const blockedIn = (id: number, call: string) =>
    (asleep.get(id) ?? []).filter((each) => each.call === call).map(({ tid }) => tid);
  const queues = rows
    .filter(({ kind }) => isQueueKind(kind))
    .map((row) => queueInfo(reader, row, (call) => blockedIn(row.id, call)));
  const queueById = new Map<number, QueueInfo>(queues.map((queue) => [queue.id, queue]));
  const pools = rows.filter((row) => isPool(reader, row)).map((row) => poolInfo(reader, row, queueById));
  const locks = rows
    .filter((row) => !isQueueKind(row.kind) && !NOT_SHOWN.has(row.kind) && !isPool(reader, row))
    .map((row) =>
      lockInfo(
        reader,
        row,
        (asleep.get(row.id) ?? []).map(({ tid }) => tid),
      ),
    );
  return {
    at: Date.now(),
    memory: { ...memoryIn(reader), objects: rows.length },
    traced: isTraced(reader),
    workers: placed.map(({ info }) => info),
    locks,
    queues,
    pools,
    deadlocks: cyclesAmong(waits, (row) => holderOf(reader, row)),
  };
}
