/**
 * The worker of an object of a registered class: makes it, and answers calls, one after the other.
 */
import '../symbols.ts';
import { Empty, RemoteError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { isCreated, isGone } from '../heap/shared.ts';
import { importModule } from '../platform/index.ts';
import type { Queue } from '../queue/queue.ts';
import { explainTargetError, OURS, resolveTarget, type TargetSpec, task } from '../workers/targets.ts';
import { unsendable } from '../workers/unsendable.ts';

/** A call. Without a method: stop. */
export interface Call {
  method: string | undefined;
  args: unknown[];
  reply: Queue<Reply>;
}

export type Reply = { value: unknown } | { error: unknown };

export interface ObjectSpec {
  target: TargetSpec;
  args: unknown[];
  exposed: readonly string[];
  /** What every proxy of the object has a handle to: gone when nobody can call any more. */
  record: { id: number; generation: number };
}

type Served = Record<string | symbol, ((...args: unknown[]) => unknown) | undefined>;

/** Seconds between two looks whether anybody is left. */
const LOOK = 1;

/** Whether a proxy is left anywhere. */
function isWanted({ id, generation }: ObjectSpec['record']): boolean {
  const { core } = theHeap();
  const ref = core.refOpen(id, generation);
  if (isCreated(ref)) core.refClose(ref);
  // When the heap is full nobody knows.
  return !isGone(ref);
}

/**
 * The next call, without blocking this worker's loop: the object may have timers and sockets. undefined:
 * nobody is left.
 */
async function nextCall(calls: Queue<Call>, record: ObjectSpec['record']): Promise<Call | undefined> {
  for (;;) {
    try {
      return await calls.getAsync(LOOK);
    } catch (error) {
      if (!(error instanceof Empty)) throw error;
      if (!isWanted(record)) return undefined;
    }
  }
}

/** Answers with what `work` gives, or throws; whether it went well. */
async function answer(reply: Queue<Reply>, work: () => unknown): Promise<boolean> {
  let outcome: Reply;
  try {
    outcome = { value: await work() };
  } catch (error) {
    outcome = { error };
  }
  try {
    reply.put(outcome);
  } catch (error) {
    const what = 'error' in outcome ? `the error ${String(outcome.error)}` : 'the result';
    const thrown = 'error' in outcome ? outcome.error : undefined;
    reply.put({ error: unsendable(`${what} cannot be sent: ${(error as Error).message}`, thrown) });
  }
  reply.close();
  return !('error' in outcome);
}

async function serveObject(
  { target, args, exposed, record }: ObjectSpec,
  calls: Queue<Call>,
  ready: Queue<Reply>,
): Promise<void> {
  let object: Served = {};
  const make = async () => {
    try {
      const ctor = await resolveTarget(target, importModule);
      object = new (ctor as new (...args: unknown[]) => Served)(...args);
    } catch (error) {
      throw explainTargetError(target, error);
    }
  };
  if (!(await answer(ready, make))) return;
  for (let call = await nextCall(calls, record); call?.method !== undefined; call = await nextCall(calls, record)) {
    const { method, args, reply } = call;
    await answer(reply, () => {
      if (!exposed.includes(method)) throw new RemoteError(`method '${method}' is not exposed`);
      return object[method]?.(...args);
    });
  }
  await (object[Symbol.asyncDispose] ?? object[Symbol.dispose])?.call(object);
}

/** What the worker runs; a target of the package's own. */
export const serve = task(OURS, 'serve', serveObject);
