/**
 * Lock and RLock: the same protocol over different core functions.
 */
import { ClassTag, Kind, LockField, LockFlag, Status } from '../../assembly/abi.ts';
import { BrokenLockError, RuntimeError, ValueError } from '../errors.ts';
import { watchfully } from '../heap/deadlock.ts';
import { AsyncGate, PENDING } from '../heap/gate.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { throwIfInterrupted } from '../heap/interrupt.ts';
import { Member } from '../heap/members.ts';
import { checkNames } from '../heap/options.ts';
import { AdoptionToken, adopt, created, registerShared, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import type { AsyncOptions, Blocking, Timeout } from '../heap/time.ts';
import { diagnostics } from '../platform/index.ts';
import { Acquirable } from './acquirable.ts';
import { wouldBlock } from './blocking.ts';
import { acquireTimeout } from './flavour.ts';

/** What `new Lock` takes. Beyond Python. */
export interface LockOptions {
  /**
   * What becomes of the lock when the worker that holds it dies: `'break'` (default) makes every present and
   * future acquire throw `BrokenLockError` until `reset()`; `'release'` gives it to the next who asks.
   */
  onOwnerDeath?: 'break' | 'release' | undefined;
  /**
   * `'error'`: an acquire without a timeout that would close a cycle of workers that wait for each other
   * throws `DeadlockError`. An RLock always does so; for a Lock, which somebody outside the cycle might
   * release, one has to ask. Default `'wait'`.
   */
  deadlock?: 'wait' | 'error' | undefined;
}

/** What may be locked: Lock, RLock, and what wraps one of them. */
export abstract class Lockable extends Acquirable {
  /** One try of the core, waiting for `timeoutMs`. @internal */
  protected abstract [Member.TAKE](timeoutMs: number): number;
  /** The same without an end. @internal */
  protected abstract [Member.TAKE_FOREVER](): number;
  /** One try of the core that marks the lock as waited for. @internal */
  protected abstract [Member.TRY_OR_MARK](): number;
  /** @internal */
  protected abstract [Member.GIVE](): number;

  /**
   * Takes the lock; with `blocking` false only if that is possible at once.
   * @param timeout seconds; undefined or null: for ever
   * @returns whether it was taken
   * @throws BrokenLockError the worker that held it died
   * @throws DeadlockError without a timeout: its holder waits, perhaps over others, for what this worker
   * holds (RLock, and Lock with `deadlock: 'error'`)
   * @throws RuntimeError this thread must not block and the lock is held: use acquireAsync
   * @example
   * ```ts
   * import { Lock } from 'nogil';
   *
   * const lock = new Lock();
   * console.log(lock.acquire()); // prints true
   * console.log(lock.acquire(false)); // prints false
   * console.log(lock.acquire(true, 0.01)); // prints false
   * lock.release();
   * ```
   */
  acquire(blocking: Blocking = true, timeout?: Timeout): boolean {
    const ms =
      blocking === true && timeout === undefined
        ? Number.POSITIVE_INFINITY
        : acquireTimeout(this[Member.FLAVOUR], blocking, timeout, this[Member.FLAVOUR].lockTimeout);
    const status = ms === Number.POSITIVE_INFINITY ? this[Member.TAKE_FOREVER]() : this[Member.TAKE](ms);
    return status === Status.OK || this[Member.ACQUIRED](status);
  }

  /** Waits, but not in a cycle: what need not wait at all pays nothing for the watch. @internal */
  protected [Member.TAKE_WATCHED](): number {
    const status = this[Member.TAKE](0);
    return status === Status.TIMEOUT
      ? watchfully(this[Member.HEAP], this[Member.OPEN], () => this[Member.TAKE](Number.POSITIVE_INFINITY))
      : status;
  }

  /** The async twin of `acquire`: never blocks. Waiters of one worker are served in turn. */
  async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const attempt = () => {
      const status = this[Member.TRY_OR_MARK]();
      return status === Status.TIMEOUT ? PENDING : status === Status.OK || this[Member.ACQUIRED](status);
    };
    return AsyncGate.wait<boolean>(
      this[Member.HEAP],
      this[Member.HEAP].core.lockGate(this[Member.OPEN]),
      attempt,
      this[Member.FLAVOUR].lockTimeout(timeout),
      options,
      () => false,
    );
  }

  /**
   * `acquireAsync` of a condition: for one async task of this worker at a time. Of an RLock this worker may
   * be the owner already, for another task; then it is waited for as if it were somebody else's. @internal
   */
  static acquireInTurn(lock: Lockable, timeout: Timeout, options: AsyncOptions | undefined): Promise<boolean> {
    const { core, tid } = lock[Member.HEAP];
    const attempt = () => {
      // A Lock's own try fails, and marks it: the release at its last level opens the gate.
      const isOurs = core.lockOwner(lock[Member.OPEN]) === tid;
      const status = isOurs ? core.lockTryOrMark(lock[Member.OPEN]) : lock[Member.TRY_OR_MARK]();
      return status === Status.TIMEOUT ? PENDING : status === Status.OK || lock[Member.ACQUIRED](status);
    };
    const ms = lock[Member.FLAVOUR].lockTimeout(timeout);
    return AsyncGate.wait<boolean>(lock[Member.HEAP], core.lockGate(lock[Member.OPEN]), attempt, ms, options, () => false);
  }

  /** @internal */
  protected [Member.ACQUIRED](status: number): boolean {
    switch (status) {
      case Status.TIMEOUT:
        throwIfInterrupted();
        return false;
      case Status.OWNER_DIED:
        if (this[Member.HEAP].core.lockOwner(this[Member.PTR]) === this[Member.HEAP].tid) return true;
        throw this[Member.BROKEN_ERROR]();
      case Status.WOULD_BLOCK:
        throw wouldBlock('acquire');
      default:
        throw new RuntimeError('the lock is nested too deeply');
    }
  }

  /** @internal */
  protected [Member.BROKEN_ERROR](): BrokenLockError {
    const dead = this[Member.HEAP].core.lockDeadOwner(this[Member.OPEN]);
    if (diagnostics?.lockBroken.hasSubscribers)
      diagnostics.lockBroken.publish({ class: this.constructor.name, id: Shared.idOf(this), holder: dead });
    return new BrokenLockError(
      `${this.constructor.name} ${Shared.idOf(this)} is broken: worker ${dead} is gone and had not released it; reset() makes it whole, once what it guards is`,
    );
  }

  /**
   * Gives the lock up. A Lock may be given up by any worker, an RLock by its holder only.
   * @throws RuntimeError (multiprocessing: ValueError, for an RLock AssertionError) nobody holds it, or
   * another one does
   */
  release(): void {
    const status = this[Member.GIVE]();
    if (status === Status.OK) return;
    if (status === Status.OWNER_DIED) throw this[Member.BROKEN_ERROR]();
    throw this[Member.RELEASE_ERROR]();
  }

  /** @internal */
  protected [Member.RELEASE_ERROR](): Error {
    return new this[Member.FLAVOUR].released(`cannot release ${this.constructor.name} ${Shared.idOf(this)}: it is not locked`);
  }

  /** @internal */
  override [STATE](): State {
    const { core } = this[Member.HEAP];
    const dead = core.lockDeadOwner(this[Member.OPEN]);
    if (dead !== 0) return { text: `broken, worker ${dead} died with it`, fields: { locked: false, broken: true } };
    const holder = core.lockOwner(this[Member.OPEN]);
    const locked = holder !== 0;
    return { text: locked ? `locked by worker ${holder}` : 'unlocked', fields: { locked, holder: holder || undefined } };
  }

  /** Whether anybody holds it. */
  locked(): boolean {
    return this[Member.HEAP].core.lockOwner(this[Member.OPEN]) !== 0;
  }

  /** Whether the worker that held it died. Python's locks cannot tell. */
  get broken(): boolean {
    return this[Member.HEAP].core.lockDeadOwner(this[Member.OPEN]) !== 0;
  }

  /**
   * Makes a broken lock whole, and free. Nothing happens to another.
   * @example
   * ```ts
   * import { BrokenLockError, Lock, main, Process } from 'nogil';
   *
   * export function die(lock: Lock) {
   *   lock.acquire();
   *   process.exit(3);
   * }
   *
   * main(import.meta, () => {
   *   const lock = new Lock();
   *   const process = new Process({ target: die, args: [lock] });
   *   process.start();
   *   process.join();
   *   try {
   *     lock.acquire();
   *   } catch (error) {
   *     console.log(error instanceof BrokenLockError); // prints true
   *     lock.reset(); // once what it guards has been put in order
   *   }
   *   console.log(lock.acquire()); // prints true
   * });
   * ```
   */
  reset(): void {
    this[Member.HEAP].core.lockReset(this[Member.OPEN]);
  }
}

