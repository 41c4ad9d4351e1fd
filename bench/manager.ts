/** Managed dicts and lists: what a call costs, next to Python's managers, or to a Map behind messages where there is no Python. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Manager } from 'nogil';
import type { Work } from './manager.workers.ts';
import { perSecond, type Row, type Table } from './report.ts';

const { dict, list } = Manager();

/** What is done in both languages: the name, ours, and Python's statement. */
const calls: [what: string, ours: (i: number) => unknown, python: string][] = (() => {
  const d = dict({ num: 1, text: 'some text' });
  const l = list([1]);
  return [
    ["get a number: d.get('num')", () => d.get('num'), "d['num']"],
    ["set a number: d.set('num', i)", (i) => d.set('num', i), "d['num'] = i"],
    ['get by property: d.num', () => d.num, "d['num']"],
    [
      'set by property: d.num = i',
      (i) => {
        d.num = i;
      },
      "d['num'] = i",
    ],
    ["get a short text: d.get('text')", () => d.get('text'), "d['text']"],
    ["set a short text: d.set('text', s)", () => d.set('text', 'other text'), "d['text'] = 'other text'"],
    ["update('num', n => n + 1)", () => d.update('num', (n) => n + 1), "d['num'] += 1"],
    ['list: l[0]', () => l[0], 'l[0]'],
    [
      'list: l[0] = i',
      (i) => {
        l[0] = i;
      },
      'l[0] = i',
    ],
    [
      'list: append and pop',
      (i) => {
        l.append(i);
        l.pop();
      },
      'l.append(i); l.pop()',
    ],
  ];
})();

/** Python's contract of the issue: at least so many times as many. */
const TARGET = 100;

/** Calls a second. Compiled anew for each, so that no loop is optimised for another's calls. */
function ratesOf(call: (i: number) => unknown, rounds: number): number[] {
  const count = 200_000;
  const loop = new Function('call', 'count', `/* ${Math.random()} */ for (let i = 0; i < count; i++) call(i);`);
  const rates: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const begin = performance.now();
    loop(call, count);
    if (round >= 0) rates.push((count * 1000) / (performance.now() - begin));
  }
  return rates;
}

/** Python's rates for the same calls, or undefined where there is no Python. */
function pythonRates(rounds: number): number[][] | undefined {
  const program = `
import json, time
from multiprocessing import Manager
def rate(code):
    run = compile('for i in range(2000):\\n  ' + code.replace('; ', '\\n  '), 'bench', 'exec')
    begin = time.perf_counter()
    exec(run, {'d': d, 'l': l})
    return 2000 / (time.perf_counter() - begin)
if __name__ == '__main__':
    m = Manager()
    d = m.dict({'num': 1, 'text': 'some text'})
    l = m.list([1])
    codes = ${JSON.stringify(calls.map(([, , python]) => python))}
    for code in codes: rate(code)
    print(json.dumps([[rate(code) for _ in range(${rounds})] for code in codes]))
`;
  const { status, stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8', timeout: 120_000 });
  return status === 0 ? (JSON.parse(stdout) as number[][]) : undefined;
}

/** Round trips a second to a Map that another worker has. */
async function messageRates(rounds: number): Promise<number[]> {
  const worker = new Worker(new URL('./manager.workers.js', import.meta.url), { workerData: 'map' });
  const rates: number[] = [];
  const count = 3000;
  for (let round = -1; round < rounds; round++) {
    const begin = performance.now();
    for (let i = 0; i < count; i++) {
      const answer = once(worker, 'message');
      worker.postMessage({ key: 'num', value: i });
      await answer;
    }
    if (round >= 0) rates.push((count * 1000) / (performance.now() - begin));
  }
  await worker.terminate();
  return rates;
}

/** Two workers that update one key: updates a second of both together. */
async function contended(rounds: number): Promise<Row> {
  const workers = [1, 2].map(() => new Worker(new URL('./manager.workers.js', import.meta.url)));
  const d = dict({ n: 0 });
  const count = 50_000;
  const ours: number[] = [];
  for (let round = -1; round < rounds; round++) {
    d.n = 0;
    const answers = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage({ handle: d.handle(), count } satisfies Work);
    const times = (await Promise.all(answers)).map(([time]) => time as { begin: number; end: number });
    if (d.n !== 2 * count) throw new Error(`the counter is ${d.n}, not ${2 * count}`);
    const ns = Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ begin }) => begin));
    if (round >= 0) ours.push((2 * count * 1e9) / ns);
  }
  for (const worker of workers) await worker.terminate();
  d.close();
  return { what: 'two workers, update of one key', unit: perSecond, ours, rival: [] };
}

export async function* manager(quick: boolean): AsyncGenerator<Table> {
  const rounds = quick ? 3 : 25;
  const python = pythonRates(rounds);
  const messages = python === undefined ? await messageRates(rounds) : [];
  const rows = calls.map(([what, ours], i): Row => {
    const row = { what, unit: perSecond, ours: ratesOf(ours, rounds), rival: python?.[i] ?? messages };
    // The contract speaks of get and set of a small value.
    return python !== undefined && i < 6 ? { ...row, target: TARGET } : row;
  });
  yield {
    title: 'managed dict and list, one worker, uncontended (calls a second)',
    rival: python === undefined ? 'Map by message' : "Python's Manager",
    rows,
  };
  const row = await contended(rounds);
  yield { title: 'two workers at one dict', rival: '-', rows: [row] };
}
