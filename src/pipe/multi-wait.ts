/**
 * Sleeping until one of several things is ready (see assembly/pipe/watch.ts).
 */
import { Status } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { throwIfInterrupted } from '../heap/interrupt.ts';
import { leftUntil } from '../heap/time.ts';
import { wouldBlock } from '../sync/blocking.ts';

/** Something that can be watched: who makes it ready opens its gate. */
export interface WaitSource {
  /** The gate's address; 0: it cannot change any more. */
  gate: number;
  isReady(): boolean;
}

/**
 * Blocks until `isReady`, for which one of the things has to change, at most `ms`; whether it is. @throws
 * RuntimeError this thread must not block
 */
export function multiWait(
  heap: Heap,
  things: readonly WaitSource[],
  ms: number,
  method: string,
  isReady: () => boolean,
): boolean {
  const { core } = heap;
  const deadline = performance.now() + ms;
  const gates = things.map(({ gate }) => gate).filter((gate) => gate !== 0);
  for (const gate of gates) core.gateEnter(gate);
  core.multiWaitEnter();
  try {
    for (;;) {
      // Before the look: what becomes ready after it changes the sequence.
      const epoch = core.multiWaitEpoch();
      if (isReady()) return true;
      const status = core.multiWaitPark(epoch, leftUntil(deadline));
      if (status === Status.WOULD_BLOCK) throw wouldBlock(method);
      if (status !== Status.TIMEOUT) continue;
      throwIfInterrupted();
      return isReady();
    }
  } finally {
    core.multiWaitLeave();
    for (const gate of gates) core.gateLeave(gate);
  }
}
