/**
 * The ring under a queue: how it grows while it is drained, how segments come and go, and the death of either
 * side at any step.
 */
import { describe, expect, test } from 'vitest';
import { Encoding, Status } from '../../assembly/abi.ts';
import { RECORD } from './account.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { PAGE } from './heap.ts';
import { withLine } from './line.ts';
import { planted } from './planted.ts';
import { call, label, must, run } from './program.ts';
import { FOREVER } from './sync.ts';

const RING = 'queue/ring.ts';
/** What comes of reading where nothing was written. */
const NONSENSE = /nobody put|garbled|round in a cycle|counted otherwise|outside|is taken|no word at/;

/** Records of 24 and 32 bytes: two fill the first segment, and some of those behind wrap. */
const growing = { sizes: [3, 5] };
/**
 * Records of 64 bytes. Eight of them bring the queue to its second segment of the largest size, with one item
 * left in the first.
 */
const large = { sizes: [14] };

const drainedWhileItGrows = withLine(growing, (line) => {
  line.producer('p', 4);
  line.consumer('c', 4);
});

const spared = withLine(large, (line) => {
  line.fill(8, 6);
  line.producer('p', 5);
  line.consumer('c', 3);
  line.m.outcome(() => (line.spare().length > 0 ? 'spare' : 'none'));
});

describe('a ring', () => {
  test('grows while a consumer drains it', () => void holds('ring, growing', core, drainedWhileItGrows, fine));

  test('wraps around', () => {
    const model = withLine({ maxsize: 2, ...growing }, (line) => {
      line.fill(2, 1);
      line.producer('p', 3);
      line.consumer('c', 4);
      line.m.finally(() => (line.segments().length === 1 ? undefined : 'it has grown, and need not'));
    });
    holds('ring, wrapping', core, model, fine);
  });

  test('keeps a drained segment of the largest size', () => {
    const { outcomes } = holds('ring, a spare segment', core, spared, fine);
    expect(outcomes).toEqual(new Set(['spare', 'none']));
  });

  test('gives back every segment', () => {
    const model = withLine(growing, (line) => {
      line.fill(2);
      const others = line.m.call('bytesInUse') - line.segmentBytes();
      line.producer('p', 4);
      line.consumer('c', 6);
      // After the members: their scratches count too.
      const scratches = 2 * 256;
      line.m.finally(() => {
        const more = line.m.look('bytesInUse') - line.segmentBytes() - others - scratches;
        return more === 0 ? undefined : `${more} bytes too many are in use`;
      });
    });
    holds('ring, nothing kept', core, model);
  });

  test('says so when the heap is full, and goes on as soon as items were taken', () => {
    const model = withLine({ ...growing, pages: 12 }, (line) => {
      line.fill(2);
      // Another try is worth it only when something was taken: each looks for memory everywhere.
      const seen = line.m.ghost({ size: 2 });
      const size = () => line.m.look('queueSize', line.queue);
      line.add('p', (me) => [
        ...line.writes(me, RECORD, line.codeOf(me, 0)),
        label('again'),
        run('counts what is in', () => {
          seen.size = size();
        }),
        call(
          'queuePut',
          () => [line.queue, 12, Encoding.BYTES, FOREVER],
          (status, flow) => {
            must(status === Status.OK || status === Status.NO_MEMORY, `put answered ${status}`);
            if (status === Status.OK) line.wasPut(me, 0);
            flow.goto(status === Status.OK ? 'in' : 'full');
          },
        ),
        label('full'),
        run('waits until something is taken', (_, flow) => {
          flow.goto(size() === seen.size ? 'full' : 'again');
        }),
        label('in'),
      ]);
      line.consumer('c', 3);
      while (line.m.call('allocate', PAGE) !== 0);
      while (line.m.call('allocate', 144) !== 0);
      line.m.finally(() => (line.segments().length === 1 ? undefined : 'there was memory'));
    });
    holds('ring, no memory', core, model, fine);
  });

  planted(
    'in which a consumer looks only for a next segment, not where the old one ends',
    {
      bad: {
        file: RING,
        find: "if (!next || <u32>loadPlain(segment + offsetof<Segment>('end')) != at) return segment;",
        replace: 'if (!next) return segment;',
      },
    },
    ({ bad }) => {
      breaks('no look at the end', bad, drainedWhileItGrows, NONSENSE, fine);
    },
  );

  planted(
    'in which the next segment can be seen before the end',
    {
      bad: {
        file: RING,
        find: "  storePlain(segment + offsetof<Segment>('end'), <i32>at);\n  store(segment + offsetof<Segment>('next'), <i32>next);",
        replace:
          "  store(segment + offsetof<Segment>('next'), <i32>next);\n  storePlain(segment + offsetof<Segment>('end'), <i32>at);",
      },
    },
    ({ bad }) => {
      breaks('the end comes late', bad, drainedWhileItGrows, NONSENSE, fine);
    },
  );

  planted(
    'in which a record may be larger than the room left',
    {
      bad: {
        file: RING,
        find: 'return at - from + bytes <= segmentCapacity(segment);',
        replace: 'return at - from < segmentCapacity(segment);',
      },
    },
    ({ bad }) => {
      breaks('no look at the size', bad, drainedWhileItGrows, NONSENSE, fine);
    },
  );

  planted(
    'in which the spare segment still leads on',
    {
      bad: {
        file: RING,
        find: "  storePlain(segment + offsetof<Segment>('next'), 0);\n  // Only",
        replace: '  // Only',
      },
    },
    ({ bad }) => {
      breaks('a spare with a next', bad, spared, NONSENSE, fine);
    },
  );
});

