/**
 * The doorbell: waking event loops of other processes.
 *
 * An event loop waits in the engine's list (`Atomics.waitAsync`), and no other process can wake it there. So
 * whoever opens a gate wakes its own process's loops, and rings if the gate still counts waiters. Each thread
 * that waits asynchronously has an ear, a small native thread asleep on the doorbell, which has that thread's
 * loop look after its gates (`gateWakeHere`).
 *
 * | word          | meaning                                                                    |
 * | ------------- | -------------------------------------------------------------------------- |
 * | root.doorbell | changes whenever an event loop of another process may have to look          |
 *
 * One word for the whole memory: a ring makes every loop that has an ear look, and most find nothing. It is
 * rung only where a waiter is left over, so a program whose loops wait in one process never rings.
 *
 * No wake-up is lost: an ear begins to listen before its thread's first wait, and reads the word there and
 * then. A gate's `seq` changes before the ring, so a loop that is told too early (it has not gone to sleep
 * yet) finds its word changed. One that is told late is woken then: an ear looks at the doorbell before it
 * sleeps, and whatever was rung meanwhile it hears.
 *
 * Death of who rings, between `seq` and the ring: the reaper opens every gate, which rings again. Death of a
 * process that listens: nothing of it is left in the kernel, and no word says that it was there.
 */
import { add, isBetweenProcesses, load, notify, notifyHere } from '../atomics';
import { Root } from '../layout';
import { ROOT } from '../limits';

/** Where ears sleep. */
export function doorbell(): usize {
  return ROOT + offsetof<Root>('doorbell');
}

function ring(): void {
  add(doorbell(), 1);
  notify(doorbell(), -1);
}

/** `waiters`: the word that counts the event loops. Those of this process were woken. */
export function ringFor(waiters: usize): void {
  if (isBetweenProcesses() && load(waiters) > 0) ring();
}

/**
 * Wakes who sleeps on a word that one waiter has for itself: a blocked worker, or an event loop, here or
 * elsewhere. How it waits nobody has noted.
 */
export function notifyOne(word: usize): void {
  if (notify(word, -1) > 0 || !isBetweenProcesses()) return;
  if (notifyHere(word, -1) == 0) ring();
}
