/** Scenes of shared state. */
import { Lock, Manager, ShareableList, Array as SharedArray, SharedMemory, Value } from 'nogil';
import { ROWS } from '../cast/ledger.ts';
import type { Maker } from './scene.ts';
import { tornIn } from './state.workers.ts';

const numbers: Maker = (ledger, _name, random) => {
  // With a lock of its own it is broken by who dies in it; with this one it goes on.
  const locks = random.percent(50) ? [0, 1].map(() => new Lock({ onOwnerDeath: 'release' })) : [];
  const [ofValue, ofArray] = locks.map((lock) => ({ lock }));
  const value = new Value('i', 0, ofValue);
  const array = new SharedArray('q', 3, ofArray);
  return {
    name: 'Value, Array',
    target: 'numbers',
    args: [value, array],
    team: 3,
    account() {
      for (const each of [value, array]) each.getLock().reset();
      const sum = [0, 1, 2].reduce((total, i) => total + Number(array.get(i)), value.value as number);
      return ledger.changesAccount(sum);
    },
    close() {
      for (const each of [value, array, ...locks]) each.close();
    },
  };
};

const managed: Maker = (ledger) => {
  const dict = Manager().dict();
  const list = Manager().list<[number, number] | string>();
  return {
    name: 'managed dict, list',
    target: 'managed',
    args: [dict, list],
    team: 3,
    account() {
      const findings = ledger.changesAccount((dict.get('sum', 0) as number) ?? 0);
      const wrong = [dict.size !== dict.items().length, list.length !== list.copy().length].filter(Boolean).length;
      return { ...findings, torn: findings.torn + wrong + tornIn(dict) };
    },
    close() {
      dict.close();
      list.close();
    },
  };
};

const memory: Maker = (ledger, name) => {
  const list = new ShareableList<string>(
    Array.from({ length: 4 }, () => '0:0;'.repeat(60)),
    { name: `${name}-list` },
  );
  return {
    name: 'SharedMemory, ShareableList',
    target: 'memory',
    args: [name],
    team: 3,
    account() {
      const whole = [...list].filter((text) => /^(\d+:\d+;)\1*$/.test(text)).length;
      return { lost: 0, inHand: 0, doubled: 0, torn: ledger.sum('TORN') + list.length - whole };
    },
    close() {
      // The names of the dead.
      for (let row = 0; row < ROWS; row++) {
        try {
          const left = new SharedMemory(`${name}-${row}`);
          left.unlink();
          left.close();
        } catch (error) {
          if ((error as Error).name !== 'FileNotFoundError') throw error;
        }
      }
      list.unlink();
      list.close();
    },
  };
};

/** A pool goes with the player that has made it. */
const owners: Maker = (ledger) => ({
  name: 'Pool of a player',
  target: 'owners',
  args: [],
  team: 2,
  sorts: ['worker', 'process'],
  account: () => ({ lost: 0, inHand: 0, doubled: 0, torn: ledger.sum('TORN') }),
  close() {},
});

export const states = [numbers, managed, memory, owners];
