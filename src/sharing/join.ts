/**
 * Joining the heap of a program that did not start this one.
 */
import { Version } from '../../assembly/abi.ts';
import { FileNotFoundError, RuntimeError, TimeoutError } from '../errors.ts';
import { checkNoHeap, joinHeap, theHeap } from '../heap/heap.ts';
import { checkNames } from '../heap/options.ts';
import { timeoutToMs } from '../heap/time.ts';
import { canBlock, type Invitation, knock, whyNotBetween } from '../platform/index.ts';
import { currentWorker } from '../workers/current-worker.ts';
import type { GuestData } from '../workers/protocol.ts';
import { sleep, sleepAsync } from '../workers/sleep.ts';
import { openGuest } from '../workers/supervisor-client.ts';
import { checkShareName } from './names.ts';

/** What `heap.join` takes beside the name. */
export interface JoinOptions {
  /** Seconds to wait for a program that shares its heap by that name. Default 0; null: for ever. */
  timeout?: number | null;
}

/** Milliseconds that a program which is there may take to answer. */
const ANSWER = 20_000;
/** Seconds between two looks. */
const PAUSE = 0.002;

/** Looks until the heap is joined; each step answers whether to look again. @throws as `join` */
class Attempt {
  readonly #name: string;
  readonly #until: number;
  #knocking: ReturnType<typeof knock> | undefined;
  #answerUntil = 0;

  constructor(name: string, options: JoinOptions | undefined) {
    checkNames('join', options, ['timeout']);
    this.#name = checkShareName(name);
    const { timeout = 0 } = options ?? {};
    this.#until = performance.now() + timeoutToMs(timeout);
    checkNoHeap('join()');
    const why = whyNotBetween();
    if (why !== undefined) throw new RuntimeError(`this thread cannot join a heap: ${why}`);
  }

  step(): boolean {
    const now = performance.now();
    try {
      if (this.#knocking === undefined) {
        this.#knocking = knock(this.#name);
        this.#answerUntil = now + ANSWER;
      }
      const invitation = this.#knocking.look();
      if (invitation !== undefined) {
        enter(invitation);
        return false;
      }
      if (now > this.#answerUntil) throw new TimeoutError(`the program that shares '${this.#name}' does not answer`);
    } catch (error) {
      this.#knocking?.leave();
      this.#knocking = undefined;
      if (!(error instanceof FileNotFoundError) || now >= this.#until) throw error;
    }
    return true;
  }
}

function enter({ data, memory, line }: Invitation): void {
  const { layout, link, tid } = data as GuestData;
  if (layout !== Version.LAYOUT || link.processes === undefined)
    throw new RuntimeError('the program that shares its heap has a version of nogil with another memory layout');
  // Somebody may have used the package while an answer was awaited.
  checkNoHeap('join()');
  const processes = { ...link.processes, ended: new Int32Array(new SharedArrayBuffer(4)) };
  openGuest(joinHeap({ ...link, processes }, memory, tid), line);
}

/** A worker imports the main module, and with it the call: what it asks for is there. */
function isInGuest(): boolean {
  return currentWorker() !== undefined && theHeap().link.processes?.ended !== undefined;
}

/** @see heap.join */
export function join(name: string, options?: JoinOptions): void {
  if (isInGuest()) return;
  if (!canBlock) throw new RuntimeError('this thread cannot block: use joinAsync');
  const attempt = new Attempt(name, options);
  while (attempt.step()) sleep(PAUSE);
}

/** @see heap.joinAsync */
export async function joinAsync(name: string, options?: JoinOptions): Promise<void> {
  if (isInGuest()) return;
  const attempt = new Attempt(name, options);
  while (attempt.step()) await sleepAsync(PAUSE);
}
