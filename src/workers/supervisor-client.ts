/**
 * This thread's way to the supervisor, the worker whose loop is never blocked: it starts all others, sees
 * each death, and repairs.
 */
import { SlotField } from '../../assembly/abi.ts';
import { type Heap, onCreated, takeSlot, theHeap } from '../heap/heap.ts';
import {
  breakPipe,
  canBlock,
  closeInspection,
  onAttached,
  onExit,
  onIdle,
  onThreadGone,
  parent,
  type SpawnedWorker,
  sleepNoMore,
  spawn,
  startsWhileBlocked,
} from '../platform/index.ts';
import { currentWorker } from './current-worker.ts';
import type { FromSupervisor, SupervisorData, ToSupervisor } from './protocol.ts';

let supervisor: SpawnedWorker | undefined;
/** Workers that this root has asked for. */
let asked = 0;
/** Whether a worker lives that is not a daemon. */
let busy = false;

/**
 * Has the supervisor run. Before anything is promised to others: it needs memory. A worker's runs already: it
 * has started that worker.
 * @throws MemoryError; RuntimeError too many workers are alive
 */
export function ensureSupervisor(): void {
  if (!currentWorker()) connect();
}

function connect(): SpawnedWorker {
  if (supervisor) return supervisor;
  const heap = theHeap();
  const isChild = currentWorker() !== undefined;
  const data: SupervisorData = { link: heap.link, tid: takeSlot(heap.core), isChild, line: guestLine };
  supervisor = spawn('supervisor', data, 'nogil-supervisor');
  // Until it runs, blocking would be for ever: it would not even begin.
  if (!startsWhileBlocked) heap.allowBlocking(false);
  supervisor.on({
    message(message) {
      if (!startsWhileBlocked) heap.allowBlocking(canBlock);
      const news = message as FromSupervisor;
      if (news.brokenPipe !== undefined) {
        // Throws, unless somebody listens: as if this thread had printed.
        breakPipe(news.brokenPipe);
        supervisor?.post({ type: 'pipeHandled' } satisfies ToSupervisor);
        return;
      }
      // An answer that counts fewer than were asked for is out of date.
      busy = news.busy || news.seen < asked;
      if (!busy) supervisor?.unref();
    },
    failed(error) {
      throw new Error(`the supervisor of nogil failed: ${error.message}`, { cause: error });
    },
  });
  supervisor.unref();
  if (isChild) return supervisor;
  if (heap.link.processes) onExit(sleepNoMore);
  onIdle(() => keepAliveWhileBusy(heap.tid));
  return supervisor;
}

let own: Heap | undefined;

// Only the supervisor hears of an attached thread's death whatever the root is waiting for.
onCreated(beOpen);

function beOpen(heap: Heap): void {
  own = heap;
  onAttached(heap.link.heapId, (tid, life) => {
    connect().post({ type: 'attached', tid, life } satisfies ToSupervisor, typeof life === 'object' ? [life] : []);
  });
  if (!heap.link.inspect || currentWorker() !== undefined) return;
  connect();
  onExit(closeInspection);
}

/** In the main thread of a process of the operating system: it has a supervisor from the beginning. */
export function openProcess(heap: Heap): void {
  beOpen(heap);
  connect();
}

let guestLine: number | undefined;

/**
 * The same in a guest's: its supervisor alone sees the end of the heap's program while this thread is
 * blocked.
 */
export function openGuest(heap: Heap, line: number): void {
  guestLine = line;
  openProcess(heap);
}

// What an attached thread says of itself is lost if it is stopped at once; then who has started it knows.
onThreadGone((thread, clean) => {
  if (own === undefined) return;
  for (let index = 0; index < own.core.slotCount(); index++) {
    const slot = own.core.slotOf(index);
    const tid = own.loadWord(slot + SlotField.TID);
    if (tid <= 0 || own.loadWord(slot + SlotField.THREAD) !== thread + 1) continue;
    // Threads are numbered by each process of the operating system.
    if (own.loadWord(slot + SlotField.OS) !== (own.link.processes?.os ?? 0)) continue;
    // The supervisor may have known already, and the place may be free, or another's.
    if (own.loadWord(slot + SlotField.TID) === tid) connect().post({ type: 'attachedGone', tid, clean } satisfies ToSupervisor);
  }
});

/** The root's code is over, and the program lives on for those who are not daemons. */
function keepAliveWhileBusy(pid: number): void {
  if (!busy) return;
  supervisor?.ref();
  supervisor?.post({ type: 'over', pid } satisfies ToSupervisor);
}

/** Asks the supervisor for something; it acts also while this thread is blocked. */
export function tellSupervisor(message: ToSupervisor): void {
  const here = currentWorker();
  if (here && !here.isMainThread) {
    parent.post(message);
    return;
  }
  const worker = connect();
  if (message.type === 'start' && !here) {
    asked++;
    // The supervisor says when the last one has ended.
    if (!message.daemon) busy = true;
    worker.post({ ...message, fromRoot: true });
  } else worker.post(message);
}
