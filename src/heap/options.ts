/**
 * Options: one object of named values. A name that is none of them is a mistake, and says which was meant.
 */

/**
 * Insertions, deletions, replacements and swaps of neighbours that make one word of another (Damerau 1964,
 * Wagner and Fischer 1974).
 */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] as number;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(i - 2, j - 2) + 1);
      (rows[i] as number[])[j] = least;
    }
  }
  return at(a.length, b.length);
}

/** @param names what there is @throws TypeError `options` is no object, or has another name */
export function checkNames(what: string, options: unknown, names: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null)
    throw new TypeError(
      `the options of ${what} must be an object { ${names.join(', ')} }, got ${options === null ? 'null' : typeof options}`,
    );
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const [nearest = ''] = names.toSorted(
      (a, b) => distance(name.toLowerCase(), a.toLowerCase()) - distance(name.toLowerCase(), b.toLowerCase()),
    );
    throw new TypeError(`${what} has no option '${name}': did you mean '${nearest}'? There are ${names.join(', ')}`);
  }
}

/**
 * @throws TypeError `args` is no array: what is iterable would be used up, and a text is no list of arguments
 */
export function checkArgs(args: unknown, name = 'args'): void {
  if (args === undefined || Array.isArray(args)) return;
  const got = args === null ? 'null' : typeof args === 'object' ? `a ${args.constructor?.name ?? 'object'}` : `a ${typeof args}`;
  throw new TypeError(`${name} must be an array, got ${got}; for one argument write [x]`);
}