function takesOver(options: LockOptions | undefined): number {
  if (options !== undefined && (typeof options !== 'object' || options === null))
    throw new TypeError('expected an object of options: { onOwnerDeath, deadlock }');
  checkNames('a lock', options, ['onOwnerDeath', 'deadlock']);
  const { onOwnerDeath = 'break' } = options ?? {};
  if (onOwnerDeath !== 'break' && onOwnerDeath !== 'release')
    throw new ValueError(`onOwnerDeath must be 'break' or 'release', got ${String(onOwnerDeath)}`);
  return onOwnerDeath === 'release' ? LockFlag.TAKE_OVER : 0;
}

function watches(options: LockOptions | undefined): number {
  const { deadlock = 'wait' } = options ?? {};
  if (deadlock !== 'wait' && deadlock !== 'error')
    throw new ValueError(`deadlock must be 'wait' or 'error', got ${String(deadlock)}`);
  return deadlock === 'error' ? LockFlag.DETECT_DEADLOCK : 0;
}

function flagsOf(heap: Heap, lock: number): number {
  return heap.loadWord(lock + LockField.FLAGS);
}

/** Of a lock that nobody else has yet. TAKE_OVER alone the core has set. */
function setFlags(heap: Heap, lock: number, flags: number): void {
  if (flags & ~LockFlag.TAKE_OVER) heap.storeWord(lock + LockField.FLAGS, flags);
}

