/** Scenes of locks, and of all that players wait at for each other. */
import { Barrier, BoundedSemaphore, BrokenLockError, Condition, Event, Lock, RawArray, RLock, Semaphore } from 'nogil';
import type { Findings, Ledger } from '../cast/ledger.ts';
import { Hang } from '../cast/limit.ts';
import { Box } from './locks.workers.ts';
import { type Maker, UNDER_WATCH } from './scene.ts';
import { postInside, TOKENS } from './waits.workers.ts';

/** Seconds after which a lock that is free is not to be had. */
const LONG = 20;

const LOCKS = {
  "Lock, 'break'": () => new Lock(),
  "Lock, 'release'": () => new Lock({ onOwnerDeath: 'release' }),
  'Lock, deadlock error': () => new Lock({ onOwnerDeath: 'release', deadlock: 'error' }),
  "RLock, 'break'": () => new RLock(),
  "RLock, 'release'": () => new RLock({ onOwnerDeath: 'release' }),
};

/**
 * Of two counters under a lock: both were counted on by each who was inside, but for those who died there.
 */
function lockAccount(ledger: Ledger, box: Int32Array): Findings {
  const [entered = 0, left = 0, mended = 0] = [box[Box.FIRST], box[Box.SECOND], box[Box.MENDED]];
  const [done, dead] = [ledger.sum('DONE'), ledger.count('HOLDING', 2)];
  const unequal = mended + (entered === left ? 0 : 1);
  return {
    lost: Math.max(0, done - entered),
    inHand: Math.max(0, Math.min(dead, entered - done)),
    doubled: Math.max(0, entered - done - dead),
    torn: ledger.sum('TORN') + Math.max(0, unequal - dead),
  };
}

/** Of a guest the repair comes a little after its end. */
function acquireAtLast(lock: Lock | RLock, name: string): void {
  try {
    if (!lock.acquire(true, LONG)) throw new Hang(`${name} is not to be had, though nobody plays any more`);
  } catch (error) {
    if (!(error instanceof BrokenLockError)) throw error;
    lock.reset();
    return;
  }
  lock.release();
}

const locksOf =
  (name: keyof typeof LOCKS): Maker =>
  (ledger) => {
    const lock = LOCKS[name]();
    const box = new RawArray('i', Box.WORDS);
    return {
      name,
      target: 'locks',
      args: [lock, box, name.startsWith('RLock')],
      team: 3,
      account() {
        acquireAtLast(lock, name);
        return lockAccount(ledger, box.view() as Int32Array);
      },
      close() {
        lock.close();
        box.close();
      },
    };
  };

/**
 * Those who die with a permit take it with them: the driver makes up for it. Of some nobody knows whether
 * they had one. The driver gives for these, too; but not to a bounded one, which would count it as too
 * much, and has enough.
 */
const semaphores: Maker = (ledger, _name, random) => {
  const isBounded = random.percent(50);
  const permits = isBounded ? 20 : 2;
  const semaphore = isBounded ? new BoundedSemaphore(permits) : new Semaphore(permits);
  let uncertain = 0;
  let taken = 0;
  return {
    name: isBounded ? 'BoundedSemaphore' : 'Semaphore',
    target: 'permits',
    args: [semaphore],
    team: 4,
    buried(row) {
      const holding = ledger.get(row, 'HOLDING');
      if (holding === 0) return;
      ledger.set(row, 'HOLDING', 0);
      if (holding === 2) taken++;
      else uncertain++;
      if (holding === 2 || !isBounded) semaphore.release();
    },
    account() {
      const value = semaphore.getValue();
      return {
        lost: Math.max(0, permits - value - (isBounded ? uncertain : 0)),
        inHand: taken,
        doubled: Math.max(0, value - permits - (isBounded ? 0 : uncertain)),
        torn: ledger.sum('TORN'),
      };
    },
    close() {
      semaphore.close();
    },
  };
};

const conditions: Maker = (ledger) => {
  const lock = new Lock({ onOwnerDeath: 'release' });
  const condition = new Condition(lock);
  const box = new RawArray('i', 1);
  const view = box.view() as Int32Array;
  return {
    name: 'Condition',
    target: 'tokens',
    args: [condition, box],
    team: 4,
    sorts: UNDER_WATCH,
    tend(driver) {
      // The driver must not wait: nobody else hears of some deaths.
      if ((view[TOKENS] as number) < 2 && condition.acquire(false)) postInside(driver, condition, view);
    },
    stop() {
      condition.with(() => condition.notifyAll());
    },
    account() {
      const left = view[TOKENS] as number;
      const [put, putting, taken, taking] = (['PUT', 'PUTTING', 'TAKEN', 'TAKING'] as const).map((word) => ledger.sum(word)) as [
        number,
        number,
        number,
        number,
      ];
      return {
        lost: Math.max(0, put - taken - taking - left),
        inHand: Math.max(0, Math.min(taking, put - taken - left)),
        doubled: Math.max(0, left - (putting - taken)),
        torn: ledger.sum('TORN'),
      };
    },
    close() {
      condition.close();
      lock.close();
      box.close();
    },
  };
};

const events: Maker = (ledger) => {
  const event = new Event();
  return {
    name: 'Event',
    target: 'signals',
    args: [event],
    team: 3,
    tend: () => event.set(),
    stop: () => event.set(),
    account: () => ({ lost: 0, inHand: 0, doubled: 0, torn: ledger.sum('TORN') }),
    close: () => event.close(),
  };
};

/** Rounds have as many who pass as there are parties, and one number 0; but for those who die in them. */
const barriers: Maker = (ledger) => {
  const parties = 3;
  const barrier = new Barrier(parties);
  return {
    name: 'Barrier',
    target: 'meetings',
    args: [barrier],
    team: 4,
    survivors: parties,
    stop: () => barrier.abort(),
    account() {
      const [passed, rounds, dead] = [ledger.sum('DONE'), ledger.sum('LED'), ledger.sum('DOING')];
      return {
        lost: Math.max(0, rounds * parties - passed - dead),
        inHand: Math.min(dead, Math.abs(rounds * parties - passed)),
        doubled: Math.max(0, passed - (rounds + dead) * parties),
        torn: ledger.sum('TORN'),
      };
    },
    close: () => barrier.close(),
  };
};

export const syncs = [...(Object.keys(LOCKS) as (keyof typeof LOCKS)[]).map(locksOf), semaphores, conditions, events, barriers];
