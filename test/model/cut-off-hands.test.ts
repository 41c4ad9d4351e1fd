/**
 * What a call has in its hands when it is cut off: the heap's lock, and blocks that it was giving or taking. They
 * are what they were, and nothing of them is lost (assembly/lifecycle/cut-off.ts; cut-off.test.ts has the rest).
 */
import { describe } from 'vitest';
import { Meta } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { classOf, PAGE, usedIn } from './heap.ts';
import { withLine } from './line.ts';
import type { Describe } from './model.ts';
import { planted } from './planted.ts';
import { call, must, type Program } from './program.ts';
import { Cast } from './sync.ts';

const CUT_OFF = 'lifecycle/cut-off.ts';

/** Who wants a page is cut off and calls nothing any more; another one wants one, too. */
const growing: Describe = (m) => {
  const cast = new Cast(m);
  const takes: Program = [call('allocate', [PAGE], (page) => must(page !== 0, 'no page'))];
  cast.worker('w', () => takes, { mayBeCut: { object: 0, afterwards: [] } });
  cast.worker('x', () => takes);
};

/**
 * The block of an item does not begin at a multiple of 32; who takes it is cut off, and gives back all it has:
 * then there is a block for each item that is left.
 */
const takenAt = withLine({ sizes: [-1] }, (line) => {
  const bytes = Meta.BLOCK_HEADER + 4;
  line.m.call('allocate', bytes);
  line.cut(
    'w',
    (me) => line.gets(me, 1),
    () => [call('refCloseOwn')],
    { maySleep: () => line.isEmpty(), calls: /^queueGet$/ },
  );
  line.producer('p', 1);
  line.m.finally(() => {
    const more = usedIn(line.m, classOf(bytes)) - 1 - line.left().length;
    return more === 0 ? undefined : `${more} blocks more than items`;
  });
});

/** Who takes it has a handle besides, which he gives back first: the list of what is his is whole. */
const takenBehind = withLine({ sizes: [-1] }, (line) => {
  const { m, queue } = line;
  const name = [m.call('objectId', queue), m.call('objectGeneration', queue)];
  const own = m.ghost({ ref: 0 });
  const opens = call('refOpen', name, (ref) => {
    own.ref = ref;
  });
  line.cut(
    'w',
    (me) => [opens, ...line.gets(me, 1)],
    () => [call('refClose', () => [own.ref]), call('nodeCreate'), call('refCloseOwn')],
    { maySleep: () => line.isEmpty(), calls: /^queueGet$/ },
  );
  line.producer('p', 1);
});

/** The same of who puts it. */
const given = withLine({ sizes: [-1] }, (line) => {
  line.cut(
    'w',
    (me) => line.puts(me, 1),
    () => [call('refCloseOwn')],
    { calls: /^queuePutBlock$/ },
  );
  line.m.finally(() => {
    const more = usedIn(line.m, classOf(Meta.BLOCK_HEADER + 4)) - line.left().length;
    return more === 0 ? undefined : `${more} blocks more than items`;
  });
});

/** A put by an end of a pipe that can only send is cut off, and its worker calls nothing more. */
const sends = withLine({}, (line) => {
  const end = line.m.call('refObject', line.m.call('connectionCreate', 0, line.queue));
  line.add('w', (me) => line.puts(me, 1), { mayBeCut: { object: end, afterwards: [] } });
  line.producer('q', 1);
});

describe('a call is cut off', () => {
  planted(
    'that has its lock',
    {
      bad: { file: CUT_OFF, find: '        owned = true;\n      } else if (isQueue) {', replace: '      } else if (isQueue) {' },
    },
    ({ bad }) => {
      holds('cut off, allocate', core, growing, fine);
      breaks('cut off, the heap stays locked', bad, growing, /^sleeps for ever: x$/, fine);
    },
  );
  planted(
    'that takes a block, wherever that lies',
    { bad: { file: CUT_OFF, find: 'while (ref && (ref & 15) == 0 &&', replace: 'while (ref && (ref & 31) == 0 &&' } },
    ({ bad }) => {
      // Alone, it may be cut off anywhere.
      const everywhere = { ...fine, reduce: false };
      holds('cut off, get of a block at 48', core, takenAt, everywhere);
      breaks('cut off, not settled at 48', bad, takenAt, /taken and free|in a cycle|garbled|nobody put|blocks more/, everywhere);
    },
  );
  planted(
    'that takes a block, in front of what else is its own',
    {
      first: { file: CUT_OFF, find: "storePlain(first + offsetof<Ref>('previous'), 0);", replace: ';' },
    },
    ({ first }) => {
      const everywhere = { ...fine, reduce: false };
      holds('cut off, get of a block, and a handle', core, takenBehind, everywhere);
      breaks('cut off, the first one was told', first, takenBehind, /taken and free|in a cycle|no word at|garbled/, everywhere);
    },
  );
  planted(
    'that sends by an end of a pipe',
    {
      bad: {
        file: CUT_OFF,
        find: 'object = (second & 15) == 0 && second < end ? second : 0;',
        replace: 'object = 0;',
      },
    },
    ({ bad }) => {
      holds('cut off, sent', core, sends);
      breaks('cut off, the pipe stays locked', bad, sends, /^sleeps for ever: q$|still locked/);
    },
  );
  planted(
    'that gives a block, or not yet',
    {
      bad: {
        file: CUT_OFF,
        find: '} else if ((load(word & ~3) == after) != ((word & TAKING) != 0)) {',
        replace: '} else {',
      },
    },
    ({ bad }) => {
      const everywhere = { ...fine, reduce: false };
      holds('cut off, put of a block, and it is given back', core, given, everywhere);
      breaks('cut off, lost with its block', bad, given, /^1 blocks more than items$/, everywhere);
    },
  );
  planted(
    'what was changing hands is not settled',
    { bad: { file: CUT_OFF, find: '  if (settle) settleOwn(end);\n', replace: '' } },
    ({ bad }) => {
      const model = withLine({ sizes: [-1] }, (line) => {
        line.cut(
          'w',
          (me) => line.puts(me, 1),
          () => [call('refCloseOwn')],
        );
      });
      // Alone, it may be cut off anywhere.
      const everywhere = { ...fine, reduce: false };
      holds('cut off, put of a block, and all is given back', core, model, everywhere);
      breaks('cut off, not settled', bad, model, /nobody put|garbled|in a cycle|taken and free|no word at/, everywhere);
    },
  );
});
