/** A Redis that answers nobody, and a program that Redis does not hear of: what becomes of calls and leases. */
import { type Cluster, connect } from 'nogil/redis';
import type { Way } from './network.ts';
import { LONG, Program } from './server.ts';

const PREFIX = 'away';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export interface AwayPlan {
  /** Seconds for which nobody is answered, at least: until all is over that must be by then. */
  away: number;
  lease: number;
  way: Way;
  /** What starts a program that still reaches Redis; undefined: nobody does. */
  elsewhere?: readonly string[];
}

export interface AwayOutcome {
  /** Calls that were made while it was away, and answered what they should afterwards. */
  late: number;
  wrong: number;
  /** Seconds from when the way was whole again until all of them were answered. */
  behind: number;
  /** Milliseconds by which the latest of those with a timeout overstepped it. */
  overstepped: number;
  /** Of calls with a timeout: those that neither threw Empty nor Full nor answered false. */
  withoutTimeout: number;
  /** Whether the holder of a lock was told that its lease was over while Redis was away. */
  told: boolean;
  /** Whether it could not release it afterwards. */
  refused: boolean;
  /** Whether each next owner had a larger token. */
  grew: boolean;
  /** Items that this program had and that others finished meanwhile. */
  takenOver: number;
}

/** Calls with timeouts, all of which are over before Redis is back. */
async function timed(cluster: Cluster): Promise<Pick<AwayOutcome, 'overstepped' | 'withoutTimeout'>> {
  let overstepped = 0;
  let withoutTimeout = 0;
  const over = async (seconds: number, call: (seconds: number) => Promise<unknown>) => {
    const began = performance.now();
    const answer = await call(seconds).then(
      (got) => (got === false ? 'in time' : 'answered'),
      (error: Error) => (/^(Empty|Full)$/.test(error.name) ? 'in time' : error.name),
    );
    if (answer !== 'in time') withoutTimeout++;
    overstepped = Math.max(overstepped, performance.now() - began - seconds * 1000);
  };
  await Promise.all([
    over(0.3, (seconds) => cluster.PriorityQueue('empty').getAsync(seconds)),
    over(0.4, (seconds) => cluster.Queue('nothing').getAsync(seconds)),
    over(0.5, (seconds) => cluster.Queue<number>('bounded', { maxsize: 1 }).putAsync(1, seconds)),
    over(0.6, (seconds) => cluster.Lock('guard').acquireAsync(seconds)),
    over(0.7, (seconds) => cluster.Event('never').waitAsync(seconds)),
  ]);
  return { overstepped, withoutTimeout };
}

/** Takes until it has so many different ones, and finishes them. */
async function consume(cluster: Cluster, count: number): Promise<Set<number>> {
  const queue = cluster.JoinableQueue<number>('calls');
  const had = new Set<number>();
  while (had.size < count) {
    had.add(await queue.getAsync());
    queue.taskDone();
  }
  return had;
}

/** Calls while Redis answers nobody here. Nothing blocks: the way may be through this thread. */
export async function whileAway({ away, lease, way, elsewhere }: AwayPlan): Promise<AwayOutcome> {
  const options = { lease, prefix: PREFIX };
  const cluster = await connect(way.url, options);
  const queue = cluster.JoinableQueue<number>('calls');
  const inHand = cluster.JoinableQueue<number>('in hand');
  const value = cluster.Value('calls', 'i');
  const lock = cluster.Lock('guard');
  await cluster.Queue<number>('bounded', { maxsize: 1 }).putAsync(0);
  await value.addAsync(1);
  const hold = await lock.holdAsync();
  const { signal } = hold;
  await inHand.putManyAsync([0, 1, 2, 3]);
  for (const item of [0, 1]) if ((await inHand.getAsync(LONG)) !== item) throw new Error('items come in order');
  const consuming = consume(cluster, 100);
  await queue.putAsync(0);
  const other = elsewhere && new Program({ role: 'takesOver', by: elsewhere }, way.server.ownUrl, options, 'guard', 'in hand', 4);
  await other?.next();

  way.cut();
  const awayFor = pause(away * 1000);
  const puts = Array.from({ length: 99 }, (_, i) => queue.putAsync(i + 1));
  const adds = Array.from({ length: 100 }, () => value.addAsync(1));
  const { overstepped, withoutTimeout } = await timed(cluster);
  // Nobody renews it, and Redis cannot be asked.
  while (!(hold.lost && signal.aborted)) await pause(20);
  const told = signal.reason?.name === 'LeaseLostError';
  const [taken, token] = other ? [await other.next<number[]>(), await other.next<number>()] : [[], hold.token + 1];
  await awayFor;
  way.mend();

  const whole = performance.now();
  await Promise.all(puts);
  const sums = await Promise.all(adds);
  const had = await consuming;
  const behind = (performance.now() - whole) / 1000;
  const refused = await lock.releaseAsync().then(
    () => false,
    (error: Error) => error.name === 'LeaseLostError',
  );
  const next = await cluster.Lock('guard').holdAsync();
  const grew = token > hold.token && next.token > token && !next.lost;
  // What others have finished is finished, whatever is said of it here.
  for (const _ of [0, 1]) inHand.taskDone();
  const rightSums = new Set(sums).size === 100 && (await value.getAsync()) === 101;
  // An item that came twice would leave another one behind.
  const isOver = (await queue.joinAsync(LONG)) && (other === undefined || (await inHand.joinAsync(LONG)));
  const wrong = (rightSums ? 0 : 100) + (had.size === 100 && isOver ? 0 : 100);
  await other?.over();
  await cluster.disconnectAsync();
  await way.stop();
  const takenOver = taken.filter((item) => item < 2).length;
  return { late: puts.length + adds.length, wrong, behind, overstepped, withoutTimeout, told, refused, grew, takenOver };
}
