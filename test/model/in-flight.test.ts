/**
 * Items with handles that change hands: whoever dies on the way, each reference is given back once, by
 * whoever has the item then.
 */
import { describe, test } from 'vitest';
import { Encoding, Kind, Meta, SlotField } from '../../assembly/abi.ts';
import type { Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { enlist, heapTrouble, makeHeap, wordsOf, writeWords } from './heap.ts';
import { Scene } from './in-flight.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Step } from './program.ts';

const OBJECTS = 'heap/object-table.ts';
const IN_FLIGHT = 'heap/in-flight.ts';
const RECORD = 'heap/record.ts';
const FIFO = 'queue/fifo.ts';
/** Of a slot: the list of what its worker has. */
const REFS = 16;
/** Of an item of eight bytes. */
const BLOCK = Meta.BLOCK_HEADER + 8;

type Members = (scene: Scene) => void;

const scene = (members: Members, kind: Scene['kind'], queueToo: boolean) => (m: Model) => {
  const here = new Scene(m, kind);
  members(here);
  here.start(queueToo);
};

const producerDies: Members = (here) => {
  here.producer('p', { mayDie: true });
  here.consumer('c', { maySleep: () => here.size() === 0 });
  here.reaper();
};

/** Another puts on, before anybody repairs. */
const producerDiesBeside: Members = (here) => {
  here.producer('p', { mayDie: true });
  here.producer('q');
  here.reaper((me) => me.gets(0));
};

const consumerDies: Members = (here) => {
  here.fill();
  here.consumer('c', { mayDie: true });
  here.consumer('d');
  here.reaper();
};

/** Others take the next item as soon as they can have the lock. */
const othersTakeOver: Members = (here) => {
  here.fill();
  here.fill();
  here.add('c', (me) => me.gets(0), { mayDie: true });
  here.reaper(
    () => [],
    (me) => me.gets(0),
  );
};

const batchProducerDies: Members = (here) => {
  here.batchProducer('p', { mayDie: true });
  here.consumer('c');
  here.reaper();
};

const batchDies: Members = (here) => {
  here.fill();
  here.fill();
  here.add('c', (me) => me.getsBoth(), { mayDie: true });
  here.reaper((me) => me.gets(0));
};

/** A reference that is given back once too often is one that somebody has. */
const amongOthers =
  (members: Members): Members =>
  (here) => {
    members(here);
    here.keeper('k');
  };

const shutterDies: Members = (here) => {
  const shutdown = () => [call('queueShutdown', [here.queue, 1])];
  here.fill();
  here.add('s', shutdown, { mayDie: true });
  here.reaper(shutdown);
};

const lastUserDies: Members = (here) => {
  here.fill();
  here.lastUser('u', false, { mayDie: true });
  here.reaper();
  here.m.finally(() => (here.isGone() ? undefined : 'the queue is still there'));
};

const lastReaderDies: Members = (here) => {
  here.fill();
  here.lastUser('u', true, { mayDie: true });
  here.reaper();
  here.m.finally(() => (here.size() === 0 ? undefined : 'an item stays that nobody reads'));
};

const kinds = [
  ['queue', Kind.QUEUE],
  ['stack', Kind.LIFO],
  ['heap', Kind.PRIORITY],
] as const;

describe.each(kinds)('an item with a handle in a %s is given back once', (name, kind) => {
  test('when its producer dies, or stays in it', () => {
    holds(`${name}, the producer of a handle dies`, core, scene(producerDies, kind, false), fine);
  });

  test('when its producer dies, and another puts before anybody repairs', () => {
    // Of a heap, whose moves are many plain stores, deaths inside of them as well are more than a million states.
    const options = name === 'heap' ? {} : fine;
    holds(`${name}, the producer of a handle dies, another puts`, core, scene(producerDiesBeside, kind, false), options);
  });

  test('when its consumer dies, or stays for another', () => {
    holds(`${name}, the consumer of a handle dies`, core, scene(consumerDies, kind, false), fine);
  });

  test('when others take the lock over long before its consumer is buried', () => {
    holds(`${name}, a lock taken over`, core, scene(othersTakeOver, kind, false), fine);
  });

  test('when who puts or takes a batch dies', () => {
    holds(`${name}, the producer of two handles dies`, core, scene(batchProducerDies, kind, false), fine);
    holds(`${name}, the consumer of two handles dies`, core, scene(batchDies, kind, false), fine);
  });

  test('when who shuts it down at once dies', () => {
    holds(`${name}, death in a shutdown, with handles`, core, scene(shutterDies, kind, false), fine);
  });

  test('when its last user dies while it takes it apart', () => {
    holds(`${name}, the last user dies, with handles`, core, scene(lastUserDies, kind, true), fine);
  });
});

describe('an item with a handle', () => {
  test('in a parcel is given back once when its maker dies', () => {
    const starterDies: Members = (here) => {
      here.starter('s', { mayDie: true });
      here.reaper();
    };
    holds('parcel, the maker dies', core, scene(starterDies, Kind.QUEUE, false), fine);
  });

  test('in a pipe is given back once when its last reader dies while it closes', () => {
    holds('pipe, the last reader dies, with a handle', core, scene(lastReaderDies, Kind.QUEUE, false), fine);
  });

  const WRONG =
    /references too|two free lists|taken and free|in a cycle|was gone|no word at|free and untouched|but not of it|still there/;
  const bugs: readonly (readonly [what: string, members: Members, kind: Scene['kind'], edits: readonly Edit[]])[] = [
    [
      'published by a producer that still holds it for certain',
      producerDies,
      Kind.QUEUE,
      [{ file: FIFO, find: '  beginPut(inFlight, positionWord(side), bytesOf(after));\n', replace: '' }],
    ],
    [
      'let go before it is published',
      producerDies,
      Kind.QUEUE,
      [
        {
          file: FIFO,
          find: '  setPosition(side, after);\n  endPut(inFlight);\n',
          replace: '  endPut(inFlight);\n  setPosition(side, after);\n',
        },
      ],
    ],
    [
      'published in a batch by a producer that still holds it for certain',
      batchProducerDies,
      Kind.QUEUE,
      [
        {
          file: FIFO,
          find: '  if (flags & OUT_OF_LINE) beginPutAll(records, records + bytes, positionWord(side), bytesOf(after));\n',
          replace: '',
        },
      ],
    ],
    [
      'held for certain before it is out',
      consumerDies,
      Kind.QUEUE,
      [
        {
          file: FIFO,
          find: '  setPosition(side, after);\n  endTake(block);\n',
          replace: '  endTake(block);\n  setPosition(side, after);\n',
        },
      ],
    ],
    [
      'listed after it is out',
      consumerDies,
      Kind.LIFO,
      [
        {
          file: 'queue/stack.ts',
          find: '  const block = packedBeginTake(queue, to, after);\n  setSingleLockPosition(queue, after);\n',
          replace: '  setSingleLockPosition(queue, after);\n  const block = packedBeginTake(queue, to, after);\n',
        },
      ],
    ],
    [
      'looked at when the lock is already somebody else’s',
      consumerDies,
      Kind.QUEUE,
      [
        { file: 'lifecycle/reaper.ts', find: '  settleInFlight(slotOf(tid));\n', replace: '' },
        {
          file: 'lifecycle/reaper.ts',
          find: '  releaseAllOf(slotOf(tid));\n',
          replace: '  settleInFlight(slotOf(tid));\n  releaseAllOf(slotOf(tid));\n',
        },
      ],
    ],
    [
      'asked for again when others had the lock',
      othersTakeOver,
      Kind.QUEUE,
      [
        {
          file: IN_FLIGHT,
          find: "  storePlain(inFlight + offsetof<InFlight>('word'), 0);\n  return happened",
          replace: '  return happened',
        },
        // Without that it is not asked for again.
        { file: 'lifecycle/reaper.ts', find: "  storePlain(slotOf(tid) + offsetof<Slot>('letGo'), 1);\n", replace: '' },
      ],
    ],
    [
      'held with all its handles before they are counted',
      amongOthers(producerDies),
      Kind.QUEUE,
      [
        {
          file: RECORD,
          find: 'inFlightAdd(inFlight, block, length, meta & 0xffff, 0);',
          replace: 'inFlightAdd(inFlight, block, length, meta, 0);',
        },
        {
          file: RECORD,
          find: "    storePlain(inFlight + offsetof<InFlight>('meta'), <i32>(inFlightMeta(inFlight) + (1 << 16)));\n",
          replace: '',
        },
      ],
    ],
    [
      'whose handle is named until it is uncounted',
      amongOthers(batchDies),
      Kind.QUEUE,
      [
        {
          file: OBJECTS,
          find: '    storePlain(handle, 0);\n    if (swapRefWord(entry, before, before - 1)) break;\n    storePlain(handle, index);\n',
          replace: '    if (swapRefWord(entry, before, before - 1)) break;\n',
        },
      ],
    ],
    [
      'that is out of a queue which nobody takes apart to the end',
      lastUserDies,
      Kind.QUEUE,
      [{ file: 'lifecycle/reaper.ts', find: '    adoptDoomed(index, tid);\n', replace: '' }],
    ],
    [
      'in a queue whose segments are freed while it still points to them',
      lastUserDies,
      Kind.QUEUE,
      [
        {
          file: 'queue/ring.ts',
          find: '    setSegment(side, nextSegment(segment));\n    free(segment);\n',
          replace: '    const next = nextSegment(segment);\n    free(segment);\n    setSegment(side, next);\n',
        },
      ],
    ],
  ];

  for (const [what, members, kind, edits] of bugs) {
    planted(`${what} is found out`, { bad: edits }, ({ bad }) => {
      breaks(what, bad, scene(members, kind, members === lastUserDies), WRONG, fine);
    });
  }
});

/**
 * One worker puts two items in blocks and takes them; then it puts and takes one. What it has in its scratch of
 * the first two is of blocks that are others' by then.
 */
const twoThenOne = (m: Model) => {
  makeHeap(m, 24);
  const queue = m.call('refObject', m.call('queueCreate', 0));
  const own = m.ghost({ scratch: 0, at: 0, one: 0, other: 0 });
  const words = Array.from({ length: BLOCK / 4 }, (_, i) => i * 4);
  const putsBlock = (i: number): Step[] => [
    call('allocate', [BLOCK], (block) => {
      own.at = block;
    }),
    call(
      'inFlightCreate',
      () => [own.at, 8, Encoding.BYTES],
      (inFlight) => {
        writeWords(m, own.scratch + i * 16, [8, Encoding.BYTES | Meta.OUT_OF_LINE, own.at, inFlight]);
      },
    ),
  ];
  const puts = (count: number) => [
    ...Array.from({ length: count }, (_, i) => putsBlock(i)).flat(),
    call('queuePutMany', [queue, 0, count, 0], (put) => must(put === count, `put ${put}`)),
  ];
  const takes = (count: number) => call('queueGetMany', [queue, 2, 0], (got) => must(got === count, `took ${got}`));
  const frees = (i: number) => call('refClose', () => [wordsOf(m)[(own.scratch + i * 16 + 8) >> 2] as number]);
  const fills = (name: 'one' | 'other'): Step[] => [
    call('allocate', [BLOCK], (block) => {
      own[name] = block;
      writeWords(m, block, words);
    }),
  ];
  const worker = m.worker('w', [
    ...puts(2),
    takes(2),
    frees(0),
    frees(1),
    ...fills('one'),
    ...fills('other'),
    ...puts(1),
    takes(1),
    frees(0),
  ]);
  const slot = worker.call('slotNode', enlist(m, worker)) - SlotField.NODE;
  own.scratch = worker.call('scratch');
  m.finally(() => {
    const isWhole = (block: number) => words.every((word, i) => wordsOf(m)[(block >> 2) + i] === word);
    if (!isWhole(own.one) || !isWhole(own.other)) return 'somebody wrote into a block that is taken';
    return wordsOf(m)[(slot + REFS) >> 2] === 0 ? heapTrouble(m) : 'something is still in its hands';
  });
};

describe('items in blocks, several in one call,', () => {
  const past = (ends: string) => {
    const loop = (compare: string) => `record ${compare} end; record = next(record)) if (isOutOfLine(record)) ${ends}(`;
    return { file: FIFO, find: loop('<'), replace: loop('<=') };
  };
  test('are those that are in hand, none that were before', () => {
    holds('in blocks, two, then one', core, twoThenOne, fine);
  });
  planted('or one more than those is', { put: past('endPut'), take: past('endTake') }, (cores) => {
    for (const bad of [cores.put, cores.take])
      breaks('in blocks, one more', bad, twoThenOne, /wrote into|in a cycle|two free lists|no word|in its hands/, fine);
  });
});
