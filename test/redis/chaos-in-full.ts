/** What `npm run redis:chaos` runs. */
import { chaosOfItems, chaosOfTokens, whileAway } from './chaos.ts';
import { killPrograms } from './server.ts';

const seed = Number(process.argv[2] ?? 1);

function print(title: string, outcome: object): void {
  console.log(`\n${title} (seed ${seed})`);
  for (const [name, value] of Object.entries(outcome))
    console.log(`  ${name.padEnd(16)} ${typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : value}`);
}

const items = await chaosOfItems({ items: 10_000, kills: 20, restarts: 5, lease: 2, seed });
print('10 000 items through two programs', items);
const tokens = await chaosOfTokens({ handOvers: 1000, kills: 20, stops: 10, restarts: 3, lease: 1, seed });
print('1000 hand-overs of a lock', tokens);
const away = await whileAway({ away: 30, lease: 2 });
print('a Redis that is away for 30 s', away);
await killPrograms();
const faults = items.lost + items.unexplained + tokens.notGrowing + tokens.shared + tokens.overwritten + away.wrong;
process.exitCode = faults + away.withoutTimeout === 0 && away.told && away.grew ? 0 : 1;
