/** Scenes of items that flow from players to players. */
import { LifoQueue, Manager, Pipe, PriorityQueue, Queue, SimpleQueue } from 'nogil';
import { JoinableQueue } from 'nogil/multiprocessing';
import { type Findings, SERIALS } from '../cast/ledger.ts';
import type { Player } from '../cast/player.ts';
import type { Random } from '../random.ts';
import { type Ends, endsOf, type FlowKind, isRefusal } from './ends.ts';
import { putNow, takeNow } from './flow.workers.ts';
import { pack, takeInPacked } from './items.ts';
import { type Maker, UNDER_WATCH } from './scene.ts';

interface Closeable {
  close(): void;
}

/** Half of the queues have a limit, that is now and then in the way. */
const limit = (random: Random) => (random.percent(50) ? 8 : 0);

const makers: Record<FlowKind, (random: Random) => Closeable[]> = {
  Queue: (random) => [new Queue(limit(random))],
  LifoQueue: (random) => [new LifoQueue(limit(random))],
  PriorityQueue: (random) => [new PriorityQueue(limit(random))],
  JoinableQueue: (random) => [new JoinableQueue(limit(random))],
  SimpleQueue: () => [new SimpleQueue()],
  'Queue of bytes': (random) => [new Queue(limit(random))],
  Pipe: () => Pipe(false),
  List: () => [Manager().list()],
  Dict: () => [Manager().dict()],
};

/** Bytes are put and taken as they are. */
class BytesEnds {
  readonly #queue: Queue<Uint8Array>;

  constructor(queue: Queue<Uint8Array>) {
    this.#queue = queue;
  }

  put(player: Player): void {
    const put = player.get('PUT');
    const bytes = new Uint8Array(100);
    pack(player.row, put, bytes);
    player.set('PUTTING', put + 1);
    try {
      this.#queue.putNowait(bytes);
      player.set('PUT', put + 1);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      player.set('PUTTING', put);
    }
  }

  take(player: Player): boolean {
    try {
      takeInPacked(player, this.#queue.getNowait());
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return false;
    }
  }
}

/** A JoinableQueue counts off what was taken, but for what the dead had. */
function tasksAccount(queue: JoinableQueue, findings: Findings, uncertain: number): Findings {
  const left = queue.unfinishedTasks;
  return left > uncertain ? { ...findings, lost: findings.lost + left - uncertain } : findings;
}

const flowOf =
  (kind: FlowKind): Maker =>
  (ledger, _name, random) => {
    const objects = makers[kind](random);
    const bytes = kind === 'Queue of bytes' ? new BytesEnds(objects[0] as Queue<Uint8Array>) : undefined;
    const ends: Ends = endsOf(kind, objects);
    const first = objects[0] as Queue;
    return {
      name: kind,
      target: 'flow',
      args: [kind, ...objects],
      team: 3,
      sorts: UNDER_WATCH,
      tend(driver) {
        // Deaths make the level inexact: so now and then in any case.
        if (driver.get('PUT') + 1 >= SERIALS || (ledger.level >= 8 && driver.random.percent(90))) return;
        if (bytes) bytes.put(driver);
        else putNow(driver, ends);
      },
      stop() {
        // Not always: who waits is then woken by what the driver puts.
        if ('shutdown' in first && random.percent(50)) first.shutdown();
      },
      account(driver) {
        while (bytes ? bytes.take(driver) : takeNow(driver, ends));
        const findings = ledger.itemsAccount();
        const uncertain = ledger.sum('TAKING') + ledger.sum('PUTTING') - ledger.sum('PUT');
        return kind === 'JoinableQueue' ? tasksAccount(first as JoinableQueue, findings, uncertain) : findings;
      },
      close() {
        for (const each of objects) each.close();
      },
    };
  };

export const flows = (Object.keys(makers) as FlowKind[]).map(flowOf);
