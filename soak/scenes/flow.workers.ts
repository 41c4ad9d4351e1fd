/** Players that put items and take them, and count each. */
import { Full, type Queue, type RawArray, ShutDown, task } from 'nogil';
import { SERIALS } from '../cast/ledger.ts';
import { type Part, type Player, perform, type Turn } from '../cast/player.ts';
import { type Ends, endsOf, type FlowKind, isRefusal } from './ends.ts';
import { closeHandles, type Item, nextItems, pack, packedLength, takeIn, takeInPacked } from './items.ts';

/** Items that are in at most, roughly: with more nobody puts. */
const MOST = 48;
/** Seconds. */
const SHORT = 0.002;

function mayPut(player: Player): boolean {
  return player.ledger.level < MOST && player.get('PUT') + 3 <= SERIALS && !player.ledger.isOver;
}

/** Puts so many new items. */
async function putItems(player: Player, ends: Ends, count: number): Promise<void> {
  const items = nextItems(player, count, ends.largest);
  const put = player.get('PUT');
  player.set('PUTTING', put + count);
  player.moment();
  try {
    await ends.put(items, player.random);
    player.set('PUT', put + count);
    player.ledger.addLevel(count);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Of a batch some may be in. After a shutdown nobody says how many: then they stay uncertain.
    const some = put + (error instanceof Full ? (error.put ?? 0) : 0);
    player.set('PUT', some);
    player.ledger.addLevel(some - put);
    if (!(error instanceof ShutDown)) player.set('PUTTING', some);
  }
  for (const item of items) closeHandles(item);
  player.moment();
}

/** One of those it has taken: puts it back as it is, or is done with it. */
async function handle(player: Player, ends: Ends, item: Item): Promise<void> {
  if (player.random.percent(15) && !player.ledger.isOver) {
    try {
      await ends.put([item], player.random);
      player.ledger.addLevel(1);
      closeHandles(item);
      ends.done();
      return;
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  takeIn(player, item);
  ends.done();
}

async function takeItems(player: Player, ends: Ends): Promise<void> {
  const most = player.random.percent(20) ? ends.most : 1;
  player.set('TAKING', most);
  try {
    const items = await ends.take(most, player.random);
    player.ledger.addLevel(-items.length);
    player.moment();
    for (const item of items) await handle(player, ends, item);
    player.moment();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  player.set('TAKING', 0);
}

/** Puts a small one, without waiting. */
export function putNow(player: Player, ends: Ends): void {
  const [item] = nextItems(player, 1, 64) as [Item];
  const put = player.get('PUT');
  player.set('PUTTING', put + 1);
  try {
    ends.putNow(item);
    player.set('PUT', put + 1);
    player.ledger.addLevel(1);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    player.set('PUTTING', put);
  }
  closeHandles(item);
}

/** Takes what is there, without waiting. @returns whether there was anything */
export function takeNow(player: Player, ends: Ends): boolean {
  player.set('TAKING', 1);
  let found = true;
  try {
    const items = ends.takeNow();
    player.ledger.addLevel(-items.length);
    for (const item of items) {
      takeIn(player, item);
      ends.done();
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    found = false;
  }
  player.set('TAKING', 0);
  return found;
}

/** The same of bytes, in the memory itself. */
function turnOfBytes(queue: Queue<Uint8Array>): Turn {
  const buffer = new Uint8Array(2 ** 20 + 64);
  return (player) => {
    const { random, ledger } = player;
    try {
      if (mayPut(player) && random.percent(50)) {
        const put = player.get('PUT');
        const length = packedLength(player, 2 ** 20);
        const slot = queue.reserve(length, SHORT);
        pack(player.row, put, slot.bytes);
        player.moment();
        player.set('PUTTING', put + 1);
        try {
          if (random.percent(5)) throw new Full();
          slot.commit(length, SHORT);
          player.set('PUT', put + 1);
          ledger.addLevel(1);
        } catch (error) {
          if (!isRefusal(error)) throw error;
          player.set('PUTTING', put);
          slot[Symbol.dispose]();
        }
        return;
      }
      player.set('TAKING', 1);
      if (random.percent(50)) {
        const lease = queue.lease(random.percent(50) ? undefined : SHORT);
        ledger.addLevel(-1);
        player.moment();
        takeInPacked(player, lease.bytes);
        lease.release();
      } else {
        const length = queue.getInto(buffer, SHORT);
        ledger.addLevel(-1);
        player.moment();
        takeInPacked(player, buffer.subarray(0, length));
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    player.set('TAKING', 0);
  };
}

export const flow = task(
  import.meta,
  async function flow(
    part: Part,
    words: RawArray<'i'>,
    seen: RawArray<'B'>,
    kind: FlowKind,
    ...objects: unknown[]
  ): Promise<void> {
    if (kind === 'Queue of bytes')
      return await perform(flow, [part, words, seen, kind, ...objects], turnOfBytes(objects[0] as Queue<Uint8Array>));
    const ends = endsOf(kind, objects);
    const turn: Turn = async (player) => {
      if (mayPut(player) && player.random.percent(50)) await putItems(player, ends, player.random.percent(20) ? ends.most : 1);
      else await takeItems(player, ends);
    };
    await perform(flow, [part, words, seen, kind, ...objects], turn, (player) => {
      if (mayPut(player)) putNow(player, ends);
      takeNow(player, ends);
    });
  },
);
