/**
 * A view as sections of rows, for whoever draws them: a terminal, a page.
 */
import type { View } from './history.ts';
import type { LockInfo, QueueInfo } from './snapshot.ts';
import { cycleTexts, duration, Names, objectText, perSecond, summary, waitText } from './words.ts';

export interface Section {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** How many were left out: nothing is in them, and nobody is. */
  quiet: number;
}

export interface Page {
  summary: string;
  /** Each cycle of workers that wait for each other, in words: a link each. */
  deadlocks: string[][];
  sections: Section[];
  /** What would show more. */
  hint: string;
}

/** Rows of one kind that are shown. */
const MOST_ROWS = 40;

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[], all: number): Section {
  return { title, head, rows: rows.slice(0, MOST_ROWS), quiet: all - Math.min(rows.length, MOST_ROWS) };
}

function workers(view: View, names: Names): Section {
  const rows = view.workers.map((worker) => {
    const since = view.waiting.get(worker.tid);
    return [
      String(worker.tid),
      worker.name,
      worker.osPid === undefined ? worker.role : `${worker.role} ${worker.osPid}`,
      worker.state,
      waitText(worker, names),
      worker.waits && since ? duration(since) : '',
      worker.holds.map(objectText).join(', '),
      worker.waits?.where ?? '',
    ];
  });
  const head = ['id', 'name', 'what', 'state', 'waits for', 'since', 'holds', 'where'];
  const width = view.traced ? head.length : head.length - 1;
  return section(
    'Workers',
    head.slice(0, width),
    rows.map((row) => row.slice(0, width)),
    rows.length,
  );
}

function isUsed({ holder, broken, waiters, asyncWaiters }: LockInfo): boolean {
  return holder !== undefined || broken || waiters.length > 0 || asyncWaiters > 0;
}

function locks(view: View, names: Names): Section {
  const rows = view.locks
    .filter(isUsed)
    .map((lock) => [
      objectText(lock),
      lock.broken ? 'broken: its holder died' : names.of(lock.holder) + (lock.count && lock.count > 1 ? ` × ${lock.count}` : ''),
      lock.state ?? '',
      names.list(lock.waiters, lock.asyncWaiters),
      String(view.handOvers.get(lock.id) ?? 0),
    ]);
  return section('Locks and the like', ['object', 'holder', 'state', 'waiters', 'hand-overs seen'], rows, view.locks.length);
}

function isAlive({ size, getters, putters, joiners, asyncWaiters }: QueueInfo, rate: { put: number; got: number } | undefined) {
  const others = getters.length + putters.length + joiners.length + asyncWaiters;
  return size > 0 || others > 0 || (rate !== undefined && rate.put + rate.got > 0);
}

function queues(view: View, names: Names): Section {
  const rows = view.queues
    .filter((queue) => isAlive(queue, view.rates.get(queue.id)))
    .map((queue) => {
      const rate = view.rates.get(queue.id);
      const whose = queue.pool === undefined ? '' : ` (${queue.of} of Pool ${queue.pool})`;
      return [
        `${objectText(queue)}${whose}${queue.shutDown ? ', shut down' : ''}`,
        queue.maxsize > 0 ? `${queue.size} of ${queue.maxsize}` : String(queue.size),
        perSecond(rate?.put),
        perSecond(rate?.got),
        names.list(queue.getters),
        names.list(queue.putters),
        names.list(queue.joiners, queue.asyncWaiters),
      ];
    });
  return section('Queues', ['queue', 'items', 'in', 'out', 'wait in get', 'wait in put', 'others'], rows, view.queues.length);
}

function pools(view: View, names: Names): Section {
  const rows = view.pools.map((pool) => [
    `Pool ${pool.id}${pool.state === 'open' ? '' : `, ${pool.state}`}`,
    `${pool.workers.length} of ${pool.size}`,
    String(pool.queued),
    String(pool.done),
    perSecond(view.taskRates.get(pool.id)),
    pool.workers
      .filter(({ task }) => task > 0)
      .map(({ tid, task }) => {
        const since = view.running.get(tid);
        return `task ${task} in ${names.of(tid)}${since ? ` for ${duration(since)}` : ''}`;
      })
      .join(', '),
  ]);
  return section('Pools', ['pool', 'workers', 'queued', 'done', 'rate', 'running'], rows, rows.length);
}

/** What there is to see. */
export function pageOf(view: View): Page {
  const names = new Names(view.workers);
  const sections = [workers(view, names), locks(view, names), queues(view, names), pools(view, names)];
  return {
    summary: summary(view),
    deadlocks: view.deadlocks.map((cycle) => cycleTexts(cycle, names)),
    sections: sections.filter(({ rows, quiet }) => rows.length > 0 || quiet > 0),
    hint: view.traced ? '' : 'configure({ trace: true }) shows where in the source each waits, and since when exactly.',
  };
}
