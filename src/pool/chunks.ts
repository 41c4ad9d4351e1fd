/**
 * Chunks: the items of a call, in the pieces in which they travel.
 */
import { ValueError } from '../errors.ts';
import { checkInteger } from '../sync/flavour.ts';
import { BULK } from './perform.ts';

/** Items in an order, without a question that costs: an array or a typed array. */
export type Items = ArrayLike<unknown>;

/** All items of an iterable. */
export function itemsOf(iterable: Iterable<unknown>): Items {
  if (Array.isArray(iterable)) return iterable;
  if (ArrayBuffer.isView(iterable) && !(iterable instanceof DataView)) return iterable as unknown as Items;
  if (typeof iterable !== 'string' && typeof iterable?.[Symbol.iterator] !== 'function')
    throw new TypeError(`expected an iterable, got ${iterable === null ? 'null' : typeof iterable}`);
  return Array.from(iterable);
}

/** As Python's: four chunks a worker. */
export function defaultChunksize(length: number, workers: number): number {
  return Math.max(1, Math.ceil(length / (4 * workers)));
}

export function checkChunksize(chunksize: number | undefined | null): number | undefined {
  if (chunksize === undefined || chunksize === null) return undefined;
  if (typeof chunksize === 'number' && chunksize < 1) throw new ValueError(`chunksize must be at least 1, got ${chunksize}`);
  return checkInteger('chunksize', chunksize, 1);
}

/**
 * Some of the items as they travel: numbers in bulk. A typed array stays one, so that the items are what they
 * were.
 */
export function slice(items: Items, from: number, to: number): Items {
  if (!Array.isArray(items)) {
    const typed = items as Float64Array;
    // Shared memory is refused by the codec, lest somebody takes the copy for it; here a copy is what is
    // wanted.
    return typed.buffer instanceof ArrayBuffer ? typed.subarray(from, to) : Float64Array.prototype.slice.call(typed, from, to);
  }
  return (to - from >= BULK ? numbers(items, from, to) : undefined) ?? items.slice(from, to);
}

function numbers(items: readonly unknown[], from: number, to: number): Float64Array | undefined {
  if (typeof items[from] !== 'number') return undefined;
  const bulk = new Float64Array(to - from);
  for (let i = from; i < to; i++) {
    const item = items[i];
    if (typeof item !== 'number') return undefined;
    bulk[i - from] = item;
  }
  return bulk;
}
