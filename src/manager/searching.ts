/** What a list makes of a copy of its items: where a value is, and in which order they go. */
import { ValueError } from '../errors.ts';
import { compare, isEqual } from './order.ts';

/**
 * How `sort` orders: by what `key` makes of each item, or by the items; the other way round with `reverse`.
 */
export interface SortOptions<T> {
  /**
   * Called once for each item; its results are compared in the items' place. Default: the items themselves.
   */
  key?: ((item: T) => unknown) | undefined;
  /** Whether the largest comes first; of equals the first one still does. Default false. */
  reverse?: boolean | undefined;
}

export function includesIn(items: readonly unknown[], value: unknown): boolean {
  return items.some((item) => isEqual(item, value));
}

export function countIn(items: readonly unknown[], value: unknown): number {
  return items.filter((item) => isEqual(item, value)).length;
}

/** @throws ValueError it is nowhere */
export function indexIn(items: readonly unknown[], value: unknown, start = 0, end?: number): number {
  const from = start < 0 ? Math.max(0, start + items.length) : start;
  const found = items.slice(from, end).findIndex((item) => isEqual(item, value));
  if (found < 0) throw new ValueError('the value is not in the list');
  return from + found;
}

/** Where the items are now that come first, second, ... then. */
export function sorted<T>(items: readonly T[], how: SortOptions<T> | ((a: T, b: T) => number)): number[] {
  const order = [...items.keys()];
  if (typeof how === 'function') return order.sort((a, b) => how(items[a] as T, items[b] as T));
  const { key, reverse = false } = how;
  const ranks = key === undefined ? items : items.map(key);
  // Python's `reverse` keeps equal items in their order, too.
  const sign = reverse ? -1 : 1;
  return order.sort((a, b) => sign * compare(ranks[a], ranks[b]));
}
