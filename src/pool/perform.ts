/**
 * How a task calls its function. As long as the function answers at once nothing here is awaited: a trivial
 * task costs no turn of the event loop.
 */
import type { AnyFunction } from '../workers/targets.ts';
import { Call, Reply } from './protocol.ts';
import type { TaskSignal } from './signal.ts';

export interface Performed {
  reply: Reply;
  value: unknown;
}

/**
 * From so many items on, numbers travel as a Float64Array. Below, a plain array is encoded faster. Chosen by
 * measurement.
 */
export const BULK = 24;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Calls `fn` as the task says. A promise if `fn` returned one. */
export function perform(
  call: Call,
  fn: AnyFunction,
  payload: unknown,
  kwargs: Record<string, unknown> | undefined,
  signal: TaskSignal | undefined,
): Performed | Promise<Performed> {
  try {
    let value: unknown;
    switch (call) {
      case Call.WITH:
        value = kwargs === undefined ? fn(payload) : fn(payload, kwargs);
        break;
      case Call.ONCE:
        value = kwargs === undefined ? fn(...(payload as unknown[])) : fn(...(payload as unknown[]), kwargs);
        break;
      case Call.MAP:
        value = map(fn, payload as ArrayLike<unknown>, signal);
        break;
      case Call.STARMAP:
        value = map((item) => fn(...(item as unknown[])), payload as ArrayLike<unknown>, signal);
        break;
      case Call.EACH:
        return each(fn, payload as ArrayLike<unknown>, signal);
    }
    return isThenable(value) ? settled(value, signal) : { reply: Reply.RESULT, value };
  } catch (error) {
    return failed(error);
  }
}

async function settled(value: PromiseLike<unknown>, signal: TaskSignal | undefined): Promise<Performed> {
  signal?.listen();
  try {
    return { reply: Reply.RESULT, value: await value };
  } catch (error) {
    return failed(error);
  }
}

const CANCELLED = Symbol('cancelled');

function failed(error: unknown): Performed {
  return error === CANCELLED ? { reply: Reply.CANCELLED, value: undefined } : { reply: Reply.ERROR, value: error };
}

type Mapper = (item: unknown) => unknown;

function map(fn: Mapper, items: ArrayLike<unknown>, signal: TaskSignal | undefined): unknown {
  const { length } = items;
  if (signal !== undefined || length < BULK) return mapRest(fn, items, [], signal);
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const result = fn(items[i]);
    if (typeof result === 'number') numbers[i] = result;
    else return continueWith(result, fn, items, Array.from(numbers.subarray(0, i)), signal);
  }
  return numbers;
}

/** `results` are those of the first items. */
function mapRest(fn: Mapper, items: ArrayLike<unknown>, results: unknown[], signal: TaskSignal | undefined): unknown {
  for (let i = results.length; i < items.length; i++) {
    if (signal?.isAborted) throw CANCELLED;
    const result = fn(items[i]);
    if (isThenable(result)) return continueWith(result, fn, items, results, signal);
    results.push(result);
  }
  return results;
}

function continueWith(
  result: unknown,
  fn: Mapper,
  items: ArrayLike<unknown>,
  results: unknown[],
  signal: TaskSignal | undefined,
): unknown {
  if (isThenable(result)) return mapAsync(result, fn, items, results, signal);
  results.push(result);
  return mapRest(fn, items, results, signal);
}

/** One after the other, as Python's would be. */
async function mapAsync(
  first: PromiseLike<unknown>,
  fn: Mapper,
  items: ArrayLike<unknown>,
  results: unknown[],
  signal: TaskSignal | undefined,
): Promise<unknown[]> {
  results.push(await first);
  for (let i = results.length; i < items.length; i++) {
    if (signal?.isAborted) throw CANCELLED;
    results.push(await fn(items[i]));
  }
  return results;
}

function each(fn: Mapper, items: ArrayLike<unknown>, signal: TaskSignal | undefined): Performed | Promise<Performed> {
  const outcomes = new Outcomes();
  for (let i = 0; i < items.length; i++) {
    if (signal?.isAborted) return failed(CANCELLED);
    try {
      const result = fn(items[i]);
      if (isThenable(result)) return eachAsync(result, fn, items, outcomes, signal);
      outcomes.values.push(result);
    } catch (error) {
      outcomes.fail(error);
    }
  }
  return outcomes.performed;
}

async function eachAsync(
  first: PromiseLike<unknown>,
  fn: Mapper,
  items: ArrayLike<unknown>,
  outcomes: Outcomes,
  signal: TaskSignal | undefined,
): Promise<Performed> {
  signal?.listen();
  let begun: PromiseLike<unknown> | undefined = first;
  for (let i = outcomes.values.length; i < items.length; i++) {
    if (signal?.isAborted) return failed(CANCELLED);
    const before = begun;
    begun = undefined;
    try {
      outcomes.values.push(await (before ?? fn(items[i])));
    } catch (error) {
      outcomes.fail(error);
    }
  }
  return outcomes.performed;
}

class Outcomes {
  readonly values: unknown[] = [];
  readonly #failed: boolean[] = [];

  fail(error: unknown): void {
    this.#failed[this.values.length] = true;
    this.values.push(error);
  }

  get performed(): Performed {
    if (this.#failed.length === 0) return { reply: Reply.RESULT, value: this.values };
    return { reply: Reply.MIXED, value: [this.values, Array.from(this.values, (_, i) => this.#failed[i] === true)] };
  }
}
