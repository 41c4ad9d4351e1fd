/** Pipes: to and fro between two workers. */
import { Pipe } from 'nogil';
import { Pair, roundTrips, type ShapeName } from './ping-pong.ts';
import type { Job } from './pipe.workers.ts';
import type { Table } from './report.ts';

const MODULE = './pipe.workers.js';

class PipePair extends Pair {
  static async overPipe(shape: ShapeName): Promise<PipePair> {
    const [near, far] = Pipe();
    const pair = new PipePair(MODULE, shape, [near, far]);
    await pair.near.ask({ do: 'open', handle: near.handle() } satisfies Job);
    await pair.far.ask({ do: 'open', handle: far.handle() } satisfies Job);
    return pair;
  }

  static overPorts(shape: ShapeName): Promise<PipePair> {
    return new PipePair(MODULE, shape, []).connect();
  }
}

export async function* pipe(quick: boolean): AsyncGenerator<Table> {
  yield await roundTrips(
    'round trips over a pipe (parked: the other end is asleep when the message comes)',
    async (shape) => ({ ours: await PipePair.overPipe(shape), rival: await PipePair.overPorts(shape) }),
    quick ? 3 : 9,
    { busy: 0.1, parked: 1 },
  );
}
