/**
 * Sharing this program's heap with programs that it did not start.
 */
import { RuntimeError } from '../errors.ts';
import { theHeap, wantProcesses } from '../heap/heap.ts';
import { nativeId, onExit, processId, takeName } from '../platform/index.ts';
import { currentWorker } from '../workers/current-worker.ts';
import { tellSupervisor } from '../workers/supervisor-client.ts';
import { checkShareName } from './names.ts';

/** What `heap.share` answers: the name, for as long as others may join by it. */
export interface SharedHeap extends Disposable {
  /** What others give to `heap.join`. */
  readonly name: string;
  /** Lets nobody in any more, and frees the name. Guests that are there stay. Twice is fine. */
  close(): void;
}

let made = 0;
let open: Set<SharedHeap> | undefined;

/** @see heap.share */
export function share(given?: string): SharedHeap {
  const name = given === undefined ? `${processId}-${++made}` : checkShareName(given);
  wantProcesses();
  const { link } = theHeap();
  if (currentWorker() !== undefined || link.root !== nativeId || link.processes?.ended !== undefined)
    throw new RuntimeError('share() is for the main thread of the program that has made the heap');
  const { descriptor, free } = takeName(name);
  if (open === undefined) {
    open = new Set();
    onExit(() => {
      for (const each of open ?? []) each.close();
    });
  }
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    open?.delete(shared);
    free();
    tellSupervisor({ type: 'unshare', descriptor });
  };
  const shared: SharedHeap = { name, close, [Symbol.dispose]: close };
  open.add(shared);
  tellSupervisor({ type: 'share', descriptor });
  return shared;
}
