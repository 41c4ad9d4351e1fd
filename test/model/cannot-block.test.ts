/**
 * Who must not sleep, as the event loop of a page: where it would have to, it is told so and goes on; a call that
 * only tries is answered as anywhere.
 */
import { describe, expect, test } from 'vitest';
import { Encoding, Kind, Party } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { wordsOf } from './heap.ts';
import type { Describe, Model } from './model.ts';
import { World } from './objects.ts';
import { planted } from './planted.ts';
import { call, must, type Program } from './program.ts';
import { AT_ONCE, Cast, Fields, FOREVER, type Me, Status } from './sync.ts';

const PARK = 'waiting/park.ts';
const RECORD = 8;

/** A worker with an event loop that must go on. */
function page(cast: Cast, program: (me: Me) => Program): Me {
  const me = cast.worker('page', program);
  cast.call(me, 'configureWaiting', 0, 0, 0, 0);
  return me;
}

/** Notes what it was told, which must be one of these. */
const told =
  (m: Model, ...allowed: number[]) =>
  (result: number) => {
    must(allowed.includes(result), `was told ${result}`);
    m.outcome(() => String(result));
  };

interface Plan {
  readonly timeout: number;
  readonly answers: readonly number[];
}

/** It only tries, or it would wait for ever. */
const tries = (...answers: number[]): Plan => ({ timeout: AT_ONCE, answers });
const waits = (...answers: number[]): Plan => ({ timeout: FOREVER, answers });

/** A permit, which another one gives. */
const permit =
  ({ timeout, answers }: Plan): Describe =>
  (m) => {
    const cast = new Cast(m);
    const semaphore = cast.make('semaphore', 'semaphoreCreate', [0, 9], Fields.semaphore);
    page(cast, () => [call('semaphoreAcquire', [semaphore, timeout], told(m, ...answers))]);
    cast.worker('gives', () => [call('semaphoreRelease', [semaphore, 1])]);
    m.finally(() => (m.load(semaphore + 4) === 0 ? undefined : 'it is counted as a waiter'));
  };

/** An event, which another one sets. */
const signal =
  ({ timeout, answers }: Plan): Describe =>
  (m) => {
    const cast = new Cast(m);
    const event = cast.make('event', 'eventCreate', [], Fields.event);
    page(cast, () => [call('eventWait', [event, timeout], told(m, ...answers))]);
    cast.worker('sets', () => [call('eventSet', [event])]);
    m.finally(() => (m.load(event + 4) === 0 ? undefined : 'it is counted as a waiter'));
  };

/** A lock, which another one has for a while. */
const lock =
  ({ timeout, answers }: Plan): Describe =>
  (m) => {
    const cast = new Cast(m);
    const word = cast.make('lock', 'lockCreate', [0], Fields.lock);
    page(cast, () => [call('lockAcquire', [word, timeout], told(m, ...answers))]);
    cast.worker('has it', () => [call('lockAcquire', [word, AT_ONCE]), call('lockRelease', [word])]);
  };

/** The item of a queue, or room in it, which another one makes. */
const queue =
  (kind: Kind.QUEUE | Kind.LIFO, what: 'item' | 'room' | 'room for many', { timeout, answers }: Plan): Describe =>
  (m) => {
    const cast = new Cast(m);
    const isFifo = kind === Kind.QUEUE;
    const at = cast.make('queue', isFifo ? 'queueCreate' : 'singleLockCreate', isFifo ? [1] : [kind, 1], []);
    const put = call('queuePutNumber', [at, 7, AT_ONCE]);
    const get = call('queueGet', [at, AT_ONCE]);
    const asked = {
      item: () => call('queueGet', [at, timeout], told(m, ...answers)),
      room: () => call('queuePutNumber', [at, 8, timeout], told(m, ...answers)),
      'room for many': () => call('queuePutMany', [at, 0, 1, timeout], told(m, ...answers)),
    };
    page(cast, () => [asked[what]()]);
    cast.worker('other', () => [what === 'item' ? put : get]);
    if (what !== 'item') must(m.call('queuePutNumber', at, 6, 0) === Status.OK, 'there is no room');
  };

