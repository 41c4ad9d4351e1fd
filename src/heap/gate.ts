/**
 * Async waiting: the one place that calls Atomics.waitAsync.
 *
 * Per thread and gate there is at most one outstanding waitAsync; a local queue of waiters shares it. An
 * engine cannot withdraw a waitAsync, so the last waiter that gives up opens the gate itself: its leftover
 * ends, everybody else looks again, and no stale wait stays on an address that may become another object's.
 *
 * Between processes of the operating system the engine's list is this process's own. Who opens a gate
 * elsewhere rings (assembly/waiting/doorbell.ts), and each thread looks after the gates and words at which it
 * waits itself.
 */
import { afterTurn, inNextTurn, keepAlive, listenIn } from '../platform/index.ts';
import { onAbort } from './abort.ts';
import { extentOf } from './extent.ts';
import type { Heap } from './heap.ts';
import { apart } from './held.ts';
import { checkNames } from './options.ts';
import type { AsyncOptions } from './time.ts';

/** What an attempt answers that has to wait. */
export const PENDING: unique symbol = Symbol('pending');

/** One of those who wait, in a list in the order in which they came. */
interface Waiter {
  before: Waiter | undefined;
  after: Waiter | undefined;
  /** Whether it is in the list. */
  waits: boolean;
  attempt(): unknown;
  resolve(value: never): void;
  reject(reason: unknown): void;
}

interface AsyncWait {
  async: boolean;
  value: Promise<string> | string;
}
// The ES2024 declaration is newer than our target library.
const waitAsync = (Atomics as unknown as { waitAsync(words: Int32Array, index: number, expected: number): AsyncWait }).waitAsync;

/** Milliseconds that results may follow each other without a turn of the loop. A frame of a page is 16. */
const STRETCH = 8;
let stretched = false;
let began = 0;

/**
 * Whether the loop is to have a turn before the next result. What need not wait resolves in a microtask, and
 * a loop over a queue that others keep full would never let a timer fire.
 */
function turnIsDue(): boolean {
  const now = performance.now();
  if (stretched) return now - began > STRETCH;
  stretched = true;
  began = now;
  afterTurn(() => {
    stretched = false;
  });
  return false;
}

/** Resolves with a result, in the next turn if that is due. */
function deliver<T>(resolve: (value: T) => void, value: T): void {
  if (turnIsDue()) inNextTurn(() => resolve(value));
  else resolve(value);
}

/**
 * Async waiters of this thread, by heap and the address of their gate. Not in the heap's object: another copy
 * of the package may have made that.
 */
const gatesOf = new WeakMap<Heap, Map<number, AsyncGate>>();

function gatesIn(heap: Heap): Map<number, AsyncGate> {
  let gates = gatesOf.get(heap);
  if (gates === undefined) {
    gates = new Map();
    gatesOf.set(heap, gates);
  }
  return gates;
}

/** Words on which this thread waits by themselves, by heap and address, and how often. */
const wordsOf = new WeakMap<Heap, Map<number, number>>();

function countWord(heap: Heap, address: number, change: 1 | -1): void {
  let counts = wordsOf.get(heap);
  if (counts === undefined) {
    counts = new Map();
    wordsOf.set(heap, counts);
  }
  const count = (counts.get(address) ?? 0) + change;
  if (count === 0) counts.delete(address);
  else counts.set(address, count);
}

/** Has this thread hear the doorbell, if there is one. Before each wait, of which the first one matters. */
function listen(heap: Heap): void {
  listenIn(heap, () => {
    AsyncGate.heard(heap);
    for (const address of wordsOf.get(heap)?.keys() ?? []) Atomics.notify(heap.words(address + 4), address >> 2);
  });
}

/** In a guest. @throws RuntimeError the heap's program is no more */
function checkHost({ core, link }: Heap): void {
  // Any call does.
  if (link.processes?.ended !== undefined) core.bytesInUse();
}

export class AsyncGate {
  /** Gates at which somebody waits in this thread. */
  static waiting = 0;

  readonly #heap: Heap;
  readonly #address: number;
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  #pumping = false;
  /** What the word was when the pump last looked. */
  #seen = 0;
  /** Settled once this thread waits here no more. */
  #left: Promise<void> | undefined;

  private constructor(heap: Heap, address: number) {
    this.#heap = heap;
    this.#address = address;
  }

  /**
   * Resolves with what `attempt` answers other than PENDING, or rejects with what it throws; tries at once,
   * and again whenever the gate opens.
   * Waiters of one gate are served in the order in which they came. `onTimeout` answers (or throws) for one
   * whose time is up.
   */
  static wait<T>(
    heap: Heap,
    address: number,
    attempt: () => T | typeof PENDING,
    timeoutMs: number,
    options: AsyncOptions | undefined,
    onTimeout: () => T,
  ): Promise<T> {
    if (options !== undefined) {
      try {
        checkNames('an async call', options, ['signal']);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const gate = gatesIn(heap).get(address);
    try {
      const result = gate === undefined || timeoutMs === 0 ? attempt() : PENDING;
      if (result !== PENDING) {
        if (!turnIsDue()) return Promise.resolve(result);
        return new Promise((resolve) => inNextTurn(() => resolve(result)));
      }
      if (timeoutMs === 0) return Promise.resolve(onTimeout());
    } catch (error) {
      return Promise.reject(error);
    }
    return (gate ?? new AsyncGate(heap, address)).#enroll(attempt, timeoutMs, signal, onTimeout);
  }

  #enroll<T>(
    attempt: () => T | typeof PENDING,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    onTimeout: () => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        keepAlive(-1);
        stopTimer();
        stopListening();
      };
      const waiter: Waiter = {
        before: undefined,
        after: undefined,
        waits: false,
        attempt,
        resolve: (value) => {
          leave();
          deliver(resolve, value);
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      };
      const abort = () => {
        this.#remove(waiter);
        waiter.reject(signal?.reason);
      };
      const stopTimer = startTimer(timeoutMs, () => {
        this.#remove(waiter);
        try {
          waiter.resolve(onTimeout() as never);
        } catch (error) {
          waiter.reject(error);
        }
      });
      keepAlive(1);
      const stopListening = onAbort(signal, abort);
      this.#append(waiter);
      // A pump whose last waiter has just given up is on its way, and finds this one.
      if (!this.#pumping) this.#left = this.#pump();
    });
  }

