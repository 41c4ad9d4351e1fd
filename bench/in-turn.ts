/** Contenders take turns, A B A B …, so that whatever else the machine does hits all of them. */

/**
 * What each of them measures, once a round.
 * @param warmup rounds before the others that are not counted: they are for the compiler and for cold caches
 */
export async function inTurn<K extends string, T>(
  rounds: number,
  warmup: number,
  contenders: Record<K, () => T | Promise<T>>,
): Promise<Record<K, T[]>> {
  const names = Object.keys(contenders) as K[];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, T[]>;
  for (let round = -warmup; round < rounds; round++) {
    for (const name of names) {
      const figure = await contenders[name]();
      if (round >= 0) figures[name].push(figure);
    }
  }
  return figures;
}
