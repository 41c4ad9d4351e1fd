import { beforeEach, describe, expect, test } from 'vitest';
import type { Board } from '../../../src/pool/board.ts';
import { Ledger, type Pending } from '../../../src/pool/ledger.ts';

const EMPTY = 0;
const TAKING = -2;

let ledger: Ledger;
let added: Map<number, Pending>;
beforeEach(() => {
  ledger = new Ledger();
  added = new Map();
});

function put(count: number): number[] {
  return Array.from({ length: count }, () => {
    const id = ledger.nextId();
    const pending = { fn: { uses: 0 }, id: 0, place: -1, arrive() {} } as unknown as Pending;
    added.set(id, pending);
    ledger.add(id, pending);
    return id;
  });
}

/** Which tasks are found dead, with these hands, so many in the queue, and these seats asleep in it. */
function lost(hands: number[], waiting: number, asleep: number[] = [], receive = () => {}): number[] | undefined {
  const board = { seats: hands.length, hand: (seat: number) => hands[seat] } as unknown as Board;
  const found = ledger.removeLost(
    board,
    () => waiting,
    (seat) => asleep.includes(seat),
    receive,
  );
  return found?.map((pending) => [...added].find(([, each]) => each === pending)?.[0] as number);
}

describe('the tasks that died', () => {
  test('are those that were taken, are in no hand and have no reply', () => {
    const [a, b, c] = put(3) as [number, number, number];
    expect(lost([b, EMPTY], 1)).toEqual([a]);
    expect(ledger.size).toBe(2);
    expect(lost([b, EMPTY], 1)).toEqual([]);
    expect(lost([EMPTY, EMPTY], 0)).toEqual([b, c]);
  });

  test('are none of those in the queue', () => {
    put(5);
    expect(lost([EMPTY], 5)).toEqual([]);
    expect(ledger.size).toBe(5);
  });

  test('cannot be told while a worker may be about to say what it has taken', () => {
    const [a] = put(2);
    expect(lost([TAKING, EMPTY], 1)).toBeUndefined();
    expect(ledger.size).toBe(2);
    expect(lost([TAKING, EMPTY], 1, [0])).toEqual([a]);
  });

  test('are not those whose replies come in meanwhile', () => {
    const [a, b] = put(2) as [number, number];
    expect(lost([EMPTY], 0, [], () => void ledger.remove(a))).toEqual([b]);
  });
});

describe('the books', () => {
  test('count how many tasks use a function', () => {
    const [a] = put(1) as [number];
    expect(added.get(a)?.fn.uses).toBe(1);
    expect(ledger.remove(a)).toBe(added.get(a));
    expect(added.get(a)?.fn.uses).toBe(0);
    expect(ledger.remove(a)).toBeUndefined();
    put(2);
    expect(ledger.removeAll()).toHaveLength(2);
    expect(ledger.size).toBe(0);
  });

  test('give no number twice at a time, also when numbers come around', () => {
    ledger = new Ledger(128);
    const [first, second, third] = put(3) as [number, number, number];
    const passing = put(100);
    for (const id of passing) ledger.remove(id);
    ledger.remove(second);
    const living = new Set([first, third]);
    for (let round = 0; round < 5; round++) {
      for (const id of put(40)) {
        expect(id).toBeGreaterThan(0);
        expect(id).toBeLessThanOrEqual(128);
        expect(living.has(id)).toBe(false);
        ledger.remove(id);
      }
    }
    expect(ledger.size).toBe(2);
    expect(ledger.removeAll().map(({ id }) => id)).toEqual([first, third]);
  });

  test('grow with what is on its way, and keep it', () => {
    const ids = put(5000);
    expect(new Set(ids).size).toBe(5000);
    for (const id of ids) expect(ledger.remove(id)).toBe(added.get(id));
    expect(ledger.remove(1)).toBeUndefined();
    expect(ledger.size).toBe(0);
  });

  test('do not give a number again at once: a worker that dies may still have it in its hand', () => {
    const [id] = put(1) as [number];
    ledger.remove(id);
    expect(put(30)).not.toContain(id);
    expect(ledger.remove(id)).toBeUndefined();
  });
});
