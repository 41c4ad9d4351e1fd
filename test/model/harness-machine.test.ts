/**
 * The harness on a core of its own (assembly/sample/): each operation does what it should, and failures are
 * told as they should be.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { buildCore, type Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { Status } from './machine.ts';
import type { Model } from './model.ts';
import { atomic, call, label, must, repeat, run } from './program.ts';

const source = join(dirname(fileURLToPath(import.meta.url)), 'assembly/sample');
const core = await buildCore({ source });
const mutant = (...edits: Edit[]) => buildCore({ source, mutant: edits });
const LOCK = 64;
const TIMEOUT = 2;
const fine = { fine: true };
/** Words for whatever a test needs. */
const P = 256;

function users(workers: number, times: number) {
  return (m: Model) => {
    m.name(LOCK, 'lock', ['word', 'seq', 'waits']);
    m.show((value, where) => (where === 'lock.word' && value < 0 ? `${value & 0xffff}+CONTENDED` : String(value)));
    const steps = [call('acquire', [LOCK, -1]), run('is inside', () => {}), call('release', [LOCK])];
    for (let i = 0; i < workers; i++) m.worker(`w${i}`, repeat(times, steps)).call('become', i + 1);
  };
}

describe('the machine', () => {
  test('wakes sleepers first in, first out', () => {
    holds('order of waking', core, (m) => {
      const { workers } = m.machine;
      const isAsleep = (i: number) => m.machine.statusOf(workers[i]) === Status.PARKED;
      for (let i = 0; i < 3; i++) {
        m.worker(`w${i}`, [
          label('not yet'),
          run('queues up', (_, flow) => {
            if (i > 0 && !isAsleep(i - 1)) flow.goto('not yet');
          }),
          call('sleepOnce', [P, 0, -1]),
        ]);
      }
      m.worker('waker', [
        label('not yet'),
        run('waits for the last', (_, flow) => {
          if (!isAsleep(2)) flow.goto('not yet');
        }),
        ...[0, 1, 2].map((i) =>
          atomic('notify', [P, 1], (woken) =>
            must(woken === 1 && !isAsleep(i) && (i === 2 || isAsleep(i + 1)), 'not the first one'),
          ),
        ),
        atomic('notify', [P, -1], (woken) => must(woken === 0, 'woke somebody twice')),
      ]);
    });
  });

  test('lets a timeout fire at any moment, and the clock agree with it to the end of the call', () => {
    const { outcomes } = holds('timeout', core, (m) => {
      const end = m.ghost({ result: 0 });
      m.outcome(() => String(end.result));
      m.worker('sleeper', [
        call('sleepOnce', [P, 0, 5], (result) => void Object.assign(end, { result })),
        call('clockIsZero', [], (zero) => must(zero === 1, 'the clock did not go back')),
      ]);
      m.worker('waker', [atomic('store', [P, 1]), atomic('notify', [P, 1])]);
    });
    expect(outcomes).toEqual(new Set(['0', '1000', '2001']));
  });

  test('does not let a wait for ever time out', () => {
    breaks('no timeout', core, (m) => void m.worker('sleeper', [call('sleepOnce', [P, 0, -1])]), /^sleeps for ever: sleeper$/);
    holds('allowed to sleep', core, (m) => void m.worker('sleeper', [call('sleepOnce', [P, 0, -1])], { maySleep: true }));
  });

  test('has 64-bit words', () => {
    holds('addHigh', core, (m) => {
      for (const i of [0, 1]) m.worker(`w${i}`, [call('addHigh', [P, 1]), call('addHigh', [P, -3])]);
      m.finally(() => (m.load(P) !== 0 || m.load(P + 4) !== -4 ? `${m.load(P + 4)}:${m.load(P)}` : undefined));
    });
    holds('no tearing', core, (m) => {
      m.worker('writer', [call('setWide', [P, 7, 7]), call('setWide', [P, -1, -1])]);
      m.worker('reader', repeat(2, [call('halvesEqual', [P], (equal) => must(equal === 1, 'torn'))]));
    });
  });

  test('has plain 64-bit words, which nothing tears', () => {
    const counting = (m: Model) => {
      for (const i of [0, 1]) m.worker(`w${i}`, [call('incrementHalves', [P])], { mayDie: i === 0 });
      m.reaper('reaper', [call('plainHalvesEqual', [P], (equal) => must(equal === 1, 'torn'))]);
      m.finally(() => (m.load(P) === m.load(P + 4) ? undefined : 'torn'));
      m.outcome(() => `${m.victim < 0 ? 'alive' : 'dead'} ${m.load(P)}`);
    };
    const { outcomes } = holds('plain 64 bits', core, counting, fine);
    expect(outcomes).toEqual(new Set(['alive 1', 'alive 2', 'dead 1', 'dead 2']));
    expect(holds('plain 64 bits, coarse', core, counting).outcomes).not.toContain('alive 1');
    const reading = (m: Model) => {
      m.worker('writer', [call('setPlainWide', [P, 7, 7]), call('setPlainWide', [P, -1, -1])]);
      m.worker('reader', repeat(2, [call('plainHalvesEqual', [P], (equal) => must(equal === 1, 'torn'))]));
    };
    holds('plain 64 bits, read', core, reading, fine);
    breaks('no 64-bit word', core, (m) => void m.worker('w', [call('setPlainWide', [P + 4, 0, 0])]), /no 64-bit word at 260/);
  });

  test('leaves the bits of a double as they are', () => {
    // A signalling NaN, and the negative zero.
    for (const [low, high] of [
      [1, 0x7ff00000],
      [0, -0x80000000],
    ] as const)
      holds('double', core, (m) => {
        m.store(P, low);
        m.store(P + 4, high);
        m.worker('mover', [call('moveDouble', [P + 8, P])]);
        m.finally(() => (m.load(P + 8) === low && m.load(P + 12) === high ? undefined : 'another double'));
      });
  });

  test('has bytes', () => {
    holds('bytes', core, (m) => {
      m.store(P, -0x7f7e7d7d);
      const bytes = [0x83, 0x82, 0x81, 0x80];
      m.worker(
        'reader',
        bytes.map((byte, i) => call('byteAt', [P + i], (read) => must(read === byte, `byte ${i} is ${read}`))),
      );
    });
  });

  test('fills in two halves, and no more than it is told', () => {
    const model = (m: Model) => {
      m.worker('filler', [call('fillWith', [P, 1, 64])], { mayDie: true });
      m.finally(() => ([0, 60].some((at) => m.load(P + at) === 0) && m.load(P) !== m.load(P + 60) ? 'half a fill' : undefined));
    };
    holds('coarse fill', core, model);
    const read = (m: Model) => {
      m.worker('filler', [call('fillWith', [P, 1, 64])]);
      m.worker('reader', [call('sum', [P, 16], (sum) => must(sum === 0 || sum === 16 * 0x01010101, 'half a fill'))]);
    };
    breaks('fine fill', core, read, /^half a fill$/, fine);
    holds('fill of few bytes', core, (m) => {
      for (const at of [0, 4, 8]) m.store(P + at, -1);
      m.worker('filler', [call('fillWith', [P + 3, 2, 6]), call('fillWith', [P, 0, 0])]);
      const words = [0x02ffffff, 0x02020202, -254];
      m.finally(() => (words.every((word, i) => m.load(P + i * 4) === word) ? undefined : 'other bytes'));
    });
  });

  test('copies in two halves', () => {
    const model = (m: Model) => {
      m.store(P, 1);
      m.store(P + 60, 1);
      m.worker('copier', [call('move', [P + 64, P, 64])]);
      m.worker('reader', [call('sum', [P + 64, 16], (sum) => must(sum !== 1, 'half a copy'))]);
    };
    holds('coarse copy', core, (m) => {
      m.store(P, 1);
      m.store(P + 60, 1);
      m.worker('copier', [call('move', [P + 64, P, 64])], { mayDie: true });
      m.finally(() => (m.load(P + 64) !== m.load(P + 124) ? 'half a copy' : undefined));
    });
    breaks('fine copy', core, model, /^half a copy$/, { fine: true });
  });

  test('keeps globals of each instance', () => {
    holds('globals', core, (m) => {
      for (const i of [1, 2]) {
        const steps = [call('acquireAndNote', [LOCK]), call('release', [LOCK])];
        const check = call('howOften', [], (times) => must(times === 4, `noted ${times}`));
        m.worker(`w${i}`, [...repeat(2, steps), check, call('whoAmI', [], (me) => must(me === i, `became ${me}`))]).call(
          'become',
          i,
        );
      }
    });
  });

  test('lets conditions call what changes nothing', () => {
    const model = (name: string) => (m: Model) => {
      for (const i of [0, 1]) m.worker(`w${i}`, [call('addOne', [P]), call('addOne', [P + 4])]);
      m.always(() => (m.look(name, P, 2) > 4 ? 'too many' : undefined));
      m.outcome(() => String(m.look(name, P, 2)));
    };
    expect(holds('looks', core, model('sum')).outcomes).toEqual(new Set(['4']));
    expect(() => holds('writes', core, model('addOne'))).toThrow('should only look');
    for (const name of ['fillWith', 'move']) {
      const writes = (m: Model) => {
        m.worker('w', []);
        m.always(() => (m.look(name, P, P + 64, 64) ? 'it answered' : undefined));
      };
      expect(() => holds('writes', core, writes)).toThrow('should only look');
    }
  });

  test('cuts a call of the setup short at any operation', () => {
    const sums = [0, 1, 2, 3, 4].map((operations) => {
      const outcomes = holds('cut short', core, (m) => {
        const dead = m.worker('dead', []);
        const cut = dead.dies(operations, 'incrementBoth', P);
        m.outcome(() => `${cut} ${m.load(P)} ${m.load(P + 4)}`);
      }).outcomes;
      return [...outcomes].join();
    });
    expect(sums).toEqual(['true 0 0', 'true 0 0', 'true 1 0', 'true 1 0', 'false 1 1']);
  });

  test('grows as far as it is told', () => {
    const model = (m: Model) => {
      const grown = m.ghost({ pages: 0 });
      const grow = call('growBy', [1], (ok) => {
        grown.pages += ok;
      });
      for (const i of [0, 1]) m.worker(`w${i}`, [grow]);
      m.finally(() => (grown.pages === 1 ? undefined : `${grown.pages} pages`));
    };
    holds('grow', core, model, { pages: 2, sparePages: 1 });
  });

  test('tells what can go on for ever from what must', () => {
    const A = P;
    const B = P + 4;
    holds('may go on for ever', core, (m) => {
      m.worker('a', [call('yieldTo', [A, B]), atomic('store', [A, 0])]);
      m.worker('b', [call('yieldTo', [B, A]), atomic('store', [B, 0])]);
    });
    breaks(
      'must go on for ever',
      core,
      (m) => void m.worker('a', [call('dither', [A])]),
      /^no schedule comes to an end from here$/,
    );
    const late = (m: Model) => {
      m.worker('a', [call('dither', [A])]);
      m.worker('b', [atomic('cas', [A, 2, 1])]);
    };
    breaks('must go on for ever if b is late', core, late, /^no schedule comes to an end from here$/);
    breaks(
      'steps that do nothing',
      core,
      (m) => void m.worker('a', [label('x'), run('y', () => {}), run('z', (_, flow) => flow.goto('x'))]),
      /^no schedule/,
    );
  });

  test('goes round a bounded spin in full, and stops an unbounded one that sees nothing new', () => {
    const { outcomes } = holds('3 polls', core, (m) => {
      const end = m.ghost({ result: 0 });
      m.outcome(() => String(end.result));
      m.worker('w0', [call('acquire', [LOCK, -1]), call('release', [LOCK])]).call('become', 1);
      const spinner = [
        call('trySpinning', [LOCK, 3], (result, flow) => {
          end.result = result;
          if (result === TIMEOUT) flow.stop();
        }),
        call('release', [LOCK]),
      ];
      m.worker('w1', spinner).call('become', 2);
    });
    expect(outcomes).toEqual(new Set(['0', String(TIMEOUT)]));
  });
});

