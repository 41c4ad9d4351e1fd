/** How a row of the benchmarks is measured: in turn, and whatever its contenders do. */
import { describe, expect, test } from 'vitest';
import { FULL, paced, QUICK } from '../../../bench/harness/effort.ts';
import { measure } from '../../../bench/harness/measure.ts';
import { type Contender, Missing, type Row } from '../../../bench/harness/row.ts';
import { kindOf } from '../../../bench/rivals/parties.ts';
import { EFFORT, steady } from '../../support/bench-report.ts';

function row(contenders: Contender[], more: Partial<Row> = {}): Row {
  return { id: 'a.row', what: 'A row', how: 'So.', unit: 'time', contenders, ...more };
}

async function only(contenders: Contender[], more?: Partial<Row>, effort = EFFORT) {
  const [result, ...others] = await measure(row(contenders, more), effort, kindOf);
  expect(others).toEqual([]);
  if (!result) throw new Error('no result');
  return result;
}

/** Notes each run in `log`. */
function noted(name: string, log: string[], gives: 'each' | 'figure' = 'each'): Contender {
  return {
    name,
    by: 'nogil',
    open: () => ({
      gives,
      run() {
        log.push(name);
        return 7;
      },
      close: () => log.push(`${name} closed`),
    }),
  };
}

describe('a row', () => {
  test('lets its contenders take turns, in one order and in the other', async () => {
    const log: string[] = [];
    await only([noted('a', log), noted('b', log)]);
    // Both warm up before.
    expect(log).toEqual(['a', 'b', 'a', 'b', 'b', 'a', 'a', 'b', 'a closed', 'b closed']);
  });

  test('turns elapsed time into its unit', async () => {
    const ns = await only([steady('x', 'nogil', 250)]);
    expect(ns.contenders[0]?.points[0]?.median).toBeCloseTo(250);
    const rate = await only([steady('x', 'nogil', 250)], { unit: 'perSecond' });
    expect(rate.contenders[0]?.points[0]?.median).toBeCloseTo(4e6);
    const bytes = await only([steady('x', 'nogil', 250)], { unit: 'bytesPerSecond', bytes: 1000 });
    expect(bytes.contenders[0]?.points[0]?.median).toBeCloseTo(4e9);
  });

  test('does as many operations as make a round, within its bounds', async () => {
    const counts: number[] = [];
    const counting: Contender = {
      name: 'x',
      by: 'nogil',
      open: () => ({
        run(count) {
          counts.push(count);
          return count * 1000;
        },
      }),
    };
    await only([counting], {}, { ...EFFORT, roundMs: 2 });
    expect(counts[0]).toBe(1);
    expect(counts.slice(-3)).toEqual([2000, 2000, 2000]);
    await only([counting], { most: 300 }, { ...EFFORT, roundMs: 2 });
    expect(counts.slice(-3)).toEqual([300, 300, 300]);
    await only([counting], { least: 9000 }, { ...EFFORT, roundMs: 2 });
    expect(counts.slice(-3)).toEqual([9000, 9000, 9000]);
    await only([{ ...counting, least: 5 }], { least: 9000 }, { ...EFFORT, roundMs: 0.005 });
    expect(counts.slice(-3)).toEqual([5, 5, 5]);
  });

  test('shows who is not there, who throws and who hangs, with the reason, and measures the others', async () => {
    let runs = 0;
    const missing: Contender = {
      name: 'missing',
      by: 'piscina',
      open() {
        throw new Missing('not installed');
      },
    };
    const broken: Contender = {
      name: 'broken',
      by: 'tinypool',
      open: () => ({
        gives: 'each',
        run() {
          if (++runs === 3) throw new Error('the sum is wrong\n  at somewhere');
          return 1;
        },
      }),
    };
    const hanging: Contender = { name: 'hanging', by: 'comlink', open: () => new Promise(() => {}) };
    const { contenders } = await only([missing, broken, steady('fine', 'nogil', 10), hanging], {}, { ...EFFORT, patience: 0.05 });
    expect(contenders.map(({ name, failed, points }) => [name, failed, points.length])).toEqual([
      ['missing', 'not installed', 0],
      ['broken', 'the sum is wrong', 0],
      ['fine', undefined, 1],
      ['hanging', 'no answer within 0.05 s', 0],
    ]);
    expect(contenders.map(({ kind }) => kind)).toEqual(['rival', 'rival', 'ours', 'rival']);
  });

  test('closes whom it opened, also one that failed', async () => {
    const log: string[] = [];
    const failing: Contender = {
      name: 'x',
      by: 'nogil',
      open: () => ({
        run() {
          throw new Error('no');
        },
        close: () => log.push('closed'),
      }),
    };
    await only([failing]);
    expect(log).toEqual(['closed']);
  });

  test('is a curve over its places, of which a contender may reach some', async () => {
    const over = { name: 'length', unit: 'bytes', full: [1, 10, 100], quick: [1] } as const;
    const contenders = [steady('all', 'nogil', (at) => at * 2), { ...steady('some', 'node', 5), upTo: 10 }];
    const { over: axis, contenders: found } = await only(contenders, { over });
    expect(axis).toEqual({ name: 'length', unit: 'bytes' });
    expect(found.map(({ points }) => points.map(({ at }) => at))).toEqual([
      [1, 10, 100],
      [1, 10],
    ]);
    expect(found[0]?.points.map(({ median }) => Math.round(median))).toEqual([2, 20, 200]);
    const quick = await only(contenders, { over }, { ...EFFORT, name: 'quick' });
    expect(quick.contenders[0]?.points.map(({ at }) => at)).toEqual([1]);
  });

  test('is several rows where a runner gives several figures', async () => {
    const both: Contender = { name: 'x', by: 'nogil', open: () => ({ gives: 'figure', run: () => ({ put: 1, get: 2 }) }) };
    const results = await measure(row([both], { parts: { put: { what: 'Put' }, get: { what: 'Get' } } }), EFFORT, kindOf);
    expect(results.map(({ id, what, contenders }) => [id, what, contenders[0]?.points[0]?.median])).toEqual([
      ['a.row.put', 'Put', 1],
      ['a.row.get', 'Get', 2],
    ]);
  });

  test('is measured once where it says so', async () => {
    const log: string[] = [];
    const { contenders } = await only([noted('a', log, 'figure')], { once: true });
    expect(log).toEqual(['a', 'a closed']);
    expect(contenders[0]?.points[0]?.samples).toEqual([7]);
  });

  test('leaves out of a quick run who is for a full one', async () => {
    const contenders: Contender[] = [steady('a', 'nogil', 1), { ...steady('b', 'nogil', 1), fullOnly: true }];
    const quick = await only(contenders, {}, { ...EFFORT, name: 'quick' });
    expect(quick.contenders.map(({ name }) => name)).toEqual(['a']);
    expect((await only(contenders)).contenders.map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('the pace of a quick run', () => {
  test('gives a row its share of what is left, and no more than it needs', () => {
    expect(paced(QUICK, 40_000, 0.5, 10, 1).rowMs).toBe(QUICK.rowMs);
    expect(paced(QUICK, 10_000, 0.05, 10, 1)).toMatchObject({ rowMs: 500, warmMs: 25 });
    expect(paced(QUICK, 10_000, 0.05, 10, 5).placeMs).toBe(100);
    expect(paced(QUICK, -500, 0.5, 10, 1)).toMatchObject({ rowMs: 0, warmMs: 0 });
    expect(QUICK.runMs).toBeLessThan(60_000);
    expect(FULL.runMs).toBeUndefined();
  });
});
