/** The report as JSON, as a page, as Markdown. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Report, SCHEMA } from '../../../bench/report/model.ts';
import { composePage } from '../../../bench/report/page.ts';
import { anchorOf, composeSummary } from '../../../bench/report/summary.ts';
import { bundledPage, fakeReport } from '../../support/bench-report.ts';

let report: Report;
let html: string;

beforeAll(async () => {
  report = await fakeReport();
  html = composePage(report, await bundledPage());
});

const rowsOf = ({ groups }: Report) => groups.flatMap(({ rows }) => rows);

/** What the page's script reads. */
function embedded(): Report {
  const [, text = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
  return JSON.parse(text) as Report;
}

describe('the page', () => {
  test('holds each row and each contender', () => {
    expect(embedded()).toEqual(JSON.parse(JSON.stringify(report)));
    expect(rowsOf(embedded()).map(({ id }) => id)).toEqual([
      'sending.single',
      'sending.sizes',
      'waiting.trip.p50',
      'waiting.trip.p99',
    ]);
    expect(rowsOf(embedded())[0]?.contenders.map(({ name }) => name)).toEqual([
      'put / get',
      'ringbuf.js',
      'slow ring',
      'C: ring',
      'piscina',
    ]);
  });

  test('holds who is missing, with the reason', () => {
    const piscina = rowsOf(embedded())[0]?.contenders.at(-1);
    expect(piscina).toMatchObject({ failed: 'not installed here', points: [] });
    expect(embedded().parties.find(({ id }) => id === 'piscina')).toMatchObject({ missing: 'not installed here' });
  });

  test('asks the network for nothing', () => {
    expect(html.match(/\b(?:src|href|action)\s*=\s*["']?(?:https?:)?\/\//gi)).toBeNull();
    expect(html.match(/<(?:link|script|img|iframe)\b[^>]*\b(?:src|href)\b/gi)).toBeNull();
    expect(html.match(/@import|url\((?!["']?(?:#|data:))|\bfetch\(|XMLHttpRequest|importScripts|\bimport\(/g)).toBeNull();
  });

  test('is not ended early by what a text holds', () => {
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).toContain('<title>nogil 0.1.0, measured 2026-11-30 on A &lt;chip></title>');
  });
});

/** Whoever changes these has changed what others read: SCHEMA must go up. */
const KEYS = {
  report: ['groups', 'machine', 'parties', 'run', 'schema'],
  run: ['chosen', 'date', 'effort', 'hurried', 'revision', 'seconds', 'version'],
  machine: ['cores', 'cpu', 'load', 'memoryBytes', 'os', 'runtime'],
  party: ['id', 'kind', 'missing', 'name', 'version', 'what'],
  group: ['how', 'id', 'question', 'rows'],
  row: ['contenders', 'how', 'id', 'lead', 'over', 'unit', 'verdicts', 'what'],
  lead: ['against', 'range', 'times', 'who'],
  contender: ['by', 'failed', 'kind', 'name', 'points'],
  point: ['at', 'max', 'median', 'min', 'samples'],
  verdict: ['against', 'bound', 'figure', 'range', 'result', 'side', 'target', 'unsure', 'who'],
};

const keysOf = (...objects: (object | undefined)[]) => [...new Set(objects.flatMap((each) => Object.keys(each ?? {})))].sort();

describe('the JSON', () => {
  test('has the fields of its schema', () => {
    const json = embedded();
    const rows = rowsOf(json);
    const contenders = rows.flatMap((row) => row.contenders);
    expect(SCHEMA).toBe(1);
    expect({
      report: keysOf(json),
      run: keysOf(json.run),
      machine: keysOf(json.machine),
      party: keysOf(...json.parties),
      group: keysOf(...json.groups),
      row: keysOf(...rows),
      lead: keysOf(...rows.map(({ lead }) => lead)),
      contender: keysOf(...contenders),
      point: keysOf(...contenders.flatMap(({ points }) => points)),
      verdict: keysOf(...rows.flatMap(({ verdicts }) => verdicts)),
    }).toEqual(KEYS);
  });

  test('says who is ahead, and what was met', () => {
    const [single, , p50, p99] = rowsOf(embedded());
    expect(single?.lead).toMatchObject({ who: 'put / get', against: 'ringbuf.js' });
    expect(single?.lead?.times).toBeCloseTo(2);
    expect(single?.verdicts.map(({ result }) => result)).toEqual(['missed', 'met', 'open']);
    expect([p50, p99].map((row) => row?.verdicts[0]?.result)).toEqual(['met', 'missed']);
  });
});

describe('the summary', () => {
  test('has a heading for each row, and a line for each contender', () => {
    const summary = composeSummary(report);
    for (const { id, contenders } of rowsOf(report)) {
      const [, section = ''] = summary.split(`### ${id}\n`);
      const here = section.split('\n##')[0] ?? '';
      expect(contenders.filter(({ name }) => !here.includes(name))).toEqual([]);
    }
    expect(summary).toContain('| piscina | not installed here | | |');
    expect(summary).toContain('| length | 1 B | 1 KiB | 1 MiB |');
    expect(anchorOf('waiting.trip.p50')).toBe('waitingtripp50');
  });

  test('is at most 110 columns wide, but for tables', () => {
    const wide = composeSummary(report)
      .split('\n')
      .filter((line) => line.length > 110 && !line.startsWith('|'));
    expect(wide).toEqual([]);
  });
});
