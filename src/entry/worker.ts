/**
 * What runs inside a worker: finds its task, runs it, and leaves what came of it.
 */
import { WorkerState } from '../../assembly/abi.ts';
import { HeapCorruptError, ShutDown } from '../errors.ts';
import { enterHeap, type Heap } from '../heap/heap.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, ownField } from '../heap/shared.ts';
import {
  exit,
  hearsBrokenPipe,
  importModule,
  inheritLoader,
  onExit,
  onIdle,
  onUncaught,
  parent,
  redirectOutput,
  sleepNoMore,
  writeOutput,
} from '../platform/index.ts';
import { endChildren } from '../workers/children.ts';
import { inheritStartMethod } from '../workers/context.ts';
import { type CurrentWorker, type Outputs, setCurrentWorker } from '../workers/current-worker.ts';
import { callExcepthook, stackOf } from '../workers/excepthook.ts';
import { type OutputQueue, openOutput } from '../workers/launch-options.ts';
import { LineWriter } from '../workers/output.ts';
import { Process } from '../workers/process.ts';
import type { WorkerData } from '../workers/protocol.ts';
import { type TaskSpec, WorkerRecord } from '../workers/record.ts';
import { Runnable } from '../workers/runnable.ts';
import { openProcess, tellSupervisor } from '../workers/supervisor-client.ts';
import { type AnyFunction, explainTargetError, importModules, resolveTarget, setMainModule } from '../workers/targets.ts';
import { Thread } from '../workers/thread.ts';

/** Node's exit code for a top-level await that is never settled. */
const UNSETTLED = 13;

/** Takes this thread's place in the heap: its record, and what it says about us. */
function arrive(
  { link, tid, record, process, main, method, outputs }: WorkerData,
  isMainThread: boolean,
): {
  heap: Heap;
  own: WorkerRecord;
  runnable: Runnable;
  here: CurrentWorker;
} {
  const heap = enterHeap(link, tid);
  const existing = new AdoptionToken(heap, created(heap.core.refOpen(record.id, record.generation)));
  const own = new WorkerRecord(heap, heap.core.refObject(existing.ref));
  const { isProcess } = own;
  const runnable: Runnable = isProcess ? new Process(existing) : new Thread(existing);
  const here: CurrentWorker = {
    record,
    tid,
    pid: own.pid,
    name: own.name,
    daemon: own.daemon,
    isProcess,
    isMainThread,
    process,
    outputs,
    importing: true,
  };
  setCurrentWorker(here);
  setMainModule(main);
  inheritStartMethod(method);
  if (isMainThread) openProcess(heap);
  return { heap, own, runnable, here };
}

/** Sends this thread's output out at once and line by line; answers how to send what is left. */
function ownOutput({ core }: Heap, outputs: Outputs | undefined): () => void {
  let said = false;
  const queues = outputs?.map((each) => each && { queue: openOutput(each) });
  const output = new LineWriter((descriptor, bytes) => {
    const own = queues?.[descriptor - 1];
    if (own) {
      putOutput(own.queue, bytes);
      return;
    }
    const lock = core.outputLock();
    let isHeard: boolean;
    core.lockInternal(lock);
    try {
      isHeard = writeOutput(descriptor, bytes);
    } finally {
      core.unlock(lock);
    }
    // It is the program's output: the program ends, as if its main thread had printed.
    if (isHeard || hearsBrokenPipe(descriptor) || said) return;
    said = true;
    tellSupervisor({ type: 'brokenPipe', descriptor });
  });
  redirectOutput((descriptor, bytes) => output.write(descriptor, bytes));
  return () => output.flush();
}

/** Nobody reads any more what is printed once its queue is gone, or shut down. */
function putOutput(queue: OutputQueue | undefined, bytes: Uint8Array): void {
  try {
    queue?.put(bytes);
  } catch (error) {
    if (!(error instanceof ShutDown)) throw error;
  }
}

/**
 * Makes the runnable what it was where it was started: its target, and of a subclass the class and the
 * instance's data. Answers what to run.
 */
async function prepare(heap: Heap, { record }: CurrentWorker, runnable: Runnable, spec: TaskSpec): Promise<Runnable> {
  const target = spec.target && ((await resolveTarget(spec.target, importModule)) as AnyFunction);
  if (spec.subclass === undefined) {
    Runnable[Member.EQUIP](runnable, target, spec);
    return runnable;
  }
  const ctor = (await resolveTarget(spec.subclass, importModule)) as unknown as typeof Runnable;
  const self = ctor[Member.ADOPT](heap, record);
  ctor[Member.EQUIP](self, target, spec);
  Object.setPrototypeOf(self, ctor.prototype);
  // Not assigned: a field may have the name of an accessor.
  for (const [name, value] of Object.entries(spec.fields ?? {})) ownField(self, name, value);
  return self;
}

/** Of a list that makes no sense the supervisor says so, when it comes past. */
function closeHandles({ core }: Heap): void {
  try {
    core.refCloseOwn();
  } catch (error) {
    if (!(error instanceof HeapCorruptError)) throw error;
  }
}

/** What a worker's module does. `isMainThread`: of a process of the operating system. */
export async function runWorker(data = parent.data() as WorkerData, isMainThread = false): Promise<void> {
  const { heap, own, runnable, here } = arrive(data, isMainThread);
  const flushOutput = ownOutput(heap, data.outputs);
  let exitCode = 0;
  let spec: TaskSpec | undefined;
  let running = runnable;

  const fail = (error: unknown) => {
    exitCode = 1;
    const explained = explainTargetError(spec?.target, explainTargetError(spec?.subclass, error));
    if (!here.isProcess) callExcepthook(running as Thread, explained);
    else console.error(`Process ${runnable.name}:\n${stackOf(explained)}`);
    try {
      own.settle(true, explained);
    } catch (failure) {
      // The heap is full. Whoever joins this worker learns that it failed, if not why.
      console.error(`nogil: the error of ${own.name} cannot be told to those who wait for it: ${String(failure)}`);
    }
  };
  onExit((code) => {
    flushOutput();
    // The supervisor has a handle of its own to the record.
    closeHandles(heap);
    // The system says how a process of its own has ended, and not before it has.
    if (isMainThread) sleepNoMore();
    else own.end(code);
  });
  onUncaught((error) => {
    fail(error);
    exit(exitCode);
  });
  // Its target waits for what nothing is left to bring.
  onIdle(() => exit(UNSETTLED));

  try {
    if (!isMainThread) await inheritLoader();
    await importModules(data.modules, importModule);
    // Who is killed on the way, wherever, has left it to the supervisor, with the handles that are still in
    // it.
    spec = own.readTask();
    own.dropTask();
    running = await prepare(heap, here, runnable, spec);
    here.importing = false;
    own.move(WorkerState.STARTING, WorkerState.RUNNING);
    own.settle(false, await running.run());
  } catch (error) {
    fail(error);
  }
  if (here.isProcess) {
    tellSupervisor({ type: 'codeOver', pid: here.pid });
    await endChildren();
  }
  exit(exitCode);
}
