/**
 * Async waiting: the one place that calls Atomics.waitAsync.
 *
 * Per thread and gate there is at most one outstanding waitAsync; a local queue of waiters shares it. An engine cannot withdraw a waitAsync, so the last
 * waiter that gives up opens the gate itself: its leftover ends, everybody else looks again, and no stale wait stays on an address that may
 * become another object's.
 */

import { keepAlive } from '../platform/index.ts';
import { reaches } from './extent.ts';
import type { Heap } from './heap.ts';
import { checkNames } from './options.ts';
import type { AsyncOptions } from './time.ts';

/** What an attempt answers that has to wait. */
export const PENDING: unique symbol = Symbol('pending');

interface Waiter {
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

/** Async waiters of this thread, by heap and the address of their gate. Not in the heap's object: another copy of the package may have made that. */
const gatesOf = new WeakMap<Heap, Map<number, AsyncGate>>();

function gatesIn(heap: Heap): Map<number, AsyncGate> {
  let gates = gatesOf.get(heap);
  if (gates === undefined) {
    gates = new Map();
    gatesOf.set(heap, gates);
  }
  return gates;
}

export class AsyncGate {
  /** Gates at which somebody waits in this thread. */
  static waiting = 0;

  readonly #heap: Heap;
  readonly #address: number;
  readonly #waiters: Waiter[] = [];
  #pumping = false;
  /** Settled once this thread waits here no more. */
  #left: Promise<void> | undefined;

  private constructor(heap: Heap, address: number) {
    this.#heap = heap;
    this.#address = address;
  }

  /**
   * Resolves with what `attempt` answers other than PENDING, or rejects with what it throws; tries at once, and again whenever the gate opens.
   * Waiters of one gate are served in the order in which they came. `onTimeout` answers (or throws) for one whose time is up.
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
      if (result !== PENDING) return Promise.resolve(result);
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
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        attempt,
        resolve: (value) => {
          leave();
          resolve(value);
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
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
      // A pump whose last waiter has just given up is on its way, and finds this one.
      if (!this.#pumping) this.#left = this.#pump();
    });
  }

  #remove(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
    // The first in line may have held up others, and the last one leaves a wait behind: either way the pump must look.
    if (index === 0) this.#heap.core.gateWakeAll(this.#address);
  }

  /** Serves the waiters until there are none. */
  async #pump(): Promise<void> {
    const { core } = this.#heap;
    const gates = gatesIn(this.#heap);
    this.#pumping = true;
    AsyncGate.waiting++;
    gates.set(this.#address, this);
    for (;;) {
      core.gateEnter(this.#address);
      // The word is read before the attempts: whatever happens after them changes it.
      const seen = this.#heap.loadWord(this.#address);
      this.#serve();
      if (this.#waiters.length === 0) break;
      const wait = waitAsync(this.#heap.words(), this.#address >> 2, seen);
      // Who wakes us takes us off the count.
      if (wait.async) await wait.value;
      else core.gateLeave(this.#address);
    }
    core.gateLeave(this.#address);
    gates.delete(this.#address);
    AsyncGate.waiting--;
    this.#pumping = false;
  }

  /** `everybody`: also those behind one that has to wait, because some have lost their handle. */
  #serve(everybody = false): void {
    for (let index = 0; index < this.#waiters.length; ) {
      const waiter = this.#waiters[index] as Waiter;
      try {
        const result = waiter.attempt();
        if (result === PENDING) {
          if (!everybody) return;
          index++;
          continue;
        }
        this.#waiters.splice(index, 1);
        waiter.resolve(result as never);
      } catch (error) {
        this.#waiters.splice(index, 1);
        waiter.reject(error);
      }
    }
  }

  /**
   * A handle to an object was closed: whoever waits by it finds that out now.
   * Until what is returned settles, this thread may still write to the object's gates.
   */
  static closing(heap: Heap, object: number): Promise<unknown> | undefined {
    const gates = [...gatesIn(heap).values()].filter((gate) => reaches(heap.core, object, gate.#address));
    if (gates.length === 0) return undefined;
    for (const gate of gates) {
      gate.#serve(true);
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
 * Waits for a word of this waiter's own to be no longer `expected`. Resolves true when it is not, false when the time is up; rejects when aborted.
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
  signal?.addEventListener('abort', stop, { once: true });
  try {
    while (!over && heap.loadWord(address) === expected) {
      const wait = waitAsync(heap.words(address + 4), address >> 2, expected);
      if (wait.async) await wait.value;
    }
  } finally {
    keepAlive(-1);
    stopTimer();
    signal?.removeEventListener('abort', stop);
  }
  if (heap.loadWord(address) !== expected) return true;
  signal?.throwIfAborted();
  return false;
}
