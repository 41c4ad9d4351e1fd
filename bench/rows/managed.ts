import { Manager } from 'nogil';
import { Agent, closeAll, type Span, timeOver } from '../harness/agents.ts';
import { type Loop, loop } from '../harness/loop.ts';
import type { Contender, Group, Row } from '../harness/row.ts';
import type { Target } from '../report/verdict.ts';
import { native } from '../rivals/native.ts';
import { python } from '../rivals/python.ts';
import type { Work } from './managed.workers.ts';

const MAP = 'Map, one thread';
const PYTHON = 'Python: Manager';
/** So many times as fast as Python's managers, at least. */
const OF_PYTHON = 100;
/** Of a plain Map's rate. */
const OF_MAP = 0.5;

const manager = Manager();

const dicts = () => manager.dict({ num: 1, text: 'some text' });
const maps = () =>
  new Map<string, unknown>([
    ['num', 1],
    ['text', 'some text'],
  ]);

/** The least that anything behind a lock takes which its holder's death must not leave locked. */
const nativeTable = (set: 0 | 1) => native('C: table behind a robust mutex', () => ['table', set], 'one call after the other');

const closing = { close: (subject: { close(): void }) => subject.close() };

/** What is done, and what must have come of it. */
type Calls = Pick<Loop, 'body' | 'after' | 'expected'>;

const ours = (name: string, work: Calls): Contender => loop(name, { by: 'nogil', subject: dicts, ...work, ...closing });
const plain = (work: Calls): Contender => loop(MAP, { by: 'plain', subject: maps, ...work });
const ourList = (name: string, work: Calls): Contender =>
  loop(name, { by: 'nogil', subject: () => manager.list([1]), ...work, ...closing });
const plainList = (work: Calls): Contender => loop('Array, one thread', { by: 'plain', subject: () => [1], ...work });
/** @param index of CALLS in python.py */
const pythons = (index: number) => python(PYTHON, () => ['manager', index]);

/** Round trips to a Map that another worker has. */
function byMessage(writes: boolean): Contender {
  return {
    name: 'Map behind messages',
    by: 'handmade',
    note: 'a worker has it, asked by postMessage',
    async open() {
      const agent = new Agent('rows/managed.workers.js', 'map');
      await agent.answer();
      await agent.ask({ key: 'num', value: 1 });
      return {
        async run(count) {
          const begin = performance.now();
          for (let i = 0; i < count; i++) {
            const answer = await agent.ask(writes ? { key: 'num', value: i } : { key: 'num' });
            if (answer !== (writes ? i : 1)) throw new Error(`it answers ${answer}`);
          }
          return (performance.now() - begin) * 1e6;
        },
        close: () => agent.close(),
      };
    },
  };
}

/** Some workers that update one key: all updates must be in it. */
function contended(workers: number): Contender {
  return {
    name: `Dict: update, ${workers} worker${workers > 1 ? 's' : ''}`,
    by: 'nogil',
    async open() {
      const shared = manager.dict({ n: 0 });
      const agents = Array.from({ length: workers }, () => new Agent('rows/managed.workers.js', shared.handle()));
      await Promise.all(agents.map((agent) => agent.answer()));
      return {
        async run(count) {
          const each = Math.ceil(count / workers);
          shared.set('n', 0);
          const spans = await Promise.all(agents.map((agent) => agent.ask<Span>({ count: each } satisfies Work)));
          if (shared.get('n') !== each * workers) throw new Error(`the counter is ${shared.get('n')}, not ${each * workers}`);
          return (timeOver(spans) * count) / (each * workers);
        },
        async close() {
          await closeAll(agents);
          shared.close();
        },
      };
    },
  };
}

const GET: Calls = { body: "sum += subject.get('num');", expected: (calls) => calls };
const SET: Calls = { body: "subject.set('num', i);", after: "sum = subject.get('num')", expected: (calls) => calls - 1 };
const TEXT: Calls = { body: "sum += subject.get('text').length;", expected: (calls) => 9 * calls };
const SET_TEXT: Calls = {
  body: "subject.set('text', 'other text');",
  after: "sum = subject.get('text').length",
  expected: () => 10,
};
/** From 0 on, in each sample. */
const COUNTED = { after: "sum = subject.get('num')", expected: (calls: number) => calls };
const FIRST: Calls = { body: 'sum += subject[0];', expected: (calls) => calls };
const SET_FIRST: Calls = { body: 'subject[0] = i;', after: 'sum = subject[0]', expected: (calls) => calls - 1 };
const added = (calls: number) => (calls * (calls - 1)) / 2;

function row(id: string, what: string, contenders: Contender[], targets: Target[] = []): Row {
  return {
    id: `managed.${id}`,
    what,
    how: 'One worker, nobody else wants it.',
    unit: 'time',
    contenders,
    targets,
    // A quick run looks at what has targets.
    ...(targets.length === 0 && { fullOnly: true }),
  };
}

const target = (who: string): Target[] => [
  { who, against: MAP, times: OF_MAP },
  { who, against: PYTHON, times: OF_PYTHON },
];

export const managed: Group = {
  id: 'managed',
  question: 'What do managed objects cost?',
  how: `A managed dict and a managed list, which all workers share, against a Map and an array that nobody shares, and
against Python's Manager(). Calls in a loop of one thread; a sample is 1000 of them, the figure the median sample.`,
  rows: [
    row(
      'dict-get',
      'Dict: get a number',
      [
        ours('d.get(k)', GET),
        ours('d.num', { ...GET, body: 'sum += subject.num;' }),
        plain(GET),
        nativeTable(0),
        byMessage(false),
        pythons(0),
      ],
      target('d.get(k)'),
    ),
    row(
      'dict-set',
      'Dict: set a number',
      [
        ours('d.set(k, i)', SET),
        ours('d.num = i', { ...SET, body: 'subject.num = i;' }),
        plain(SET),
        nativeTable(1),
        byMessage(true),
        pythons(1),
      ],
      target('d.set(k, i)'),
    ),
    row('dict-text', 'Dict: get a short text', [ours("d.get('text')", TEXT), plain(TEXT), pythons(2)]),
    row('dict-set-text', 'Dict: set a short text', [ours("d.set('text', s)", SET_TEXT), plain(SET_TEXT), pythons(3)]),
    row('dict-update', "Dict: update('num', n => n + 1)", [
      ours('d.update(k, fn)', { ...COUNTED, body: "if (i === 0) subject.set('num', 0); subject.update('num', (n) => n + 1);" }),
      plain({ ...COUNTED, body: "if (i === 0) subject.set('num', 0); subject.set('num', subject.get('num') + 1);" }),
      python(PYTHON, () => ['manager', 4], "d['num'] += 1, which is not atomic"),
    ]),
    row('list-get', 'List: l[0]', [
      ourList('l[0]', FIRST),
      ourList('l.at(0)', { ...FIRST, body: 'sum += subject.at(0);' }),
      plainList(FIRST),
      pythons(5),
    ]),
    row('list-set', 'List: l[0] = i', [ourList('l[0] = i', SET_FIRST), plainList(SET_FIRST), pythons(6)]),
    row('list-append', 'List: append and pop', [
      ourList('append, pop', { body: 'subject.append(i); sum += subject.pop();', expected: added }),
      plainList({ body: 'subject.push(i); sum += subject.pop();', expected: added }),
      pythons(7),
    ]),
    {
      id: 'managed.contended',
      what: 'Dict: some workers update one key',
      how: 'Each: update(key, n => n + 1), again and again. No update may be lost.',
      unit: 'perSecond',
      contenders: [contended(1), contended(2), contended(4)],
    },
  ],
};