/**
 * A lock that one worker holds at a time. Any worker may release it, as in Python; taking it twice in one
 * worker waits for somebody else to release it.
 *
 * Unlike Python's: it can be sent anywhere, awaited, and it notices when its holder dies.
 * @example
 * ```ts
 * import { Lock, main, RawValue, Thread } from 'nogil';
 *
 * export function count(lock: Lock, total: RawValue<'i'>) {
 *   for (let i = 0; i < 1000; i++) lock.with(() => total.value++);
 * }
 *
 * main(import.meta, () => {
 *   const lock = new Lock();
 *   const total = new RawValue('i', 0);
 *   const threads = [1, 2].map(() => new Thread({ target: count, args: [lock, total] }));
 *   for (const thread of threads) thread.start();
 *   for (const thread of threads) thread.join();
 *   console.log(total.value); // prints 2000
 * });
 * ```
 */
export class Lock extends Lockable {
  /** Whether a cycle of waiting workers is an error. */
  readonly #watched: boolean;

  /** Makes a lock that nobody holds. @throws TypeError an option that there is none of; MemoryError */
  constructor(options?: LockOptions);
  /** @internal */
  constructor(options?: LockOptions | AdoptionToken);
  constructor(options?: LockOptions | AdoptionToken) {
    if (options instanceof AdoptionToken) super(options.heap, options.ref);
    else {
      const flags = takesOver(options) | watches(options);
      const heap = theHeap();
      super(heap, created(heap.core.lockCreate(flags & LockFlag.TAKE_OVER)));
      setFlags(heap, this[Member.PTR], flags | this[Member.FLAVOUR].lockFlag);
    }
    this.#watched = (flagsOf(this[Member.HEAP], this[Member.PTR]) & LockFlag.DETECT_DEADLOCK) !== 0;
  }

  /** @internal */
  protected [Member.TAKE](timeoutMs: number): number {
    return this[Member.HEAP].core.lockAcquire(this[Member.OPEN], timeoutMs);
  }

  /** @internal */
  protected [Member.TAKE_FOREVER](): number {
    return this.#watched ? this[Member.TAKE_WATCHED]() : this[Member.TAKE](Number.POSITIVE_INFINITY);
  }

