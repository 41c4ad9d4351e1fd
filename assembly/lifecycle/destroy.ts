/**
 * What goes with an object when its last reference does, and when: one object after the other, however
 * long the chain, once the call that dropped it has given back every lock.
 *
 * Nobody waits here, and nobody else can: no reference is left.
 *
 * Death in the middle: the reaper does it again from the start. So each step leaves no trace of what it has
 * given back: a handle is cleared, a block no longer pointed to before it is freed.
 */
import { Kind } from '../abi';
import { loadPlain } from '../atomics';
import { doomedFree, firstDoomed, handleRelease, takeDoomed } from '../heap/object-table';
import { Condition, HEADER, Header, Value } from '../layout';
import { tableDestroy } from '../manager/table';
import { vectorDestroy } from '../manager/vector';
import { connectionDestroy } from '../pipe/pipe';
import { queueDestroy } from '../queue/queue';
import { workerDestroy } from './workers';

/** Takes apart what this worker has doomed, and what that dooms in turn. */
export function drain(): void {
  while (firstDoomed) {
    const object = takeDoomed();
    destroy(object, loadPlain(object - HEADER + offsetof<Header>('kind')));
    doomedFree(object);
  }
}

function destroy(object: usize, kind: i32): void {
  if (kind == Kind.QUEUE || kind == Kind.LIFO || kind == Kind.PRIORITY) queueDestroy(object);
  else if (kind == Kind.TABLE) tableDestroy(object);
  else if (kind == Kind.VECTOR) vectorDestroy(object);
  else if (kind == Kind.WORKER) workerDestroy(object);
  else if (kind == Kind.CONDITION) handleRelease(object + offsetof<Condition>('lockId'));
  else if (kind == Kind.CONNECTION) connectionDestroy(object);
  else if (kind == Kind.VALUE || kind == Kind.ARRAY) handleRelease(object + offsetof<Value>('lockId'));
}
