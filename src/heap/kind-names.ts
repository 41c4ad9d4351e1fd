/** What objects are called in what is shown of them: in `heap.inspect()`, and by the inspector. */
import { Kind } from '../../assembly/abi.ts';

const NAMES: Partial<Record<Kind, string>> = {
  [Kind.LOCK]: 'Lock',
  [Kind.RLOCK]: 'RLock',
  [Kind.SEMAPHORE]: 'Semaphore',
  [Kind.CONDITION]: 'Condition',
  [Kind.EVENT]: 'Event',
  [Kind.BARRIER]: 'Barrier',
  [Kind.QUEUE]: 'Queue',
  [Kind.LIFO]: 'LifoQueue',
  [Kind.PRIORITY]: 'PriorityQueue',
  [Kind.WORKER]: 'Worker',
  [Kind.VALUE]: 'Value',
  [Kind.CONNECTION]: 'Connection',
  [Kind.ARRAY]: 'Array',
  [Kind.TABLE]: 'Dict',
  [Kind.VECTOR]: 'List',
};

/** @internal */
export function nameOf(kind: Kind): string {
  return NAMES[kind] ?? 'unknown';
}
