/**
 * The kill campaign, as scripts/soak.mjs has compiled it: runs stages until there were enough deaths, or the
 * time is up, and ends with the table. See docs/internals/soak.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { getAllStartMethods } from 'nogil/multiprocessing';
import { Random } from './random.ts';
import type { Progress, StageKind } from './report/lines.ts';
import { drawMemory, type Reel } from './report/picture.ts';
import { readState, type State, writeState } from './report/state.ts';
import { composeMarkdown, composeTable } from './report/table.ts';
import { add, addTo, isWrong } from './report/tally.ts';
import { runStage } from './run-stage.ts';

const USAGE = `usage: npm run soak -- [options]

  --minutes N      how long, at most; default 10, or no limit with --kills
  --kills N        how many deaths, at most
  --seed N         for all that is chosen; default: another one each time. When something happens is not
                   chosen: the same seed has the same cast die in the same ways at other moments
  --only KIND      threads or processes; default: both in turn
  --out FOLDER     for soak.json and soak.svg; default: build
  --continue FILE  adds what this run comes to to a file, and prints the sums
  --patience N     seconds after which something hangs; default 60`;

function options() {
  try {
    return parseArgs({
      options: {
        minutes: { type: 'string' },
        kills: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        out: { type: 'string', default: 'build' },
        continue: { type: 'string' },
        patience: { type: 'string', default: '60' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

/** A number that was given, or what there is without. */
function numberOf(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (value >= 0) return value;
  console.error(`--${name} must be a number, got ${text}\n\n${USAGE}`);
  process.exit(1);
}

/** A stage has so many deaths at most: then it is the other kind's turn. */
const DEATHS: Record<StageKind, number> = { threads: 240, processes: 120 };
/** Milliseconds for the same. */
const STAGE_MS = 120_000;

const values = options();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const hasProcesses = getAllStartMethods().includes('spawn');
const kinds = (hasProcesses ? ['threads', 'processes'] : ['threads']).filter(
  (kind) => values.only === undefined || kind === values.only,
) as StageKind[];
if (kinds.length === 0) {
  console.error(`--only ${values.only}: there is ${hasProcesses ? 'threads, processes' : 'threads'}\n\n${USAGE}`);
  process.exit(1);
}
const kills = numberOf('kills', values.kills, Number.POSITIVE_INFINITY);
const minutes = numberOf('minutes', values.minutes, values.kills === undefined ? 10 : Number.POSITIVE_INFINITY);
const seed = numberOf('seed', values.seed, Math.floor(Math.random() * 2 ** 31));
const patience = numberOf('patience', values.patience, 60);

function addProgress(state: State, { total, scenes, ways, complaints }: Progress): void {
  add(state.total, total);
  for (const [name, tally] of Object.entries(scenes)) addTo(state.scenes, name, tally);
  for (const [name, tally] of Object.entries(ways)) addTo(state.ways, name, tally);
  state.complaints.push(...complaints);
}

async function run(): Promise<void> {
  const state = readState(values.continue);
  const random = new Random(seed);
  const reels: Reel[] = [];
  const end = Date.now() + minutes * 60_000;
  console.log(`seed ${seed}: npm run soak -- --seed ${seed} chooses the same again`);
  let left = kills;
  for (let number = 0; left > 0 && Date.now() < end; number++) {
    const kind = kinds[number % kinds.length] as StageKind;
    const until = Math.min(end, Date.now() + STAGE_MS);
    const most = Math.min(left, kills === Number.POSITIVE_INFINITY ? DEATHS[kind] : shareOf(kind, kills));
    const order = { kind, seed: random.seed(), kills: most, until, patience };
    const began = Date.now();
    const { progress, samples } = await runStage(order);
    const seconds = Math.round((Date.now() - began) / 1000);
    left -= progress.total.kills;
    addProgress(state, progress);
    reels.push({ kind, samples });
    console.log(
      `${kind}, seed ${order.seed}: ${progress.total.kills} kills in ${seconds} s${isWrong(progress.total) ? ': WRONG' : ''}`,
    );
    for (const each of progress.complaints) console.log(`  ${each}`);
    // It cannot even begin.
    if (progress.total.kills === 0) break;
  }
  state.seeds.push(seed);
  if (values.continue !== undefined) writeState(values.continue, state);
  mkdirSync(values.out, { recursive: true });
  const json = resolve(values.out, 'soak.json');
  const svg = resolve(values.out, 'soak.svg');
  writeFileSync(json, `${JSON.stringify({ ...state, markdown: composeMarkdown(state.scenes, state.total) }, null, 1)}\n`);
  writeFileSync(svg, drawMemory(reels));
  console.log(`\n${composeTable(state.scenes, state.ways, state.total)}\n\nthe memory:  ${svg}\nthe figures: ${json}`);
  process.exitCode = isWrong(state.total) ? 1 : 0;
}

/** Of few deaths each kind has its part. */
function shareOf(kind: StageKind, all: number): number {
  if (kinds.length === 1) return DEATHS[kind];
  const share = DEATHS[kind] / (DEATHS.threads + DEATHS.processes);
  return Math.min(DEATHS[kind], Math.ceil(all * share));
}

await run();
