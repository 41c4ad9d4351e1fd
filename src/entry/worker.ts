/**
 * What runs inside a worker: finds its task, runs it, and leaves what came of it.
 */
import { WorkerField, WorkerFlag } from '../../assembly/abi.ts';
import '../index.ts';
import '../multiprocessing.ts';
import { enterHeap } from '../heap/heap.ts';
import { Existing } from '../heap/shared.ts';
import { exit, onExit, onUncaught, parent, redirectOutput, writeOutput } from '../platform/node.ts';
import { type Here, weAre } from '../workers/here.ts';
import { endChildren } from '../workers/children.ts';
import { LineWriter } from '../workers/output.ts';
import { Process } from '../workers/process.ts';
import type { WorkerData } from '../workers/protocol.ts';
import { Runnable, State, type TaskSpec } from '../workers/runnable.ts';
import { type AnyFunction, explainTargetError, moduleOf, resolveTarget, setMainModule } from '../workers/targets.ts';
import { Thread } from '../workers/thread.ts';

const { link, tid, record: ref, main } = parent.data() as WorkerData;
const heap = enterHeap(link, tid);
const { core } = heap;
const existing = new Existing(heap, core.refOpen(ref.id, ref.generation));
const record = core.refObject(existing.ref);
const flags = heap.loadWord(record + WorkerField.FLAGS);
const isProcess = (flags & WorkerFlag.PROCESS) !== 0;
const runnable: Runnable = isProcess ? new Process(existing) : new Thread(existing);
const here: Here = {
  record: ref,
  tid,
  pid: heap.loadWord(record + WorkerField.PID),
  name: runnable.name,
  daemon: (flags & WorkerFlag.DAEMON) !== 0,
  isProcess,
  importing: true,
};
weAre(here);
setMainModule(main);

const output = new LineWriter((descriptor, bytes) => {
  const lock = core.outputLock();
  core.lockInternal(lock);
  try {
    writeOutput(descriptor, bytes);
  } finally {
    core.unlock(lock);
  }
});
redirectOutput((descriptor, bytes) => output.write(descriptor, bytes));

let exitCode = 0;
let spec: TaskSpec | undefined;

onExit((code) => {
  output.flush();
  core.workerEnd(record, code);
});

onUncaught((error) => {
  fail(error);
  exit(exitCode);
});

function fail(error: unknown): void {
  exitCode = 1;
  const explained = explainTargetError(spec?.target, error);
  const stack = explained instanceof Error ? (explained.stack ?? String(explained)) : `Uncaught ${String(explained)}`;
  console.error(`${isProcess ? `Process ${runnable.name}` : `Exception in thread ${runnable.name}`}:\n${stack}`);
  Runnable.settle(runnable, true, explained);
}

const load = (url: string) => import(url) as Promise<Record<string, unknown>>;

/** The function to call: the target, or a subclass's `run` on a copy of the instance's data. */
async function prepare({ target, subclass, fields, args, kwargs }: TaskSpec): Promise<() => unknown> {
  const fn = target && ((await resolveTarget(target, load)) as AnyFunction);
  const call = () => (kwargs === undefined ? fn?.(...args) : fn?.(...args, kwargs));
  if (subclass === undefined) return call;
  const ctor = (await resolveTarget(subclass, load)) as unknown as typeof Runnable;
  Object.setPrototypeOf(runnable, ctor.prototype);
  Object.assign(runnable, fields);
  // The inherited run() calls the target, which is ours to find.
  return runnable.run === (isProcess ? Process : Thread).prototype.run ? call : () => runnable.run();
}

try {
  spec = Runnable.taskOf(runnable);
  for (const each of [spec.target, spec.subclass]) {
    const module = each && moduleOf(each);
    if (module !== undefined) await load(module);
  }
  const call = await prepare(spec);
  here.importing = false;
  core.workerMove(record, State.STARTING, State.RUNNING);
  const result = call();
  Runnable.settle(runnable, false, result instanceof Promise || typeof (result as PromiseLike<unknown>)?.then === 'function' ? await result : result);
} catch (error) {
  fail(error);
}
if (isProcess) await endChildren();
exit(exitCode);
