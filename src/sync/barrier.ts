/**
 * Barrier: parties wait for each other, again and again.
 */
import { ClassTag, Kind, NodeState, Party, Status } from '../../assembly/abi.ts';
import { BrokenBarrierError } from '../errors.ts';
import { waitForWord } from '../heap/gate.ts';
import { theHeap } from '../heap/heap.ts';
import { interruption } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, created, registerShared, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { type AsyncOptions, type Timeout, timeoutToMs } from '../heap/time.ts';
import { wouldBlock } from './blocking.ts';
import { checkInteger } from './flavour.ts';
import { NodeWaits } from './node-waits.ts';

/**
 * `wait` returns in all parties once so many have called it, and gives each another index. The last to arrive
 * runs `action` before anybody leaves.
 *
 * Unlike Python's: a party that died while it waited breaks the barrier at once. A handle that was sent
 * elsewhere has no action: functions do not travel; only where the barrier was made, or `action` is assigned,
 * can it run.
 * @example
 * ```ts
 * import { Barrier, main, Thread } from 'nogil';
 *
 * export function party(barrier: Barrier) {
 *   return barrier.wait(); // returns in all three at once, with another index in each
 * }
 *
 * main(import.meta, () => {
 *   const barrier = new Barrier(3);
 *   const threads = [1, 2].map(() => new Thread({ target: party, args: [barrier] }));
 *   for (const thread of threads) thread.start();
 *   const indices = [party(barrier), ...threads.map((thread) => thread.result())];
 *   console.log(indices.sort()); // prints [ 0, 1, 2 ]
 * });
 * ```
 */
export class Barrier extends Shared {
  /**
   * What the last party to arrive runs, before anybody leaves, if that party is this worker: an action does
   * not travel.
   * @example
   * ```ts
   * import { Barrier } from 'nogil';
   *
   * const barrier = new Barrier(1);
   * barrier.action = () => console.log('a round'); // prints a round
   * barrier.wait();
   * ```
   */
  action: (() => void) | undefined;
  readonly #waits = new NodeWaits();

  /**
   * Makes a barrier.
   * @param parties how many wait for each other, from 1 to 65535
   * @param action run by the last one to arrive; what it throws, it throws there, and the barrier is broken
   * @param timeout seconds: the default for `wait`. Undefined or null: for ever
   * @throws ValueError an impossible number of parties (Python accepts 0 before 3.13)
   */
  constructor(parties: number, action?: () => void, timeout?: Timeout);
  /** @internal */
  constructor(parties: number | AdoptionToken, action?: () => void, timeout?: Timeout);
  constructor(parties: number | AdoptionToken, action?: () => void, timeout?: Timeout) {
    if (parties instanceof AdoptionToken) super(parties.heap, parties.ref);
    else {
      if (action !== undefined && action !== null && typeof action !== 'function')
        throw new TypeError('action must be a function');
      timeoutToMs(timeout);
      const heap = theHeap();
      const count = checkInteger('parties', parties, 1, Party.LEADS - 1);
      super(heap, created(heap.core.barrierCreate(count, timeout ?? Number.POSITIVE_INFINITY)));
    }
    this.action = action ?? undefined;
  }

  /**
   * Waits for the other parties.
   * @param timeout seconds; when they are over the barrier breaks, for all
   * @returns an index from 0 to parties - 1, another in each party
   * @throws BrokenBarrierError the barrier is broken, or was reset meanwhile
   */
  wait(timeout: Timeout = this.timeout): number {
    const { core } = this[Member.HEAP];
    const ms = timeoutToMs(timeout);
    const barrier = this[Member.OPEN];
    // The action may wait in turn, while this party is in the barrier's list.
    const node = created(core.nodeTake());
    let index: number;
    try {
      index = core.barrierArrive(barrier, node);
      if (index === Status.OK) index = core.barrierAwait(barrier, node, ms);
      if (index === Party.LEADS) index = this.#lead(barrier, node);
    } finally {
      core.nodeGive(node);
    }
    if (index === Status.WOULD_BLOCK) throw wouldBlock('wait');
    if (index < 0) throw interruption() ?? brokenBarrier();
    return index;
  }