  /** @internal */
  protected [Member.TRY_OR_MARK](): number {
    return this[Member.HEAP].core.lockTryOrMark(this[Member.OPEN]);
  }

  /** @internal */
  protected [Member.GIVE](): number {
    return this[Member.HEAP].core.lockRelease(this[Member.OPEN]);
  }
}

/** The cure for tasks that take each other for themselves. */
export const BETWEEN_TASKS =
  ', or another async task of it has released it: between async tasks of one worker, which are one owner, use a Lock (for a condition: its own acquireAsync(), or new Condition(new Lock()))';

/**
 * A lock that its holder may take again; it is free when it was released as often. Only its holder can
 * release it.
 *
 * The holder is a worker: two async tasks of one worker are the same holder. Between them use `Lock`.
 * @example
 * ```ts
 * import { RLock } from 'nogil';
 *
 * const lock = new RLock();
 * lock.acquire();
 * lock.with(() => console.log('twice')); // prints twice
 * lock.release();
 * console.log(lock.locked()); // prints false
 * ```
 */
export class RLock extends Lockable {
  /** Makes a lock that nobody holds. @throws TypeError an option that there is none of; MemoryError */
  constructor(options?: Pick<LockOptions, 'onOwnerDeath'>);
  /** @internal */
  constructor(options?: Pick<LockOptions, 'onOwnerDeath'> | AdoptionToken);
  constructor(options?: Pick<LockOptions, 'onOwnerDeath'> | AdoptionToken) {
    if (options instanceof AdoptionToken) super(options.heap, options.ref);
    else {
      const flags = takesOver(options);
      const heap = theHeap();
      super(heap, created(heap.core.rlockCreate(flags)));
      setFlags(heap, this[Member.PTR], flags | this[Member.FLAVOUR].lockFlag);
    }
  }

  /** @internal */
  protected [Member.TAKE](timeoutMs: number): number {
    return this[Member.HEAP].core.rlockAcquire(this[Member.OPEN], timeoutMs);
  }

  /** @internal */
  protected [Member.TAKE_FOREVER](): number {
    return this[Member.TAKE_WATCHED]();
  }

  /** @internal */
  protected [Member.TRY_OR_MARK](): number {
    return this[Member.HEAP].core.rlockTryOrMark(this[Member.OPEN]);
  }

  /** @internal */
  protected [Member.GIVE](): number {
    return this[Member.HEAP].core.rlockRelease(this[Member.OPEN]);
  }

  /** The async twin of `acquire`. Who holds it already is not held up by those who wait. */
  override async acquireAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const ms = this[Member.FLAVOUR].lockTimeout(timeout);
    if (this[Member.HEAP].core.lockOwner(this[Member.OPEN]) !== this[Member.HEAP].tid)
      return super.acquireAsync(timeout, options);
    options?.signal?.throwIfAborted();
    const status = this[Member.TAKE](Math.min(ms, 0));
    return status === Status.OK || this[Member.ACQUIRED](status);
  }

  /** @internal */
  protected override [Member.RELEASE_ERROR](): Error {
    return new this[Member.FLAVOUR].notOwner(
      `cannot release RLock ${Shared.idOf(this)}: it is not this worker's${BETWEEN_TASKS}`,
    );
  }
}

/**
 * What wraps a lock finds it again in the heap: as of the class that it was made as, whatever the wrapper's.
 */
export function lockBehind({ heap, ref }: AdoptionToken): Lock | RLock {
  const at = heap.core.refObject(ref);
  const isPlain = heap.core.objectKind(heap.core.objectId(at)) === Kind.LOCK;
  const isOfProcesses = (flagsOf(heap, at) & LockFlag.OF_PROCESSES) !== 0;
  const tag = isPlain ? ClassTag.LOCK : ClassTag.RLOCK;
  const tagOfProcesses = isPlain ? ClassTag.PROCESS_LOCK : ClassTag.PROCESS_RLOCK;
  return adopt(heap, ref, isOfProcesses ? tagOfProcesses : tag, tag) as Lock | RLock;
}

registerShared(ClassTag.LOCK, Lock, Kind.LOCK);
registerShared(ClassTag.RLOCK, RLock, Kind.RLOCK, Kind.VALUE, Kind.ARRAY);
