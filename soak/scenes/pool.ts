/** A scene of its own kind: the driver's pool, whose workers die while tasks run. Each task settles once. */
import { crc32 } from 'node:zlib';
import { activeChildren, Pool, WorkerDied } from 'nogil';
import { getContext } from 'nogil/multiprocessing';
import type { OwnDeath, Sort } from '../cast/deaths.ts';
import { Ledger, SERIALS } from '../cast/ledger.ts';
import { pause, until } from '../cast/limit.ts';
import type { Troupe } from '../cast/troupe.ts';
import { Random } from '../random.ts';
import { check } from './pool.workers.ts';

const NAME = 'Pool';
const WORKERS = 3;
/** Bytes. */
const LARGEST = 2 ** 18;

/** What has become of the tasks of a batch. */
interface Batch {
  size: number;
  settled: number;
  died: number;
  torn: number;
  errors: string[];
}

class PoolScene {
  readonly #troupe: Troupe;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  readonly #sort: Sort;
  readonly #pool: Pool;
  #serials = 0;

  constructor(troupe: Troupe, random: Random) {
    this.#troupe = troupe;
    this.#random = random;
    this.#sort = troupe.chooseSort(random, ['worker', 'process']);
    const context = getContext(this.#sort === 'worker' ? 'worker' : 'spawn');
    const isElastic = random.percent(30);
    this.#pool = new Pool(
      isElastic ? { min: 1, max: WORKERS, idleTimeout: 0.05, context } : { max: WORKERS, min: WORKERS, context },
    );
    // Serial numbers are known to the ledger from the beginning.
    this.#ledger.set(0, 'PUTTING', SERIALS);
  }

  /** A task, and what comes of it. */
  #submit(batch: Batch, way?: OwnDeath): void {
    const serial = this.#serials++;
    const bytes = new Uint8Array(Buffer.alloc(this.#random.size(LARGEST), `${serial};`));
    const sum = crc32(bytes);
    batch.size++;
    const { words, seen } = this.#ledger;
    this.#pool.applyAsync(check, [words, seen, serial, bytes, way], {
      callback: (answer: number) => {
        batch.settled++;
        if (answer !== sum || way !== undefined || this.#ledger.see(0, serial) !== 1) batch.torn++;
      },
      errorCallback: (error: unknown) => {
        batch.settled++;
        if (error instanceof WorkerDied) batch.died++;
        else batch.errors.push(String(error));
      },
    });
  }

  /** @returns whether there was anybody */
  async #strike(): Promise<boolean> {
    const staff = activeChildren().filter(({ name }) => name.startsWith('PoolWorker-'));
    const victim = staff[this.#random.integer(0, Math.max(0, staff.length - 1))];
    if (victim === undefined) return false;
    const way = this.#random.percent(50) ? 'kill' : 'terminate';
    victim[way]();
    await until(
      () => !victim.isAlive(),
      this.#troupe.patience,
      () => `a worker of a pool does not end (${way})`,
    );
    this.#troupe.countWay(this.#sort, way);
    return true;
  }

  /** A batch of tasks with one death among them. */
  async batch(): Promise<void> {
    const random = this.#random;
    const batch: Batch = { size: 0, settled: 0, died: 0, torn: 0, errors: [] };
    const isOwn = random.percent(40);
    const count = random.integer(5, 40);
    const fatal = random.integer(0, count - 1);
    const way: OwnDeath = random.percent(80) || this.#sort === 'worker' ? 'exit' : 'abort';
    for (let i = 0; i < count; i++) this.#submit(batch, isOwn && i === fatal ? way : undefined);
    let deaths = 1;
    if (isOwn) this.#troupe.countWay(this.#sort, way);
    else {
      await pause(random.integer(0, 8));
      deaths = (await this.#strike()) ? 1 : 0;
    }
    await until(
      () => batch.settled >= batch.size,
      this.#troupe.patience,
      () => `${batch.size - batch.settled} of ${batch.size} tasks of a pool do not settle`,
    );
    const doubled = Math.max(0, batch.settled - batch.size);
    // One death costs one task, if any.
    const lost = Math.max(0, batch.died - deaths);
    this.#troupe.count(NAME, { kills: deaths, items: batch.size, inHand: batch.died - lost, lost, doubled, torn: batch.torn });
    for (const error of batch.errors) this.#troupe.complain(NAME, error);
  }

  hasRoom(): boolean {
    return this.#serials + 50 < SERIALS;
  }

  async end(): Promise<void> {
    const { patience } = this.#troupe;
    if (this.#random.percent(50)) this.#pool.close();
    else this.#pool.terminate();
    let isOver = false;
    void this.#pool.joinAsync(patience).then((joined) => {
      isOver = joined;
    });
    await until(
      () => isOver,
      patience + 1,
      () => 'a pool does not end',
    );
    this.#troupe.count(NAME, { doubled: this.#ledger.sum('DOUBLED') });
    this.#ledger.close();
  }
}

/** Plays it with so many deaths. @throws Hang */
export async function playPool(troupe: Troupe, deaths: number, seed: number): Promise<void> {
  const scene = new PoolScene(troupe, new Random(seed));
  for (let i = 0; i < deaths && scene.hasRoom(); i++) await scene.batch();
  await scene.end();
}
