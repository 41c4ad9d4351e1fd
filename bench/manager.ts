/**
 * Managed dicts and lists: what a call costs, next to Python's managers, or to a Map behind messages where
 * there is no Python.
 */
import { spawnSync } from 'node:child_process';
import { Manager } from 'nogil';
import { Agent, rateOver, type Span } from './agents.ts';
import { inTurn } from './in-turn.ts';
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

/** So many times the rate of Python's managers, at least. */
const TARGET = 100;

/** Calls a second. Compiled anew for each, so that no loop is optimised for another's calls. */
async function ratesOf(call: (i: number) => unknown, rounds: number): Promise<number[]> {
  const count = 200_000;
  const loop = new Function('call', 'count', `/* ${Math.random()} */ for (let i = 0; i < count; i++) call(i);`);
  const rate = () => {
    const begin = performance.now();
    loop(call, count);
    return (count * 1000) / (performance.now() - begin);
  };
  return (await inTurn(rounds, 2, { rate })).rate;
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
  const agent = new Agent('./manager.workers.js', 'map');
  const count = 3000;
  const rate = async () => {
    const begin = performance.now();
    for (let i = 0; i < count; i++) await agent.ask({ key: 'num', value: i });
    return (count * 1000) / (performance.now() - begin);
  };
  const rates = (await inTurn(rounds, 1, { rate })).rate;
  await agent.close();
  return rates;
}

/** Two workers that update one key: updates a second of both together. */
async function contended(rounds: number): Promise<Row> {
  const agents = [1, 2].map(() => new Agent('./manager.workers.js'));
  const d = dict({ n: 0 });
  const count = 50_000;
  const { ours } = await inTurn(rounds, 1, {
    async ours() {
      d.n = 0;
      const spans = await Promise.all(agents.map((agent) => agent.ask<Span>({ handle: d.handle(), count } satisfies Work)));
      if (d.n !== 2 * count) throw new Error(`the counter is ${d.n}, not ${2 * count}`);
      return rateOver(spans, 2 * count);
    },
  });
  for (const agent of agents) await agent.close();
  d.close();
  return { what: 'two workers, update of one key', unit: perSecond, ours, rival: [] };
}

export async function* manager(quick: boolean): AsyncGenerator<Table> {
  const rounds = quick ? 3 : 25;
  const python = pythonRates(rounds);
  const messages = python === undefined ? await messageRates(rounds) : [];
  const rows: Row[] = [];
  for (const [i, [what, ours]] of calls.entries()) {
    const row = { what, unit: perSecond, ours: await ratesOf(ours, rounds), rival: python?.[i] ?? messages };
    // The target is one of get and set of a small value.
    rows.push(python !== undefined && i < 6 ? { ...row, target: TARGET } : row);
  }
  yield {
    title: 'managed dict and list, one worker, uncontended (calls a second)',
    rival: python === undefined ? 'Map by message' : "Python's Manager",
    rows,
  };
  const row = await contended(rounds);
  yield { title: 'two workers at one dict', rival: '-', rows: [row] };
}
