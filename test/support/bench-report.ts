/** A small report as a run of the benchmarks writes it: by the real harness, of contenders that do nothing. */
import type { Effort } from '../../bench/harness/effort.ts';
import { measure } from '../../bench/harness/measure.ts';
import { type Contender, type Group, Missing } from '../../bench/harness/row.ts';
import { type Party, type Report, SCHEMA } from '../../bench/report/model.ts';
import type { Parts } from '../../bench/report/page.ts';
import { kindOf, parties } from '../../bench/rivals/parties.ts';

const script = new URL('../../scripts/bench-page.mjs', import.meta.url).href;

/** The page's script and style, as `npm run bench` bundles them. */
export async function bundledPage(): Promise<Parts> {
  const { bundlePage } = (await import(/* @vite-ignore */ script)) as { bundlePage(): Promise<Parts> };
  return bundlePage();
}

/** Three rounds, as short as can be. */
export const EFFORT: Effort = {
  name: 'full',
  rounds: [3, 3],
  warmMs: 0,
  roundMs: 0.001,
  rowMs: 10_000,
  placeMs: 10_000,
  patience: 5,
};

/** It takes so many nanoseconds for each operation, whenever it is asked; a function of the place. */
export function steady(name: string, by: Contender['by'], ns: number | ((at: number) => number)): Contender {
  return {
    name,
    by,
    open: (at) => ({ run: (count) => count * (typeof ns === 'number' ? ns : ns(at)) }),
  };
}

export const groups: Group[] = [
  {
    id: 'sending',
    question: 'How fast is <it> & "them"?',
    how: 'It is sent.',
    rows: [
      {
        id: 'sending.single',
        what: 'One </script> by one',
        how: 'By hand.',
        unit: 'perSecond',
        contenders: [
          steady('put / get', 'nogil', 50),
          steady('ringbuf.js', 'ringbuf.js', 100),
          steady('slow ring', 'handmade', 400),
          steady('C: ring', 'c', 10),
          {
            name: 'piscina',
            by: 'piscina',
            open() {
              throw new Missing('not installed here');
            },
          },
        ],
        targets: [
          { who: 'put / get', against: 'ringbuf.js', times: 3 },
          { who: 'put / get', against: 'best rival', times: 2 },
          { who: 'put / get', against: 'piscina', times: 1 },
        ],
      },
      {
        id: 'sending.sizes',
        what: 'Lengths',
        how: 'By length.',
        unit: 'bytesPerSecond',
        over: { name: 'length', unit: 'bytes', full: [1, 1024, 2 ** 20], quick: [1] },
        contenders: [steady('put / get', 'nogil', (at) => 100 + at), steady('postMessage', 'node', (at) => 900 + at)],
      },
    ],
  },
  {
    id: 'waiting',
    question: 'How long does it take?',
    how: 'It waits.',
    rows: [
      {
        id: 'waiting.trip',
        what: 'Round trip',
        how: 'There and back.',
        unit: 'time',
        contenders: [
          { name: 'Queue', by: 'nogil', open: () => ({ gives: 'figure', run: () => ({ p50: 10_000, p99: 90_000 }) }) },
          { name: 'MessageChannel', by: 'node', open: () => ({ gives: 'figure', run: () => ({ p50: 20_000, p99: 30_000 }) }) },
        ],
        parts: {
          p50: { what: 'Round trip: p50', targets: [{ who: 'Queue', against: 'MessageChannel', atMost: 1 }] },
          p99: { what: 'Round trip: p99', targets: [{ who: 'Queue', against: 'MessageChannel', atMost: 1.1 }] },
        },
      },
    ],
  },
];

const here: Party[] = Object.entries(parties).map(([id, { name, kind, what }]) => ({
  id,
  name,
  kind,
  what,
  ...(id === 'piscina' ? { missing: 'not installed here' } : { version: '1.2.3' }),
}));

export async function fakeReport(): Promise<Report> {
  const measured = [];
  for (const { id, question, how, rows } of groups) {
    const results = [];
    for (const row of rows) results.push(...(await measure(row, EFFORT, kindOf)));
    measured.push({ id, question, how, rows: results });
  }
  return {
    schema: SCHEMA,
    run: {
      date: '2026-11-30T12:00:00.000Z',
      seconds: 3,
      effort: 'full',
      hurried: false,
      version: '0.1.0',
      revision: 'abc',
      chosen: [],
    },
    machine: { cpu: 'A <chip>', cores: 2, memoryBytes: 2 ** 34, os: 'Linux', runtime: 'Node v20', load: [0.1, 0.2] },
    parties: here,
    groups: measured,
  };
}
