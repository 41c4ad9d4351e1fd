/** Players that count under a lock, and see that nobody else is there. */
import { BrokenLockError, type Lock, type RawArray, type RLock, task } from 'nogil';
import { type Part, type Player, perform, type Turn } from '../cast/player.ts';

/** Words of the box that the lock guards. */
export const Box = { INSIDE: 0, FIRST: 1, SECOND: 2, MENDED: 3, WORDS: 4 } as const;

/** The critical section, which it has entered. */
function goIn(player: Player, lock: Lock | RLock, box: Int32Array, again: boolean): void {
  player.set('HOLDING', 2);
  if (again) lock.acquire();
  countInside(player, box);
  player.set('HOLDING', 3);
  if (again) lock.release();
  lock.release();
  // In this order: who ends between the two is counted as one who may have died inside.
  player.add('DONE');
  player.set('HOLDING', 0);
}

/** Who comes in next mends what it guards: another may be inside by now. */
function reset(player: Player, lock: Lock | RLock, error: unknown): void {
  if (!(error instanceof BrokenLockError)) throw error;
  lock.reset();
  player.set('HOLDING', 0);
}

async function enter(player: Player, lock: Lock | RLock): Promise<void> {
  switch (player.random.integer(0, 3)) {
    case 0:
      while (!lock.acquire(true, 0.0005));
      return;
    case 1:
      await lock.acquireAsync();
      return;
    default:
      lock.acquire();
  }
}

/** Two counters, which are equal whenever nobody is inside: but for those who died between them. */
function countInside(player: Player, box: Int32Array): void {
  box[Box.INSIDE] = player.row;
  if (box[Box.FIRST] !== box[Box.SECOND]) {
    box[Box.MENDED] = (box[Box.MENDED] as number) + 1;
    box[Box.SECOND] = box[Box.FIRST] as number;
  }
  box[Box.FIRST] = (box[Box.FIRST] as number) + 1;
  player.moment();
  box[Box.SECOND] = (box[Box.SECOND] as number) + 1;
  if (box[Box.INSIDE] !== player.row) player.add('TORN');
}

export const locks = task(
  import.meta,
  async function locks(
    part: Part,
    words: RawArray<'i'>,
    seen: RawArray<'B'>,
    lock: Lock | RLock,
    guarded: RawArray<'i'>,
    isReentrant: boolean,
  ): Promise<void> {
    const box = guarded.view() as Int32Array;
    const turn: Turn = async (player) => {
      player.set('HOLDING', 1);
      try {
        await enter(player, lock);
      } catch (error) {
        reset(player, lock, error);
        return;
      }
      goIn(player, lock, box, isReentrant && player.random.percent(30));
      if (player.random.percent(10)) player.moment();
    };
    await perform(locks, [part, words, seen, lock, guarded, isReentrant], turn, (player) => {
      player.set('HOLDING', 1);
      try {
        lock.acquire();
      } catch (error) {
        reset(player, lock, error);
        return;
      }
      goIn(player, lock, box, false);
    });
  },
);