  #lead(barrier: number, node: number): number {
    const { core } = this[Member.HEAP];
    try {
      this.action?.();
    } catch (error) {
      core.barrierAbort(barrier);
      throw error;
    }
    return core.barrierTrip(barrier, node);
  }

  /** The async twin of `wait`. An aborted party leaves the round, and the others wait on. */
  async waitAsync(timeout: Timeout = this.timeout, options?: AsyncOptions): Promise<number> {
    options?.signal?.throwIfAborted();
    const ms = timeoutToMs(timeout);
    const barrier = this[Member.OPEN];
    return this.#waits.run(this[Member.HEAP], barrier, options?.signal, async (node, signal) => {
      let index = this[Member.HEAP].core.barrierArrive(barrier, node);
      if (index === Status.OK) index = await this.#awaitRound(barrier, node, ms, signal);
      if (index === Party.LEADS) index = this.#lead(barrier, node);
      if (index < 0) throw brokenBarrier();
      return index;
    });
  }

  async #awaitRound(barrier: number, node: number, ms: number, signal: AbortSignal): Promise<number> {
    const { core } = this[Member.HEAP];
    const waited = waitForWord(this[Member.HEAP], node, NodeState.WAITING, ms, signal);
    await waited.catch(() => {});
    if (core.barrierOutcome(barrier, node) === Status.TIMEOUT) {
      const given = core.barrierGiveUp(barrier, node, signal.aborted ? 0 : 1);
      if (given === Status.BROKEN) await waited;
      if (given !== Status.OK) return given;
      // Complete: its leader is about to let it go.
      await waitForWord(this[Member.HEAP], node, NodeState.WAITING, Number.POSITIVE_INFINITY);
    }
    return core.barrierOutcome(barrier, node);
  }

  /** Makes the barrier whole again. Who waits now gets a BrokenBarrierError. */
  reset(): void {
    this[Member.HEAP].core.barrierReset(this[Member.OPEN]);
  }

  /** Breaks the barrier until `reset`. */
  abort(): void {
    this[Member.HEAP].core.barrierAbort(this[Member.OPEN]);
  }

  /** Seconds: the default for `wait`, wherever the barrier is. Undefined: for ever. */
  get timeout(): number | undefined {
    const timeout = this[Member.HEAP].core.barrierTimeout(this[Member.OPEN]);
    return timeout === Number.POSITIVE_INFINITY ? undefined : timeout;
  }

  /** How many wait for each other. Fixed when the barrier is made. */
  get parties(): number {
    return this[Member.HEAP].core.barrierParties(this[Member.OPEN]);
  }

  /** How many wait now; 0 while they leave, and when it is broken. */
  get nWaiting(): number {
    return this[Member.HEAP].core.barrierWaiting(this[Member.OPEN]);
  }

  /** Whether it is broken: by a timeout, an `abort`, an action that threw, or the death of a party. */
  get broken(): boolean {
    return this[Member.HEAP].core.barrierIsBroken(this[Member.OPEN]) !== 0;
  }

  /** @internal */
  override [STATE](): State {
    const { parties, nWaiting, broken } = this;
    return { text: broken ? 'broken' : `waiters=${nWaiting}/${parties}`, fields: { parties, waiting: nWaiting, broken } };
  }

  override close(): void {
    super.close();
    this.#waits.end(() => this[Member.CLOSED_ERROR]());
  }
}

function brokenBarrier(): BrokenBarrierError {
  return new BrokenBarrierError('the barrier is broken, or was reset');
}

registerShared(ClassTag.BARRIER, Barrier, Kind.BARRIER);
