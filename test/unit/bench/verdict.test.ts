/** Whether a row keeps its targets, and who is ahead. */
import { describe, expect, test } from 'vitest';
import type { ContenderResult, Kind } from '../../../bench/report/model.ts';
import { pointOf } from '../../../bench/report/statistics.ts';
import { timesAsGood, units } from '../../../bench/report/units.ts';
import { judge, leadOf } from '../../../bench/report/verdict.ts';

function contender(name: string, kind: Kind, ...samples: number[]): ContenderResult {
  return { name, by: 'x', kind, points: samples.length > 0 ? [pointOf(samples)] : [] };
}

const ours = contender('ours', 'ours', 100, 120, 110);
const a = contender('a', 'rival', 50, 60, 55);
const b = contender('b', 'rival', 20, 20, 20);
const native = contender('native', 'reference', 1000, 1000, 1000);
const missing = contender('missing', 'rival');
const row = [ours, b, a, native, missing];

describe('a target', () => {
  test('of a ratio is met or missed by the medians, with the range of rounds that were neighbours', () => {
    const met = judge('perSecond', row, { who: 'ours', against: 'a', times: 2 });
    expect(met).toMatchObject({ result: 'met', figure: 2, range: [2, 2], bound: 2, side: 'at least', unsure: false });
    expect(met.target).toBe('ours: at least 2 × a');
    expect(judge('perSecond', row, { who: 'ours', against: 'a', times: 2.1 })).toMatchObject({ result: 'missed', unsure: false });
  });

  test('is the other way round where less is better', () => {
    expect(judge('time', row, { who: 'a', against: 'ours', times: 2 })).toMatchObject({ result: 'met', figure: 2 });
    expect(judge('time', row, { who: 'ours', against: 'a', atMost: 1.5 })).toMatchObject({ result: 'missed', figure: 2 });
    expect(judge('time', row, { who: 'a', against: 'ours', atMost: 0.5 })).toMatchObject({ result: 'met', side: 'at most' });
  });

  test('against the best rival is against the best that one could use instead', () => {
    expect(judge('perSecond', row, { who: 'ours', against: 'best rival', times: 1 })).toMatchObject({ against: 'a', figure: 2 });
    expect(judge('time', row, { who: 'ours', against: 'best rival', times: 1 })).toMatchObject({
      against: 'b',
      result: 'missed',
    });
  });

  test('without another is one of the figure itself', () => {
    expect(judge('bytes', row, { who: 'ours', atMost: 110 })).toMatchObject({
      result: 'met',
      figure: 110,
      target: 'ours: at most 110 B',
    });
    expect(judge('perSecond', row, { who: 'ours', atLeast: 111 })).toMatchObject({ result: 'missed', unsure: true });
  });

  test('is open while one of the two has no figure', () => {
    expect(judge('perSecond', row, { who: 'ours', against: 'missing', times: 1 })).toMatchObject({ result: 'open' });
    expect(judge('perSecond', row, { who: 'missing', against: 'a', times: 1 })).toMatchObject({ result: 'open' });
    expect(judge('perSecond', [ours], { who: 'ours', against: 'best rival', times: 1 })).toMatchObject({ result: 'open' });
  });

  test('is unsure where some rounds say the contrary', () => {
    const noisy = contender('noisy', 'rival', 50, 110, 56);
    expect(judge('perSecond', [ours, noisy], { who: 'ours', against: 'noisy', times: 1.5 })).toMatchObject({
      result: 'met',
      unsure: true,
    });
  });
});

describe('the lead', () => {
  test('is of the first of ours before the best rival, references left out', () => {
    const other = contender('other', 'ours', 900, 900, 900);
    expect(leadOf('perSecond', [ours, other, b, a, native])).toEqual({ who: 'ours', against: 'a', times: 2, range: [2, 2] });
    expect(leadOf('perSecond', [ours, native, missing])).toBeUndefined();
  });
});

describe('units', () => {
  test('write three digits', () => {
    expect([0, 0.5, 12.34, 1234, 12_345_678, 2e9].map((value) => units.time.write(value))).toEqual([
      '0 ns',
      '0.50 ns',
      '12.3 ns',
      '1.23 µs',
      '12.3 ms',
      '2.00 s',
    ]);
    expect([999, 1500, 20_900_000].map((value) => units.perSecond.write(value))).toEqual(['999 /s', '1.50 k/s', '20.9 M/s']);
    expect([93.2, 1024, 1536, 2 ** 24].map((value) => units.bytes.write(value))).toEqual(['93 B', '1 KiB', '1.50 KiB', '16 MiB']);
  });

  test('say how many times as good', () => {
    expect(timesAsGood('perSecond', 30, 10)).toBe(3);
    expect(timesAsGood('time', 10, 30)).toBe(3);
    expect(timesAsGood('bytes', 0, 0)).toBe(1);
  });
});
