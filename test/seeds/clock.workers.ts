/**
 * The tutorials' clock, shrunk: they sleep for seconds, and nothing in them depends on how long one is.
 */
export const SECOND = 0.02;

/** Python's `random.randint`: both ends may come. */
export function randint(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}
