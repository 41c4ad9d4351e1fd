/**
 * What a blocked worker waits for, by the word that it sleeps on.
 */
import { Kind, Limit, ListField, QueueField, RootField, SlotField } from '../../assembly/abi.ts';
import { nameOf } from '../heap/kind-names.ts';
import type { Wait } from './snapshot.ts';
import type { Reader } from './source.ts';
import type { Places, Row } from './table.ts';
import type { Placed } from './workers.ts';

/** Waits for what is the heap's own, and not an object of a user's. */
const OWN: readonly [offset: number, bytes: number, name: string, call: string][] = [
  [RootField.HEAP_LOCK, 16, 'heap', 'allocate'],
  [RootField.OUTPUT_LOCK, 16, 'output', 'write'],
  [RootField.MULTI_WAIT, 8, 'several objects', 'wait'],
];

const CALLS: Partial<Record<Kind, string>> = {
  [Kind.EVENT]: 'wait',
  [Kind.CONDITION]: 'wait',
  [Kind.BARRIER]: 'wait',
  [Kind.WORKER]: 'join',
};

function callOn(kind: Kind, offset: number): string {
  if (kind !== Kind.QUEUE && kind !== Kind.LIFO && kind !== Kind.PRIORITY) return CALLS[kind] ?? 'acquire';
  if (offset >= QueueField.NOT_FULL) return 'put';
  if (offset >= QueueField.NOT_EMPTY) return 'get';
  if (offset >= QueueField.HEAD) return 'get';
  return offset >= QueueField.TAIL ? 'put' : 'join';
}

/** Where waiters with a node of their own sleep: the objects with lists, by node. */
export function listedNodes(reader: Reader, rows: readonly Row[]): Map<number, Row> {
  const nodes = new Map<number, Row>();
  for (const row of rows) {
    if (row.kind !== Kind.CONDITION && row.kind !== Kind.BARRIER) continue;
    let node = reader.unsigned(row.at + ListField.HEAD);
    for (let steps = 0; node !== 0 && steps < Limit.SLOTS && !nodes.has(node); steps++) {
      nodes.set(node, row);
      node = reader.unsigned(node + ListField.NODE_NEXT);
    }
  }
  return nodes;
}

/** Of a worker that is asleep. */
export function waitOf({ slot, on }: Placed, places: Places, nodes: ReadonlyMap<number, Row>): { wait: Wait; row?: Row } {
  // A node is in the worker's slot while it blocks.
  const listed = on === slot + SlotField.NODE ? nodes.get(on) : undefined;
  const row = listed ?? places.around(on);
  if (row !== undefined) return { wait: { class: nameOf(row.kind), id: row.id, call: callOn(row.kind, on - row.at) }, row };
  const offset = on - Limit.ROOT;
  const own = OWN.find(([from, bytes]) => offset >= from && offset < from + bytes);
  if (own !== undefined) return { wait: { class: own[2], id: 0, call: own[3] } };
  // It has been notified, and is about to wake.
  return { wait: { class: 'unknown', id: 0, call: 'wait' } };
}
