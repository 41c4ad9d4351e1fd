/** What `npm run redis:chaos` runs. */
import { type AwayOutcome, whileAway } from './away.ts';
import { chaosOfItems, chaosOfTokens } from './chaos.ts';
import { cabled, frozen, proxied } from './network.ts';
import { killPrograms } from './server.ts';

const seed = Number(process.argv[2] ?? 1);

function print(title: string, outcome: object): void {
  console.log(`\n${title} (seed ${seed})`);
  for (const [name, value] of Object.entries(outcome))
    console.log(`  ${name.padEnd(16)} ${typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : value}`);
}

function isKept({ wrong, withoutTimeout, told, refused, grew }: AwayOutcome): boolean {
  return wrong + withoutTimeout === 0 && told && refused && grew;
}

const parts: Record<string, () => Promise<boolean>> = {
  async items() {
    const outcome = await chaosOfItems({ items: 10_000, kills: 20, restarts: 5, lease: 2, seed, loud: true });
    print('10 000 items through two programs', outcome);
    return outcome.lost + outcome.unexplained + outcome.deadLetters === 0;
  },
  async tokens() {
    const outcome = await chaosOfTokens({ handOvers: 1000, kills: 20, stops: 10, restarts: 3, lease: 1, seed, loud: true });
    print('1000 hand-overs of a lock', outcome);
    return outcome.notGrowing + outcome.shared + outcome.overwritten === 0;
  },
  async away() {
    const outcome = await whileAway({ away: 30, lease: 2, way: await frozen() });
    print('a Redis that stands still for 30 s', outcome);
    return isKept(outcome);
  },
  async cut() {
    const way = await cabled();
    const outcome = await whileAway({ away: 30, lease: 2, way, elsewhere: way.command });
    print('two machines, whose cable is pulled for 30 s', outcome);
    return isKept(outcome) && outcome.takenOver === 2;
  },
  async forgotten() {
    const outcome = await whileAway({ away: 30, lease: 2, way: await proxied(true), elsewhere: [] });
    print('30 s, and a firewall that has forgotten the connections', outcome);
    return isKept(outcome) && outcome.takenOver === 2;
  },
};

const asked = process.argv.slice(3);
for (const name of asked.length > 0 ? asked : Object.keys(parts)) if (!(await parts[name]?.())) process.exitCode = 1;
await killPrograms();
