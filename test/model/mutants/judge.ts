/**
 * Judges mutants in a process of its own, whose parent ends it when one hangs (run.ts). Is told their ids, in
 * their order, and which to begin with.
 */
import { Campaign } from './campaign.ts';
import { keptUnitsOf, type Unit, unitsCalled } from './coverage.ts';
import { allMutants, type Mutant } from './generate.ts';
import { killers } from './known.ts';
import { loadTrials } from './stage.ts';

/** What the parent says. */
export interface Task {
  /** Those that are compiled together. */
  readonly ids: readonly string[];
  /** Those that are judged. */
  readonly open: readonly string[];
  readonly budget: number;
}

/** Of those whose killers are all known only these, which takes less time. */
async function unitsFor(ids: readonly string[]): Promise<readonly Unit[]> {
  const names = ids.map((id) => killers[id]);
  if (names.some((name) => name === undefined)) return keptUnitsOf(await loadTrials());
  const files = names.map((name) => (name as string).split(':')[0]);
  return unitsCalled(new Set(names as string[]), await loadTrials(new Set(files as string[])));
}

// Its parent is gone.
process.once('disconnect', () => process.exit());

process.once('message', async ({ ids, open, budget }: Task) => {
  const byId = new Map(allMutants().map((mutant) => [mutant.id, mutant]));
  const mutants = ids.map((id) => byId.get(id) as Mutant);
  const units = await unitsFor(open);
  const campaign = new Campaign(mutants, budget, (compiles) => void process.send?.({ compiles }));
  for (const id of open) {
    process.send?.({ begins: id });
    process.send?.({ verdict: await campaign.judge(byId.get(id) as Mutant, units) });
  }
  process.disconnect();
});
