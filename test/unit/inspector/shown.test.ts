/** What is made of snapshots: since when, how fast, in words, as text. */
import { expect, test } from 'vitest';
import { textOf } from '../../../src/cli/text.ts';
import { History } from '../../../src/inspector/history.ts';
import { pageOf } from '../../../src/inspector/sections.ts';
import type { LockInfo, QueueInfo, Snapshot, WorkerInfo } from '../../../src/inspector/snapshot.ts';
import { bytes, duration, perSecond } from '../../../src/inspector/words.ts';

function worker(tid: number, name: string, more: Partial<WorkerInfo> = {}): WorkerInfo {
  return { tid, name, role: 'thread', state: 'running', daemon: false, pid: 1, holds: [], ...more };
}

function lock(id: number, more: Partial<LockInfo> = {}): LockInfo {
  return { class: 'Lock', id, broken: false, waiters: [], asyncWaiters: 0, ...more };
}

function queue(id: number, more: Partial<QueueInfo> = {}): QueueInfo {
  const nobody = { getters: [], putters: [], joiners: [], asyncWaiters: 0 };
  return { class: 'Queue', id, size: 0, maxsize: 0, shutDown: false, put: 0, got: 0, ...nobody, ...more };
}

function taken(at: number, more: Partial<Snapshot> = {}): Snapshot {
  const memory = { bytesInUse: 2048, bytesReserved: 4 * 2 ** 20, objects: 3 };
  return { at, memory, traced: false, workers: [], locks: [], queues: [], pools: [], deadlocks: [], ...more };
}

const waiting = (id: number) => worker(2, 'a', { state: 'waiting', waits: { class: 'Lock', id, call: 'acquire' } });

test('a wait that was there at the first look is at least so old; one that began later has its age', () => {
  const history = new History();
  expect(history.add(taken(1000, { workers: [waiting(5)] })).waiting.get(2)).toEqual({ ms: 0, atLeast: true });
  expect(history.add(taken(4000, { workers: [waiting(5)] })).waiting.get(2)).toEqual({ ms: 3000, atLeast: true });
  expect(history.add(taken(5000, { workers: [waiting(6)] })).waiting.get(2)).toEqual({ ms: 0, atLeast: false });
  expect(history.add(taken(5500, { workers: [waiting(6)] })).waiting.get(2)).toEqual({ ms: 500, atLeast: false });
  const traced = waiting(6);
  if (traced.waits) traced.waits.since = 4900;
  expect(history.add(taken(6000, { workers: [traced] })).waiting.get(2)).toEqual({ ms: 1100, atLeast: false });
});

test('rates are of what was counted between two looks, also when the count comes around', () => {
  const history = new History();
  expect(history.add(taken(0, { queues: [queue(7, { put: 2 ** 32 - 50, got: 0 })] })).rates.size).toBe(0);
  const later = history.add(taken(2000, { queues: [queue(7, { put: 150, got: 100 }), queue(8, { put: 9 })] }));
  expect([...later.rates]).toEqual([[7, { put: 100, got: 50 }]]);
});

test('a lock that is seen in other hands was handed over', () => {
  const history = new History();
  for (const holder of [1, 2, 2, undefined, 3]) {
    history.add(taken(0, { locks: [lock(4, holder === undefined ? {} : { holder })] }));
  }
  expect(history.add(taken(0, { locks: [lock(4, { holder: 1 })] })).handOvers.get(4)).toBe(3);
});

test('tasks of a pool have an age and a rate', () => {
  const history = new History();
  const pool = (done: number, task: number) => [
    { id: 9, state: 'open' as const, size: 2, queued: 4, done, workers: [{ tid: 3, task, limit: 0, done }] },
  ];
  history.add(taken(0, { pools: pool(10, 11) }));
  const view = history.add(taken(500, { pools: pool(20, 21) }));
  expect(view.taskRates.get(9)).toBe(20);
  expect(view.running.get(3)).toEqual({ ms: 0, atLeast: false });
});

test('figures are short', () => {
  expect([0, 950, 1500, 59_000, 90_000, 7_200_000, 400_000_000].map((ms) => duration({ ms, atLeast: false }))).toEqual([
    '0 ms',
    '950 ms',
    '1.5 s',
    '59 s',
    '1.5 min',
    '2.0 h',
    '4.6 d',
  ]);
  expect(duration({ ms: 2000, atLeast: true })).toBe('> 2.0 s');
  expect([0, 1023, 2048, 5 * 2 ** 20].map(bytes)).toEqual(['0 B', '1023 B', '2.0 KiB', '5.0 MiB']);
  expect([undefined, 0, 0.5, 1234.5].map(perSecond)).toEqual(['', '0/s', '0.5/s', '1235/s']);
});

test('the text says who waits for whom, leaves out what nobody uses, and has no controls', () => {
  const holder = worker(3, 'b\u001b[31m', { holds: [{ class: 'Lock', id: 5 }], state: 'waiting' });
  holder.waits = { class: 'Lock', id: 6, call: 'acquire', holder: 2 };
  const first = waiting(5);
  if (first.waits) first.waits.holder = 3;
  const view = new History().add(
    taken(0, {
      workers: [worker(1, 'main', { role: 'main' }), first, holder],
      locks: [
        lock(5, { holder: 3, waiters: [2] }),
        lock(6, { holder: 2, waiters: [3], asyncWaiters: 2 }),
        lock(8),
        lock(9, { broken: true }),
      ],
      queues: [queue(10), queue(11, { size: 1, maxsize: 5, getters: [1] })],
      deadlocks: [
        [
          { worker: 2, class: 'Lock', id: 5 },
          { worker: 3, class: 'Lock', id: 6 },
        ],
      ],
    }),
  );
  const text = textOf(pageOf(view));
  expect(text).toContain('3 workers, 2 of them blocked');
  expect(text).toContain(
    'DEADLOCK: a (2) waits for Lock 5, which b?[31m (3) holds;\n          b?[31m (3) waits for Lock 6, which a (2) holds.',
  );
  expect(text).toContain('Locks and the like (and 1 that nobody uses now)');
  expect(text).toMatch(/Lock 9 +broken: its holder died/);
  expect(text).toMatch(/Lock 6 +a \(2\) +b\?\[31m \(3\), 2 async +0/);
  expect(text).toMatch(/Queue 11 +1 of 5 +main \(1\)/);
  expect(text).not.toMatch(/Lock 8|Queue 10\b/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none is to be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});
