/**
 * Measures a row. The contenders take turns, A B C, C B A, …, so that whatever else the machine does hits all
 * of them, and none is always the one after a certain other. One that throws or hangs loses its figure, and
 * the reason is kept.
 */
import type { ContenderResult, Kind, Point, RowResult } from '../report/model.ts';
import { pointOf } from '../report/statistics.ts';
import type { UnitName } from '../report/units.ts';
import { judge, leadOf, type Target } from '../report/verdict.ts';
import type { Effort } from './effort.ts';
import { messageOf, within } from './patience.ts';
import type { Contender, Figures, Row, Runner } from './row.ts';

/** The key of a figure where a row has but one. */
const ONLY = '';

/** Seconds that one may take to end. */
const CLOSING = 2;

/** One contender at one place. */
class Entry {
  readonly contender: Contender;
  /** By part. */
  readonly samples = new Map<string, number[]>();
  failed: string | undefined;
  count = 1;
  readonly #patience: number;
  #runner: Runner | undefined;

  constructor(contender: Contender, { patience }: Effort) {
    this.contender = contender;
    this.#patience = patience;
  }

  get alive(): boolean {
    return this.#runner !== undefined;
  }

  get gives(): NonNullable<Runner['gives']> {
    return this.#runner?.gives ?? 'elapsed';
  }

  async open(at: number, quick: boolean): Promise<void> {
    await this.#try(async () => {
      const runner = await this.contender.open(at, quick);
      // One that comes when nobody waits for it any more has failed already.
      if (this.failed === undefined) this.#runner = runner;
      else await runner.close?.();
    });
  }

  async run(): Promise<Figures | undefined> {
    let figures: Figures | undefined;
    await this.#try(async () => {
      figures = await this.#runner?.run(this.count);
    });
    return figures;
  }

  async close(): Promise<void> {
    const runner = this.#runner;
    this.#runner = undefined;
    // What it threw before is the news.
    if (runner?.close) await within(CLOSING, Promise.resolve(runner.close())).catch(() => {});
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await within(this.#patience, work());
    } catch (error) {
      this.failed = messageOf(error);
      await this.close();
    }
  }
}

/** How much longer or shorter than wanted a round may be. */
const TOLERANCE = 2;
const MOST_TRIES = 40;

/**
 * Warms up, and finds how many operations make a round: the engine compiles meanwhile, so that what a round
 * took at first says little.
 */
async function calibrate(entry: Entry, effort: Effort, least: number, most: number): Promise<void> {
  const wanted = effort.roundMs * 1e6;
  const begin = performance.now();
  entry.count = 1;
  // The first one may have something to start.
  if ((await entry.run()) === undefined) return;
  entry.count = least;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const ns = await entry.run();
    if (typeof ns !== 'number') return;
    const ratio = wanted / Math.max(1, ns);
    const fits = ratio < TOLERANCE && (ratio > 1 / TOLERANCE || entry.count === least);
    const warm = performance.now() - begin >= effort.warmMs;
    if (warm && (fits || (entry.count === most && ratio > 1))) return;
    entry.count = Math.round(Math.max(least, Math.min(most, entry.count * Math.min(8, ratio))));
  }
}

function toFigure(unit: UnitName, ns: number, count: number, bytes: number): number {
  switch (unit) {
    case 'perSecond':
      return (count * 1e9) / ns;
    case 'bytesPerSecond':
      return (count * bytes * 1e9) / ns;
    default:
      return ns / count;
  }
}

function keep(entry: Entry, figures: Figures, convert: (figure: number) => number): void {
  const parts = typeof figures === 'number' ? { [ONLY]: figures } : figures;
  for (const [part, figure] of Object.entries(parts)) {
    const samples = entry.samples.get(part) ?? [];
    samples.push(convert(figure));
    entry.samples.set(part, samples);
  }
}

function contendersOf(row: Row, effort: Effort): Contender[] {
  return row.contenders.filter(({ fullOnly }) => !fullOnly || effort.name === 'full');
}

async function measureAt(row: Row, at: number, effort: Effort): Promise<Entry[]> {
  const begin = performance.now();
  const quick = effort.name === 'quick';
  const entries = contendersOf(row, effort)
    .filter(({ upTo }) => upTo === undefined || at <= upTo)
    .map((each) => new Entry(each, effort));
  const most = typeof row.most === 'function' ? row.most(at) : (row.most ?? 1e9);
  for (const entry of entries) {
    await entry.open(at, quick);
    // The others' workers sleep meanwhile.
    if (!entry.alive) continue;
    if (entry.gives === 'elapsed') await calibrate(entry, effort, Math.min(most, entry.contender.least ?? row.least ?? 1), most);
    else if (!row.once) await entry.run();
  }
  const [least, limit] = row.once ? [1, 1] : effort.rounds;
  const until = begin + (row.over ? effort.placeMs : effort.rowMs);
  for (let round = 0; round < limit; round++) {
    if (round >= least && performance.now() > until) break;
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
      if (!entry.alive) continue;
      const figures = await entry.run();
      if (figures === undefined) continue;
      const { gives } = entry;
      const count = gives === 'each' ? 1 : entry.count;
      keep(entry, figures, (figure) => (gives === 'figure' ? figure : toFigure(row.unit, figure, count, row.bytes ?? at)));
    }
  }
  for (const entry of entries) await entry.close();
  return entries;
}

/**
 * @param kindOf what a party is
 * @returns one row; or one for each of its parts
 */
export async function measure(row: Row, effort: Effort, kindOf: (by: string) => Kind): Promise<RowResult[]> {
  const places = row.over?.[effort.name] ?? [undefined];
  const found: { at: number | undefined; entries: Entry[] }[] = [];
  for (const at of places) found.push({ at, entries: await measureAt(row, at ?? 0, effort) });

  const resultOf = (contender: Contender, part: string): ContenderResult => {
    const { name, by, note, kind = kindOf(by) } = contender;
    const points: Point[] = [];
    let failed: string | undefined;
    for (const { at, entries } of found) {
      const entry = entries.find((each) => each.contender === contender);
      const samples = entry?.samples.get(part);
      // Figures of the rounds before it failed would look like those of one that did not.
      if (entry?.failed !== undefined) failed ??= at === undefined ? entry.failed : `at ${at}: ${entry.failed}`;
      else if (samples) points.push(pointOf(samples, at));
    }
    return { name, by, kind, ...(note !== undefined && { note }), points, ...(failed !== undefined && { failed }) };
  };
  const rowOf = (id: string, what: string, part: string, targets: readonly Target[] = []): RowResult => {
    const contenders = contendersOf(row, effort).map((each) => resultOf(each, part));
    const { how, unit, over } = row;
    const lead = row.noLead ? undefined : leadOf(unit, contenders);
    return {
      id,
      what,
      how,
      unit,
      ...(over && { over: { name: over.name, unit: over.unit } }),
      contenders,
      ...(lead && { lead }),
      verdicts: targets.map((target) => judge(unit, contenders, target)),
    };
  };
  if (!row.parts) return [rowOf(row.id, row.what, ONLY, row.targets)];
  return Object.entries(row.parts).map(([part, { what, targets }]) => rowOf(`${row.id}.${part}`, what, part, targets));
}