describe('a failure', () => {
  test('is told as a schedule, in words', async () => {
    const bad = await mutant({
      file: 'mutex.ts',
      find: 'if (word & CONTENDED) wake(lock);',
      replace: 'if (!(word & CONTENDED)) wake(lock);',
    });
    const { report } = breaks('told', bad, users(2, 1), /^sleeps/);
    expect(report).toBe(
      [
        'told: sleeps for ever: w1',
        '       w0  calls acquire(lock, -1)',
        '       w1  calls acquire(lock, -1)',
        '    1  w0  cas [lock.word] 0 -> 1 = 0',
        '       w0  acquire returns 0',
        '    2  w0  is inside',
        '       w0  calls release(lock)',
        '    3  w1  cas [lock.word] 0 -> 2 = 1',
        '    4  w1  load [lock.word] = 1',
        '    5  w1  cas [lock.word] 1 -> 1+CONTENDED = 1',
        '    6  w1  wait [lock.word] while 1+CONTENDED: sleeps',
        '    7  w0  xchg [lock.word] <- 0 = 1+CONTENDED',
        '       w0  release returns 0',
        '  and then:',
        '       w0  done',
        '       w1  asleep on [lock.word] in acquire',
        '       lock.word = 0',
        '       lock.seq = 0',
        '       lock.waits = 0',
      ].join('\n'),
    );
  });

  test('tells every operation', () => {
    const wrong = run('looks', () => must(false, 'told'));
    const program = [
      call('setWide', [P, 1, 2]),
      call('addHigh', [P, 1]),
      call('incrementHalves', [P]),
      call('fillWith', [P, 5, 8]),
      call('move', [P + 16, P, 8]),
      call('increment', [P]),
      wrong,
    ];
    const { report } = breaks(
      'told',
      core,
      (m) => {
        m.name(P, 'wide', ['low', 'high']);
        m.worker('w', program);
        // For all of them to be shared words.
        m.worker('x', [call('move', [P + 24, P, 8]), call('setWide', [P, 1, 2])]);
      },
      /^told$/,
      fine,
    );
    const lines = report.split('\n').map((line) => line.replace(/^ *\d* *w? */, ''));
    for (const line of [
      'store64 [wide.low] <- 1:2',
      'load64 [wide.low] = 1:2',
      'cas64 [wide.low] 1:2 -> 2:2 = low half equal',
      'loadPlain64 [wide.low] = 2:2',
      'storePlain64 [wide.low] <- 3:3',
      'fill [wide.low] <- 5, 8 bytes',
      'copy [272] <- [wide.low] 8 bytes',
      'loadPlain [wide.low] = 84215045',
      'storePlain [wide.low] <- 84215046',
    ])
      expect(lines).toContain(line);
  });

  test('is what a search ends in that meets too many states', () => {
    expect(() => holds('too many', core, users(3, 2), { maxStates: 1000 })).toThrow('gave up: more than 1000 states');
    expect(() => breaks('too many', core, users(3, 2), /./, { maxStates: 1000 })).toThrow('gave up: more than 1000 states');
  });

  test('is reported if nothing was found wrong where something should be', () => {
    expect(() => breaks('sound', core, users(2, 1), /./)).toThrow(/nothing was found wrong/);
    expect(() => breaks('otherwise wrong', core, (m) => void m.worker('a', [call('dither', [P])]), /^sleeps/)).toThrow(
      /no schedule/,
    );
  });

  test('is a trap of the core', () => {
    breaks('bad address', core, (m) => void m.worker('w0', [call('addOne', [70_000])]), /there is no word at 70000/);
  });

  test('is a stack that does not fit', () => {
    breaks('small stack', core, users(2, 1), /unreachable/, { stackBytes: 16 });
  });

  test('is a mutant that cannot be made', async () => {
    await expect(mutant({ file: 'mutex.ts', find: 'cas(', replace: 'x(' })).rejects.toThrow(/occurs \d+ times/);
    await expect(mutant({ file: 'nowhere.ts', find: 'a', replace: 'b' })).rejects.toThrow('there is no nowhere.ts');
  });

  test('is a write past the harness', () => {
    const model = (m: Model) => {
      const writes = run('writes', () => {
        m.machine.words[(P >> 2) + 1000] = 1;
      });
      m.worker('w0', [writes, atomic('add', [P, 1])]);
      m.worker('w1', [atomic('add', [P, 1])]);
    };
    expect(() => holds('past the harness', core, model)).toThrow(/was written to past the harness/);
  });

  test('is a variable that belongs into a ghost', () => {
    const model = (m: Model) => {
      let times = 0;
      m.worker('w0', [atomic('add', [P, 1]), run('counts', () => void times++), atomic('add', [P, 1])]);
      m.worker('w1', [
        call('increment', [P]),
        atomic('load', [P]),
        run('depends', (_, flow) => (times % 2 ? flow.stop() : undefined)),
        atomic('store', [P, 9]),
      ]);
    };
    expect(() => holds('leak', core, model)).toThrow(/belongs into a ghost/);
  });
});