  #append(waiter: Waiter): void {
    waiter.waits = true;
    waiter.before = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.after = waiter;
    this.#last = waiter;
  }

  #unlink(waiter: Waiter): void {
    if (!waiter.waits) return;
    waiter.waits = false;
    const { before, after } = waiter;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
  }

  #remove(waiter: Waiter): void {
    const wasFirst = waiter === this.#first;
    this.#unlink(waiter);
    // The first in line may have held up others, and the last one leaves a wait behind: either way the pump
    // must look.
    if (wasFirst) this.#heap.core.gateWakeAll(this.#address);
  }

  /** Serves the waiters until there are none. */
  async #pump(): Promise<void> {
    const { core } = this.#heap;
    const gates = gatesIn(this.#heap);
    this.#pumping = true;
    AsyncGate.waiting++;
    gates.set(this.#address, this);
    listen(this.#heap);
    for (;;) {
      core.gateEnter(this.#address);
      // The word is read before the attempts: whatever happens after them changes it.
      this.#seen = this.#heap.loadWord(this.#address);
      this.#serve();
      if (this.#first === undefined) break;
      const wait = waitAsync(this.#heap.words(), this.#address >> 2, this.#seen);
      // Who wakes us takes us off the count.
      if (wait.async) {
        await wait.value;
        continue;
      }
      core.gateLeave(this.#address);
      if (turnIsDue()) await new Promise<void>(inNextTurn);
    }
    core.gateLeave(this.#address);
    gates.delete(this.#address);
    AsyncGate.waiting--;
    this.#pumping = false;
  }

  /**
   * The doorbell was rung. Waiters are served here and now: the engine would wake the pump by a task, which
   * is another turn of the loop. The pump comes all the same, and goes on from there.
   */
  static heard(heap: Heap): void {
    for (const [address, gate] of gatesIn(heap)) {
      if (heap.loadWord(address) !== gate.#seen) gate.#serve();
      heap.core.gateWakeHere(address);
    }
  }

  /** `everybody`: also those behind one that has to wait, because some have lost their handle. */
  #serve(everybody = false): void {
    for (let waiter = this.#first; waiter !== undefined; waiter = waiter.after) {
      try {
        const result = waiter.attempt();
        if (result === PENDING) {
          if (!everybody) return;
          continue;
        }
        this.#unlink(waiter);
        waiter.resolve(result as never);
      } catch (error) {
        this.#unlink(waiter);
        waiter.reject(error);
      }
    }
  }

  /**
   * A handle to an object was closed: whoever waits by it finds that out now.
   * Until what is returned settles, this thread may still write to the object's gates.
   */
  static closing(heap: Heap, object: number): Promise<unknown> | undefined {
    const all = gatesIn(heap);
    const gates: AsyncGate[] = [];
    // By its words, not by the gates: of those there may be 100 000.
    for (let end = object + extentOf(heap.core, object), word = object; word < end; word += 4) {
      const gate = all.get(word);
      if (gate) gates.push(gate);
    }
    if (gates.length === 0) return undefined;
    for (const gate of gates) {
      // An attempt may bring somebody an item.
      apart(() => gate.#serve(true));
      heap.core.gateWakeAll(gate.#address);
    }
    return Promise.all(gates.map((gate) => gate.#left));
  }
}

/** The longest delay that a timer takes; longer waits are chained. */
const LONGEST = 0x7fffffff;

/** Calls `fire` once `ms` have passed, never earlier; answers how to stop it. Never for Infinity. */
export function startTimer(ms: number, fire: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  const end = performance.now() + ms;
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const left = end - performance.now();
    if (left <= 0) fire();
    else timer = setTimeout(look, Math.min(LONGEST, Math.ceil(left)));
  };
  timer = setTimeout(look, Math.min(LONGEST, Math.ceil(ms)));
  return () => clearTimeout(timer);
}

/**
 * Waits for a word of this waiter's own to be no longer `expected`. Resolves true when it is not, false when
 * the time is up; rejects when aborted.
 * Either way nothing is left waiting on the word.
 */
export async function waitForWord(
  heap: Heap,
  address: number,
  expected: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  signal?.throwIfAborted();
  let over = false;
  const stop = () => {
    over = true;
    Atomics.notify(heap.words(address + 4), address >> 2);
  };
  keepAlive(1);
  const stopTimer = startTimer(timeoutMs, stop);
  const stopListening = onAbort(signal, stop);
  listen(heap);
  countWord(heap, address, 1);
  try {
    while (!over && heap.loadWord(address) === expected) {
      const wait = waitAsync(heap.words(address + 4), address >> 2, expected);
      if (wait.async) await wait.value;
      checkHost(heap);
    }
  } finally {
    countWord(heap, address, -1);
    keepAlive(-1);
    stopTimer();
    stopListening();
  }
  if (heap.loadWord(address) !== expected) return true;
  signal?.throwIfAborted();
  return false;
}
