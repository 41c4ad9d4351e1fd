/** Players that wait for each other: at semaphores, conditions, events and barriers. */
import { type Barrier, BrokenBarrierError, type Condition, type Event, type RawArray, type Semaphore, task } from 'nogil';
import { type Part, type Player, perform, type Turn } from '../cast/player.ts';

const SHORT = 0.002;

export const permits = task(
  import.meta,
  async function permits(part: Part, words: RawArray<'i'>, seen: RawArray<'B'>, semaphore: Semaphore): Promise<void> {
    const use = (player: Player) => {
      player.set('HOLDING', 2);
      player.moment();
      player.set('HOLDING', 3);
      semaphore.release();
      player.set('HOLDING', 0);
    };
    const turn: Turn = async (player) => {
      player.set('HOLDING', 1);
      const way = player.random.integer(0, 2);
      if (way === 1) await semaphore.acquireAsync();
      if (way === 2) semaphore.acquire();
      if (way > 0 || semaphore.acquire(true, SHORT)) use(player);
      else player.set('HOLDING', 0);
    };
    await perform(permits, [part, words, seen, semaphore], turn, (player) => {
      player.set('HOLDING', 1);
      semaphore.acquire();
      use(player);
    });
  },
);

/** Tokens that are left, in the box that the condition guards. */
export const TOKENS = 0;

function post(player: Player, condition: Condition, box: Int32Array): void {
  condition.acquire();
  postInside(player, condition, box);
}

/** Posts a token with the lock, and gives that back. */
export function postInside(player: Player, condition: Condition, box: Int32Array): void {
  const put = player.get('PUT');
  player.set('PUTTING', put + 1);
  box[TOKENS] = (box[TOKENS] as number) + 1;
  player.moment();
  condition.notify(player.random.integer(1, 2));
  player.set('PUT', put + 1);
  condition.release();
}

async function awaitToken(player: Player, condition: Condition, box: Int32Array): Promise<void> {
  const isThere = () => (box[TOKENS] as number) > 0 || player.ledger.isOver;
  const isAsync = player.random.percent(30);
  if (isAsync) await condition.acquireAsync();
  else condition.acquire();
  if (isAsync) while (!isThere()) await condition.waitAsync();
  else if (player.random.percent(50)) condition.waitFor(isThere);
  else while (!isThere()) condition.wait(player.random.percent(50) ? SHORT : undefined);
  if ((box[TOKENS] as number) > 0) {
    player.set('TAKING', 1);
    box[TOKENS] = (box[TOKENS] as number) - 1;
    player.moment();
    player.add('TAKEN');
    player.set('TAKING', 0);
  }
  condition.release();
}

export const tokens = task(
  import.meta,
  async function tokens(
    part: Part,
    words: RawArray<'i'>,
    seen: RawArray<'B'>,
    condition: Condition,
    guarded: RawArray<'i'>,
  ): Promise<void> {
    const box = guarded.view() as Int32Array;
    const turn: Turn = (player) => {
      if ((box[TOKENS] as number) < 20 && player.random.percent(55)) post(player, condition, box);
      else return awaitToken(player, condition, box);
    };
    await perform(tokens, [part, words, seen, condition, guarded], turn, (player) => post(player, condition, box));
  },
);

export const signals = task(
  import.meta,
  async function signals(part: Part, words: RawArray<'i'>, seen: RawArray<'B'>, event: Event): Promise<void> {
    const turn: Turn = async (player) => {
      const { random } = player;
      if (random.percent(40)) event.set();
      player.moment();
      if (random.percent(20)) await event.waitAsync();
      else event.wait(random.percent(50) ? SHORT : undefined);
      if (random.percent(60)) event.clear();
    };
    await perform(signals, [part, words, seen, event], turn, () => event.set());
  },
);

export const meetings = task(
  import.meta,
  async function meetings(part: Part, words: RawArray<'i'>, seen: RawArray<'B'>, barrier: Barrier): Promise<void> {
    const passed = (player: Player, index: number) => {
      player.add('DONE');
      if (index === 0) player.add('LED');
    };
    const broken = (player: Player, error: unknown) => {
      if (!(error instanceof BrokenBarrierError)) throw error;
      // Another round may have begun when this one comes to it: then that one breaks.
      if (barrier.broken && !player.ledger.isOver) barrier.reset();
    };
    const turn: Turn = async (player) => {
      player.moment();
      player.set('DOING', 1);
      try {
        const way = player.random.integer(0, 3);
        passed(player, way === 0 ? await barrier.waitAsync() : barrier.wait(way === 1 ? 0.5 : undefined));
      } catch (error) {
        broken(player, error);
      }
      player.set('DOING', 0);
    };
    await perform(meetings, [part, words, seen, barrier], turn, (player) => {
      player.set('DOING', 1);
      try {
        passed(player, barrier.wait(0));
      } catch (error) {
        broken(player, error);
      }
      player.set('DOING', 0);
    });
  },
);
