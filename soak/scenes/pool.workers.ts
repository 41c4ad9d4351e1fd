/** What the tasks of pools do, and players that have pools of their own. */

import { crc32 } from 'node:zlib';
import { Pool, type RawArray, task } from 'nogil';
import { die, type OwnDeath } from '../cast/deaths.ts';
import { Ledger } from '../cast/ledger.ts';
import { type Part, perform } from '../cast/player.ts';

/** Notes that it runs, and answers the checksum; some die in the midst of it. */
export const check = task(
  import.meta,
  function check(words: RawArray<'i'>, seen: RawArray<'B'>, serial: number, bytes: Uint8Array, way?: OwnDeath): number {
    const ledger = new Ledger(words, seen);
    if (ledger.see(0, serial) !== 0) ledger.add(0, 'DOUBLED');
    ledger.close();
    const sum = crc32(bytes);
    if (way !== undefined) {
      process.stderr.write = () => true;
      die(way);
    }
    return sum;
  },
);

export const half = task(import.meta, function half(x: number): number {
  return x / 2;
});

export const owners = task(
  import.meta,
  async function owners(part: Part, words: RawArray<'i'>, seen: RawArray<'B'>): Promise<void> {
    let pool: Pool | undefined;
    await perform(owners, [part, words, seen], async (player) => {
      pool ??= new Pool(1);
      const xs = Array.from({ length: player.random.integer(1, 20) }, (_, i) => i);
      const halves = player.random.percent(50) ? pool.map(half, xs, 2) : await pool.mapAsync(half, xs);
      if (halves.some((each, i) => each !== i / 2)) player.add('TORN');
      player.moment();
    });
    pool?.terminate();
    pool?.join();
  },
);
