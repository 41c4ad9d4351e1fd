/**
 * Handles in arguments and results of a pool whose workers are killed.
 */
import { Lock, Pipe, Pool } from 'nogil';
import { expect, test } from 'vitest';
import { range } from '../../support/range.ts';
import { heldWithoutWorkers, LONG, untilGivenBack } from '../death/queue-support.ts';
import { type Parcel, passOn } from './handles.workers.ts';
import { end, poolWorkers } from './support.ts';

const COUNT = 12;
const ROUNDS = 8;
/** Bytes of the heap that a death may cost. */
const SCRAP = 4096;

/** Passes parcels through a pool of two workers, of which one is killed meanwhile if `kill`. */
function round(kill: boolean): void {
  const pool = new Pool(2);
  pool.map((x: number) => x, range(4));
  const readers = [];
  const results = [];
  let workers: ReturnType<typeof poolWorkers> = [];
  for (let i = 0; i < COUNT; i++) {
    const [r, w] = Pipe(false);
    const lock = new Lock();
    results.push(pool.applyAsync(passOn, [{ end: w, lock }]));
    readers.push(r);
    w.close();
    lock.close();
    if (i === COUNT >> 1) workers = poolWorkers();
    if (kill && i === COUNT >> 1) workers[0]?.kill();
  }
  let sent = 0;
  for (const result of results) {
    result.wait(LONG);
    if (!result.successful()) continue;
    const { end: w, lock } = result.get() as Parcel;
    w.send(++sent);
    w.close();
    lock.close();
  }
  expect(sent).toBeGreaterThanOrEqual(kill ? COUNT - 1 : COUNT);
  end(pool);
  for (const each of workers) {
    expect(each.join(LONG)).toBe(true);
    each.close();
  }
  let received = 0;
  for (const r of readers) {
    for (; r.poll(LONG); received++) {
      try {
        r.recv();
      } catch {
        break;
      }
    }
    r.close();
  }
  expect(received).toBe(sent);
}

test('killing who has them leaks none and closes none', () => {
  round(false);
  const before = heldWithoutWorkers();
  for (let i = 0; i < ROUNDS; i++) {
    round(true);
    expect(heldWithoutWorkers().objects).toEqual(before.objects);
  }
  untilGivenBack(before.bytesInUse, ROUNDS * SCRAP);
});
