/**
 * What goes with an object when its last reference does.
 *
 * Nobody waits here, and nobody else can: no reference is left. Death in the middle leaks what was not given back yet.
 */
import { Kind } from './abi';
import { peek } from './atomics';
import { Condition, Value } from './layout';
import { tableDestroy } from './manager/table';
import { vectorDestroy } from './manager/vector';
import { release } from './objects';
import { connectionDestroy } from './pipe/pipe';
import { queueDestroy } from './queue/queue';
import { workerDestroy } from './workers';

export function destroy(object: usize, kind: i32): void {
  if (kind == Kind.QUEUE || kind == Kind.LIFO || kind == Kind.PRIORITY) queueDestroy(object);
  else if (kind == Kind.TABLE) tableDestroy(object);
  else if (kind == Kind.VECTOR) vectorDestroy(object);
  else if (kind == Kind.WORKER) workerDestroy(object);
  else if (kind == Kind.CONDITION)
    release(peek(object + offsetof<Condition>('lockId')), peek(object + offsetof<Condition>('lockGeneration')));
  else if (kind == Kind.CONNECTION) connectionDestroy(object);
  else if ((kind == Kind.VALUE || kind == Kind.ARRAY) && peek(object + offsetof<Value>('lockId')))
    release(peek(object + offsetof<Value>('lockId')), peek(object + offsetof<Value>('lockGeneration')));
}
