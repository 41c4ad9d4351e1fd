/** What `npm run redis:chaos` runs. */
import { chaosOfItems, chaosOfTokens, whileAway } from './chaos.ts';
import { killPrograms } from './server.ts';

const seed = Number(process.argv[2] ?? 1);

function print(title: string, outcome: object): void {
  console.log(`\n${title} (seed ${seed})`);
  for (const [name, value] of Object.entries(outcome))
    console.log(`  ${name.padEnd(16)} ${typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : value}`);
}

const parts: Record<string, () => Promise<boolean>> = {
  async items() {
    const outcome = await chaosOfItems({ items: 10_000, kills: 20, restarts: 5, lease: 2, seed });
    print('10 000 items through two programs', outcome);
    return outcome.lost + outcome.unexplained + outcome.deadLetters === 0;
  },
  async tokens() {
    const outcome = await chaosOfTokens({ handOvers: 1000, kills: 20, stops: 10, restarts: 3, lease: 1, seed });
    print('1000 hand-overs of a lock', outcome);
    return outcome.notGrowing + outcome.shared + outcome.overwritten === 0;
  },
  async away() {
    const outcome = await whileAway({ away: 30, lease: 2 });
    print('a Redis that is away for 30 s', outcome);
    return outcome.wrong + outcome.withoutTimeout === 0 && outcome.told && outcome.grew;
  },
};

const asked = process.argv.slice(3);
for (const name of asked.length > 0 ? asked : Object.keys(parts)) if (!(await parts[name]?.())) process.exitCode = 1;
await killPrograms();
