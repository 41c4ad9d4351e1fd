/** Whether a row keeps its targets. */
import type { ContenderResult, Lead, Verdict } from './model.ts';
import { comparison, timesAsGood, type UnitName, units } from './units.ts';

/**
 * What one contender of a row is held to. Without `against` the bound is one on its figure, in the row's
 * unit; with it on the ratio of the two figures.
 */
export type Target = {
  who: string;
  /**
   * A contender's name. `best rival`: the best of those that one could use instead. With `times` the bound
   * is on how many times as good `who` is, also where less is better.
   */
  against?: string;
} & ({ atLeast: number } | { atMost: number } | { times: number });

export const BEST_RIVAL = 'best rival';

/** The only point of a bar. */
function figureOf(contender: ContenderResult | undefined): number | undefined {
  return contender?.points.length === 1 ? contender.points[0]?.median : undefined;
}

/** Of those one could use instead; references are none. */
export function bestRival(unit: UnitName, contenders: readonly ContenderResult[]): ContenderResult | undefined {
  let best: ContenderResult | undefined;
  for (const each of contenders) {
    const figure = figureOf(each);
    if (each.kind !== 'rival' || figure === undefined) continue;
    const soFar = figureOf(best);
    if (soFar === undefined || timesAsGood(unit, figure, soFar) > 1) best = each;
  }
  return best;
}

/** The contender that a row is about: the first of ours. */
export function headOf(contenders: readonly ContenderResult[]): ContenderResult | undefined {
  return contenders.find(({ kind }) => kind === 'ours');
}

/** What `compare` says of rounds that were neighbours in time: what hits one of them hits the other. */
function ofRounds(
  who: ContenderResult | undefined,
  against: ContenderResult | undefined,
  compare: (a: number, b: number | undefined) => number,
): number[] {
  return (who?.points[0]?.samples ?? []).flatMap((sample, i) => {
    const other = against?.points[0]?.samples[i];
    return against !== undefined && other === undefined ? [] : [compare(sample, other)];
  });
}

export function leadOf(unit: UnitName, contenders: readonly ContenderResult[]): Lead | undefined {
  const who = headOf(contenders);
  const against = bestRival(unit, contenders);
  const [ours, theirs] = [figureOf(who), figureOf(against)];
  if (who === undefined || against === undefined || ours === undefined || theirs === undefined) return undefined;
  const rounds = ofRounds(who, against, (a, b) => timesAsGood(unit, a, b as number));
  const range: Lead['range'] = [Math.min(...rounds), Math.max(...rounds)];
  return { who: who.name, against: against.name, times: timesAsGood(unit, ours, theirs), range };
}

function boundOf(target: Target): { bound: number; side: Verdict['side']; inTimes: boolean } {
  if ('times' in target) return { bound: target.times, side: 'at least', inTimes: true };
  if ('atLeast' in target) return { bound: target.atLeast, side: 'at least', inTimes: false };
  return { bound: target.atMost, side: 'at most', inTimes: false };
}

function wording(target: Target, unit: UnitName): string {
  const { bound, side, inTimes } = boundOf(target);
  if (target.against === undefined) return `${target.who}: ${side} ${units[unit].write(bound)}`;
  const whose = target.against === BEST_RIVAL ? 'the best rival' : target.against;
  if (inTimes && bound === 1) return `${target.who}: no worse than ${whose}`;
  if (inTimes && units[unit].better === 'less') return `${target.who}: at least ${bound} × ${comparison(unit)} ${whose}`;
  return `${target.who}: ${side} ${bound} × ${whose}`;
}

export function judge(unit: UnitName, contenders: readonly ContenderResult[], target: Target): Verdict {
  const named = (name: string) => contenders.find((each) => each.name === name);
  const { bound, side, inTimes } = boundOf(target);
  const who = named(target.who);
  const verdict: Verdict = { target: wording(target, unit), who: target.who, bound, side, result: 'open', unsure: false };
  const against =
    target.against === undefined
      ? undefined
      : target.against === BEST_RIVAL
        ? bestRival(unit, contenders)
        : named(target.against);
  if (target.against !== undefined) verdict.against = against?.name ?? target.against;

  const ours = figureOf(who);
  const theirs = figureOf(against);
  if (ours === undefined || (target.against !== undefined && theirs === undefined)) return verdict;
  const compare = (a: number, b: number | undefined) => (b === undefined ? a : inTimes ? timesAsGood(unit, a, b) : a / b);
  const keeps = (figure: number) => (side === 'at least' ? figure >= bound : figure <= bound);
  const figure = compare(ours, theirs);
  const rounds = ofRounds(who, against, compare);
  verdict.figure = figure;
  if (rounds.length > 0) verdict.range = [Math.min(...rounds), Math.max(...rounds)];
  verdict.result = keeps(figure) ? 'met' : 'missed';
  verdict.unsure = rounds.some((each) => keeps(each) !== keeps(figure));
  return verdict;
}
