/**
 * Mutants that change nothing that a model or a user could see, and why. By id; a name that ends with `:` is
 * that of a function, all of whose mutants are meant, or those of one operator.
 */
export const equivalent: Readonly<Record<string, string>> = {};

/** Why this one changes nothing, if it is listed. */
export function reasonFor(id: string): string | undefined {
  const [file, name, operator] = id.split(':');
  return equivalent[id] ?? equivalent[`${file}:${name}:${operator}:`] ?? equivalent[`${file}:${name}:`];
}
