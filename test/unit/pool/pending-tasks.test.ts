import { beforeEach, describe, expect, test } from 'vitest';
import { type PendingTask, PendingTasks } from '../../../src/pool/pending-tasks.ts';
import type { WorkerTable } from '../../../src/pool/worker-table.ts';

const NONE = 0;
const TAKING = -2;

let pending: PendingTasks;
let added: Map<number, PendingTask>;
beforeEach(() => {
  pending = new PendingTasks();
  added = new Map();
});

function put(count: number): number[] {
  return Array.from({ length: count }, () => {
    const id = pending.nextId();
    const task = { fn: { uses: 0 }, id: 0, place: -1, arrive() {} } as unknown as PendingTask;
    added.set(id, task);
    pending.add(id, task);
    return id;
  });
}

/**
 * Which tasks are found dead, with these assignments, so many in the queue, and the workers at these indices
 * asleep in it.
 */
function lost(assignments: number[], waiting: number, asleep: number[] = [], receive = () => {}): number[] | undefined {
  const table = { size: assignments.length, assignment: (index: number) => assignments[index] } as unknown as WorkerTable;
  const found = pending.removeLost(
    table,
    () => waiting,
    (index) => asleep.includes(index),
    receive,
  );
  return found?.map((pending) => [...added].find(([, each]) => each === pending)?.[0] as number);
}

describe('the tasks that died', () => {
  test('are those that were taken, are assigned to nobody and have no reply', () => {
    const [a, b, c] = put(3) as [number, number, number];
    expect(lost([b, NONE], 1)).toEqual([a]);
    expect(pending.size).toBe(2);
    expect(lost([b, NONE], 1)).toEqual([]);
    expect(lost([NONE, NONE], 0)).toEqual([b, c]);
  });

  test('are none of those in the queue', () => {
    put(5);
    expect(lost([NONE], 5)).toEqual([]);
    expect(pending.size).toBe(5);
  });

  test('cannot be told while a worker may be about to say what it has taken', () => {
    const [a] = put(2);
    expect(lost([TAKING, NONE], 1)).toBeUndefined();
    expect(pending.size).toBe(2);
    expect(lost([TAKING, NONE], 1, [0])).toEqual([a]);
  });

  test('are not those whose replies come in meanwhile', () => {
    const [a, b] = put(2) as [number, number];
    expect(lost([NONE], 0, [], () => void pending.remove(a))).toEqual([b]);
  });
});

describe('the books', () => {
  test('count how many tasks use a function', () => {
    const [a] = put(1) as [number];
    expect(added.get(a)?.fn.uses).toBe(1);
    expect(pending.remove(a)).toBe(added.get(a));
    expect(added.get(a)?.fn.uses).toBe(0);
    expect(pending.remove(a)).toBeUndefined();
    put(2);
    expect(pending.removeAll()).toHaveLength(2);
    expect(pending.size).toBe(0);
  });

  test('give no number twice at a time, also when numbers come around', () => {
    pending = new PendingTasks(128);
    const [first, second, third] = put(3) as [number, number, number];
    const passing = put(100);
    for (const id of passing) pending.remove(id);
    pending.remove(second);
    const living = new Set([first, third]);
    for (let round = 0; round < 5; round++) {
      for (const id of put(40)) {
        expect(id).toBeGreaterThan(0);
        expect(id).toBeLessThanOrEqual(128);
        expect(living.has(id)).toBe(false);
        pending.remove(id);
      }
    }
    expect(pending.size).toBe(2);
    expect(pending.removeAll().map(({ id }) => id)).toEqual([first, third]);
  });

  test('grow with what is on its way, and keep it', () => {
    const ids = put(5000);
    expect(new Set(ids).size).toBe(5000);
    for (const id of ids) expect(pending.remove(id)).toBe(added.get(id));
    expect(pending.remove(1)).toBeUndefined();
    expect(pending.size).toBe(0);
  });

  test('do not give a number again at once: a worker that dies may still have it in its hand', () => {
    const [id] = put(1) as [number];
    pending.remove(id);
    expect(put(30)).not.toContain(id);
    expect(pending.remove(id)).toBeUndefined();
  });
});