/** A round of two, with one who may sleep: it gets through with it, or is told that it cannot wait. */
const round: Describe = (m) => {
  const cast = new Cast(m);
  const barrier = cast.make('barrier', 'barrierCreate', [2], Fields.barrier);
  const party = (me: Me, ...allowed: number[]): Program => [
    call('barrierArrive', [barrier, me.node], (result, flow) => {
      if (result === Status.BROKEN) flow.stop();
      if (result === Party.LEADS) flow.goto('leads');
    }),
    call('barrierAwait', [barrier, me.node, FOREVER], (result, flow) => {
      told(m, ...allowed, 0, 1, Party.LEADS)(result);
      if (result !== Party.LEADS) flow.stop();
    }),
    { kind: 'label', name: 'leads' },
    call('barrierTrip', [barrier, me.node]),
  ];
  page(cast, (me) => party(me, Status.WOULD_BLOCK));
  cast.worker('sleeps', (me) => party(me, Status.BROKEN));
};

/** It closes the last end of a pipe, while another one takes out of that what nobody else has. */
const closing: Describe = (m) => {
  const world = new World(m);
  const inner = world.make('eventCreate', Kind.EVENT);
  const pipe = world.make('queueCreate', Kind.QUEUE, 0);
  world.puts(inner, pipe);
  const reading = world.make('connectionCreate', Kind.CONNECTION, pipe.object, 0);
  world.make('connectionCreate', Kind.CONNECTION, 0, pipe.object);
  world.closes(inner, pipe);
  world.drops('page', reading).call('configureWaiting', 0, 0, 0, 0);
  world.closes(reading);
  const own = m.ghost({ scratch: 0, block: 0 });
  const takes = call('queueGet', [pipe.object, AT_ONCE], (meta, flow) => {
    if (meta < 0) flow.stop();
    own.block = wordsOf(m)[(own.scratch + RECORD) >> 2] as number;
  });
  own.scratch = world.add('reads', [takes, call('refClose', () => [own.block])]).call('scratch');
  m.finally(() => (world.references(inner) === 0 ? undefined : 'nobody has a reference, and it lives'));
};

describe('who must not sleep', () => {
  test.each([
    ['a permit', permit],
    ['a signal', signal],
    ['a lock', lock],
    ['an item', (plan: Plan) => queue(Kind.QUEUE, 'item', plan)],
    ['the top of a stack', (plan: Plan) => queue(Kind.LIFO, 'item', plan)],
    ['room', (plan: Plan) => queue(Kind.QUEUE, 'room', plan)],
    ['room on a stack', (plan: Plan) => queue(Kind.LIFO, 'room', plan)],
  ])('and wants %s gets it, or is told that it is not there, or that it must wait', (what, make) => {
    // Of a get Status.OK is the item's meta.
    const got = /item|top/.test(what) ? Encoding.NUMBER : Status.OK;
    const { outcomes } = holds(`cannot block, tries ${what}`, core, make(tries(got, Status.TIMEOUT)), fine);
    expect(outcomes).toEqual(new Set([String(got), String(Status.TIMEOUT)]));
    const waited = holds(`cannot block, wants ${what}`, core, make(waits(got, Status.WOULD_BLOCK)), fine);
    expect(waited.outcomes).toEqual(new Set([String(got), String(Status.WOULD_BLOCK)]));
  });

  test('and wants room for many gets it, or is told', () => {
    const many = (plan: Plan) => queue(Kind.QUEUE, 'room for many', plan);
    holds('cannot block, tries room for many', core, many(tries(1, Status.TIMEOUT)), fine);
    holds('cannot block, wants room for many', core, many(waits(1, Status.WOULD_BLOCK)), fine);
  });

  test('and is a party of a barrier leads its round, or breaks it', () => {
    holds('cannot block, barrier', core, round);
  });

  planted(
    'and closes a pipe leaves its lock to who has it',
    {
      bad: {
        file: 'pipe/pipe.ts',
        find: 'return lockAcquire(lock, 0) != Status.TIMEOUT;',
        replace: 'return lockAcquire(lock, 1) != Status.TIMEOUT;',
      },
    },
    ({ bad }) => {
      holds('cannot block, closes', core, closing, fine);
      breaks('cannot block, goes through a lock', bad, closing, /in a cycle|two free lists|no word at|it lives|nobody/, fine);
    },
  );

  planted(
    'is not told so (planted)',
    {
      bad: {
        file: PARK,
        find: '  if (result == Parked.REFUSED) return Status.WOULD_BLOCK;\n',
        replace: '',
      },
    },
    ({ bad }) => {
      const alone: Describe = (m) => {
        const cast = new Cast(m);
        const at = cast.make('queue', 'queueCreate', [0], []);
        page(cast, () => [call('queueGet', [at, FOREVER], told(m, Status.WOULD_BLOCK))]);
      };
      holds('cannot block, alone', core, alone, fine);
      breaks('cannot block, turns round', bad, alone, /no schedule comes to an end|for ever/, fine);
    },
  );
});
