import { type Barrier, type RawValue, task, type Value } from 'nogil';

/**
 * Its index in each round, or the name of the error that ended it; checks that everybody has arrived when it
 * leaves.
 */
export const meet = task(
  import.meta,
  async function meet(party: number, barrier: Barrier, arrived: Value<'i'>, rounds: number): Promise<(number | string)[]> {
    const indices: (number | string)[] = [];
    const { parties } = barrier;
    for (let round = 0; round < rounds; round++) {
      arrived.add(1);
      try {
        indices.push((round + party) % 3 ? barrier.wait() : await barrier.waitAsync());
      } catch (error) {
        indices.push((error as Error).name);
        break;
      }
      const now = arrived.value;
      if (now < (round + 1) * parties) indices.push(`left round ${round} when ${now} had arrived`);
    }
    return indices;
  },
);

export const meetOnce = task(import.meta, function meetOnce(barrier: Barrier, timeout?: number): number | string {
  try {
    return timeout === undefined ? barrier.wait() : barrier.wait(timeout);
  } catch (error) {
    return (error as Error).name;
  }
});

/** Meets until it is broken, and then again once it is whole. */
export const meetAgain = task(import.meta, function meetAgain(barrier: Barrier): (number | string)[] {
  const first = [];
  try {
    for (;;) first.push(barrier.wait());
  } catch (error) {
    first.push((error as Error).name);
  }
  while (barrier.broken);
  return [...first, barrier.wait()];
});

/** Brings an action of its own along. */
export const meetWithAction = task(
  import.meta,
  function meetWithAction(party: number, barrier: Barrier, actions: RawValue<'i'>, fails: boolean): number | string {
    if (barrier.action !== undefined) return 'an action has travelled';
    barrier.action = () => {
      actions.value += 1;
      if (fails) throw new RangeError(`the action of party ${party}`);
    };
    try {
      return barrier.wait();
    } catch (error) {
      return (error as Error).name;
    }
  },
);