/** The first record of the dying producer makes it chain a segment. Who repairs puts the next item. */
const dyingProducer = withLine(growing, (line) => {
  line.fill(2);
  line.producer('p', 1, { mayDie: true });
  line.consumer('c', 3);
  line.reaper((me) => line.puts(me, 1));
});

describe('the death', () => {
  test('of a producer, also while it chains a segment', () => {
    holds('ring, death of a producer', core, dyingProducer, fine);
  });

  planted(
    'of a producer while it chains a segment, which the next one does not look for',
    {
      bad: {
        file: RING,
        find: 'for (let next = nextSegment(segment); next; next = nextSegment(segment)) {',
        replace: 'for (let next: usize = 0; next; ) {',
      },
    },
    ({ bad }) => {
      breaks('no look for a chained segment', bad, dyingProducer, NONSENSE, fine);
    },
  );

  planted(
    'of a producer between two stores of one item',
    {
      bad: {
        file: RING,
        find: "  store64(side + offsetof<QueueSide>('position'), position);",
        replace:
          "  storePlain(side + offsetof<QueueSide>('position'), <i32>position);\n  storePlain(side + offsetof<QueueSide>('position') + 4, <i32>(position >> 32));",
      },
    },
    ({ bad }) => {
      breaks('the count in a store of its own', bad, dyingProducer, /counted otherwise/, fine);
    },
  );

  test('of a producer, and another puts before anybody repairs', () => {
    const model = withLine(growing, (line) => {
      line.fill(2);
      line.producer('p', 1, { mayDie: true });
      line.producer('q', 1);
      line.reaper((me) => line.gets(me, 1));
    });
    holds('ring, death of a producer, another puts', core, model, fine);
  });

  test('of a producer of a batch, and another puts and one gets before anybody repairs', () => {
    const model = withLine({ sizes: [1, 3], maxsize: 3 }, (line) => {
      line.fill(1);
      line.add('p', (me) => line.putMany(me, 2), { mayDie: true, maySleep: () => line.isFull() });
      line.producer('q', 1);
      line.consumer('c', 1);
      line.reaper();
    });
    holds('ring, death in a batch that is put, another puts', core, model);
  });

  test('of a consumer of a batch, and another takes before anybody repairs', () => {
    const model = withLine({ sizes: [1, 3] }, (line) => {
      line.fill(3);
      line.add('c', (me) => line.getMany(me, 2, 2), { mayDie: true, maySleep: () => line.isEmpty() });
      line.consumer('d', 2);
      line.reaper();
    });
    holds('ring, death in a batch that is taken, another takes', core, model, fine);
  });

  test('of a producer while it chains the spare segment', () => {
    const model = withLine(large, (line) => {
      line.fill(8, 6);
      line.producer('p', 4, { mayDie: true });
      line.consumer('c', 3);
      line.reaper();
    });
    holds('ring, death of a producer with a spare segment', core, model, fine);
  });

  test('of a consumer, also while it leaves a segment', () => {
    const model = withLine(growing, (line) => {
      line.fill(4);
      line.consumer('c', 3, { mayDie: true });
      line.consumer('d', 3);
      line.reaper();
    });
    holds('ring, death of a consumer', core, model, fine);
    const spare = withLine(large, (line) => {
      line.fill(8, 6);
      line.producer('p', 4);
      line.consumer('c', 3, { mayDie: true });
      line.reaper();
    });
    holds('ring, death of a consumer that leaves a spare segment', core, spare, fine);
  });

  planted(
    'with an item in a block leaves it in the queue, or gives it back',
    {
      bad: {
        file: 'queue/fifo.ts',
        find: '  beginPut(inFlight, positionWord(side), bytesOf(after));\n',
        replace: '',
      },
    },
    ({ bad }) => {
      const model = (mortal: 'p' | 'c') =>
        withLine({ sizes: [-20] }, (line) => {
          line.producer('p', 1, { mayDie: mortal === 'p' });
          line.consumer('c', 1, { mayDie: mortal === 'c' });
          line.reaper();
        });
      holds('ring, death with a block that is put', core, model('p'), fine);
      holds('ring, death with a block that is taken', core, model('c'), fine);
      breaks('in the queue and in the hands of the dead', bad, model('p'), /nobody put|garbled|in a cycle|taken and free/, fine);
    },
  );

  test('in the midst of a batch', () => {
    const model = (producer: boolean) =>
      withLine({ sizes: [1, 3], maxsize: 3 }, (line) => {
        line.fill(2);
        line.add('c', (me) => line.getMany(me, 2, 2), { mayDie: !producer, maySleep: () => line.isEmpty() });
        line.add('p', (me) => line.putMany(me, 3), { mayDie: producer, maySleep: () => line.isFull() });
        line.reaper();
      });
    holds('ring, death in a batch that is put', core, model(true), fine);
    holds('ring, death in a batch that is taken', core, model(false), fine);
  });

  planted(
    'of a consumer that was woken leaves the item to another',
    { bad: { file: 'lifecycle/reaper.ts', find: '      queueWakeAll(object);\n', replace: '' } },
    ({ bad }) => {
      const model = withLine({ maxsize: 1, sizes: [0, 1] }, (line) => {
        line.fill(1);
        line.producer('p', 1);
        line.consumer('c', 1, { mayDie: true });
        line.consumer('d', 1);
        line.reaper();
      });
      holds('queue, death of a consumer', core, model);
      breaks('a reaper that kicks nobody', bad, model, /^sleeps for ever: [pd]/);
    },
  );

  test('of a producer leaves room to another', () => {
    const model = withLine({ maxsize: 1 }, (line) => {
      line.fill(1);
      line.producer('p', 1, { mayDie: true });
      line.producer('q', 1);
      line.consumer('c', 1);
      line.reaper();
    });
    holds('queue, death of a producer', core, model);
  });

  test('of who shuts down at once has one item in its hands', () => {
    const model = withLine({}, (line) => {
      line.fill(3);
      line.drops = true;
      line.add('s', () => [call('queueShutdown', () => [line.queue, 1])], { mayDie: true });
      line.consumer('c', 4);
      line.reaper();
      line.m.finally(() => {
        const gone = 3 - line.left().length - line.taken;
        return gone - line.done > 1 ? `${gone} items are gone and ${line.done} counted off` : undefined;
      });
    });
    holds('queue, death in a shutdown', core, model, { fine: true });
  });

  test('of who counts off does not leave joiners asleep', () => {
    const model = withLine({}, (line) => {
      line.fill(1);
      line.add('t', () => [call('queueTaskDone', () => [line.queue])], { mayDie: true });
      line.add('j', () => [call('queueJoin', [line.queue, FOREVER], () => must(line.done === 1, 'joined too early'))], {
        maySleep: () => line.done === 0,
      });
      line.reaper();
    });
    holds('queue, death in taskDone', core, model);
    const beside = withLine({}, (line) => {
      line.fill(2);
      line.add('t', () => [call('queueTaskDone', () => [line.queue])], { mayDie: true });
      line.add('u', () => [call('queueTaskDone', () => [line.queue])]);
      line.add('j', () => [call('queueJoin', [line.queue, FOREVER], () => must(line.done === 2, 'joined too early'))], {
        maySleep: () => line.done < 2,
      });
      line.reaper();
    });
    holds('queue, death in taskDone, another counts off', core, beside);
  });
});
