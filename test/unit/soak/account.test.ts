/** The accounts of a kill campaign: each fault is found, and nothing is called a fault that is none. */
import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../soak/cast/ledger.ts';
import { Random } from '../../../soak/random.ts';
import { composeTable } from '../../../soak/report/table.ts';
import { addTo, BYTES_A_DEATH, emptyTally, isWrong, type Tallies } from '../../../soak/report/tally.ts';

/** Player 1 has put so many items, of which the first `seen` have come out. */
function played(put: number, seen: number): Ledger {
  const ledger = new Ledger();
  ledger.set(1, 'PUTTING', put);
  ledger.set(1, 'PUT', put);
  for (let serial = 0; serial < seen; serial++) expect(ledger.see(1, serial)).toBe(0);
  return ledger;
}

describe('the account of items', () => {
  test('finds nothing where all have come out once', () => {
    expect(played(5, 5).itemsAccount()).toEqual({ lost: 0, inHand: 0, doubled: 0, torn: 0 });
  });

  test('finds those that are lost', () => {
    expect(played(5, 3).itemsAccount()).toMatchObject({ lost: 2, inHand: 0 });
  });

  test('knows what may be in the hands of a player, and no more', () => {
    const ledger = played(5, 2);
    ledger.set(2, 'TAKING', 2);
    expect(ledger.itemsAccount()).toMatchObject({ lost: 1, inHand: 2 });
  });

  test('asks for none that was not put for certain, and takes it once', () => {
    const ledger = played(5, 5);
    ledger.set(1, 'PUTTING', 6);
    expect(ledger.itemsAccount()).toMatchObject({ lost: 0 });
    expect(ledger.see(1, 5)).toBe(0);
    expect(ledger.see(1, 5)).toBe(1);
  });

  test('knows what nobody has put', () => {
    const ledger = played(5, 5);
    expect([ledger.see(1, 5), ledger.see(2, 0), ledger.see(-1, 0), ledger.see(1, -1)]).toEqual(Array(4).fill('never put'));
  });

  test('has what the players have found', () => {
    const ledger = played(1, 1);
    ledger.add(3, 'DOUBLED');
    ledger.add(4, 'TORN', 2);
    expect(ledger.itemsAccount()).toMatchObject({ doubled: 1, torn: 2 });
  });
});

test('the account of changes lets each of the dead have made one more', () => {
  const ledger = new Ledger();
  ledger.set(1, 'DONE', 10);
  ledger.set(2, 'DOING', 1);
  expect([9, 10, 11, 12].map((total) => ledger.changesAccount(total))).toEqual([
    { lost: 1, inHand: 0, doubled: 0, torn: 0 },
    { lost: 0, inHand: 0, doubled: 0, torn: 0 },
    { lost: 0, inHand: 1, doubled: 0, torn: 0 },
    { lost: 0, inHand: 1, doubled: 1, torn: 0 },
  ]);
});

describe('a tally', () => {
  test.each(['hangs', 'lost', 'doubled', 'torn', 'errors', 'leakedPlaces', 'leakedObjects'] as const)(
    'is wrong with %s',
    (name) => {
      expect(isWrong({ ...emptyTally(), kills: 10, [name]: 1 })).toBe(true);
    },
  );

  test('is not with what is in hand, nor with the bytes that deaths may cost', () => {
    const tally = { ...emptyTally(), kills: 10, inHand: 5, leakedBytes: 10 * BYTES_A_DEATH };
    expect(isWrong(tally)).toBe(false);
    expect(isWrong({ ...tally, leakedBytes: tally.leakedBytes + 1 })).toBe(true);
  });

  test('is printed with what is wrong', () => {
    const scenes: Tallies = {};
    addTo(scenes, 'Queue', { kills: 1200, lost: 3 });
    const table = composeTable(scenes, scenes, scenes.Queue ?? emptyTally());
    expect(table).toMatch(/^Queue +1 200 +0 +0 +3 /m);
    expect(table).toMatch(/WRONG$/);
  });
});

test('a seed makes the same choices again, and another one others', () => {
  const choices = (seed: number) => {
    const random = new Random(seed);
    return [random.shuffled([1, 2, 3, 4, 5, 6, 7, 8]), random.size(2 ** 20), random.seed(), random.percent(50)];
  };
  expect(choices(5)).toEqual(choices(5));
  expect(choices(5)).not.toEqual(choices(6));
});
