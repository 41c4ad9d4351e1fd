/**
 * The harness on a core of its own (assembly/sample/): what holds is found to hold, and each planted bug is
 * found.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { buildCore, type Edit } from './build.ts';
import { breaks, holds } from './check.ts';
import { Status } from './machine.ts';
import type { Model } from './model.ts';
import { atomic, call, label, must, repeat, run, type Step, turn, waitAsync } from './program.ts';

const source = join(dirname(fileURLToPath(import.meta.url)), 'assembly/sample');
const core = await buildCore({ source });
const mutant = (...edits: Edit[]) => buildCore({ source, mutant: edits });
const LOCK = 64;
const SEQ = LOCK + 4;
const WAITS = LOCK + 8;
const TIMEOUT = 2;

function named(m: Model): void {
  m.name(LOCK, 'lock', ['word', 'seq', 'waits']);
  m.show((value, where) => (where === 'lock.word' && value < 0 ? `${value & 0xffff}+CONTENDED` : String(value)));
}

/** Acquires, is inside for a moment, releases. */
function section(inside: { who: number }, me: number, acquire: Step): Step[] {
  return [
    acquire,
    run('is inside', () => {
      inside.who = me;
    }),
    run('goes out', () => must(inside.who === me, 'two inside')),
    call('release', [LOCK]),
  ];
}

function users(workers: number, times: number, acquire = 'acquire', ...timeouts: number[]) {
  return (m: Model) => {
    named(m);
    const inside = m.ghost({ who: 0 });
    for (let i = 0; i < workers; i++) {
      const timeout = timeouts[i] ?? -1;
      const take = call(acquire, [LOCK, timeout], (result, flow) => {
        if (result === TIMEOUT) flow.stop();
        must(result !== TIMEOUT || timeout >= 0, 'timed out without a timeout');
      });
      m.worker(`w${i}`, repeat(times, section(inside, i + 1, take))).call('become', i + 1);
    }
    m.finally(() => (m.load(LOCK) & 0xffff ? 'the lock is still held' : undefined));
  };
}

describe('a mutex', () => {
  test('2 workers, twice each', () => void holds('lock 2x2', core, users(2, 2)));
  test('3 workers', () => void holds('lock 3x1', core, users(3, 1)));
  test('3 workers, two of them with a timeout', () => void holds('lock 3x1, timed', core, users(3, 1, 'acquire', 5, 5)));
  test('every operation a scheduling point', () => void holds('lock 3x1, not reduced', core, users(3, 1), { reduce: false }));
  test('by spinning', () => void holds('spin lock 3x1', core, users(3, 1, 'acquireSpinning')));

  test('a wake-up where nobody waits, and none where somebody does', async () => {
    const bad = await mutant({
      file: 'mutex.ts',
      find: 'if (word & CONTENDED) wake(lock);',
      replace: 'if (!(word & CONTENDED)) wake(lock);',
    });
    breaks('inverted condition', bad, users(2, 2), /^sleeps for ever: w\d$/);
  });

  test('no look at the word after the wait', async () => {
    const bad = await mutant({
      file: 'mutex.ts',
      find: 'if (result !== 1) parked = CONTENDED;',
      replace: 'if (result === 0) return OK;',
    });
    breaks('missing re-check', bad, users(2, 2), /^two inside$/);
  });

  test('a load and a store for a compare-and-swap', async () => {
    const bad = await mutant({
      file: 'mutex.ts',
      find: 'if (cas(lock, 0, self) === 0) return OK;\n  const',
      replace: 'if (load(lock) === 0) {\n xchg(lock, self); return OK; }\n  const',
    });
    breaks('no compare-and-swap', bad, users(2, 1), /^two inside$/);
  });

  test('giving up before CONTENDED is set', async () => {
    const bad = await mutant(
      { file: 'mutex.ts', find: 'if (timedOut) return TIMEOUT;', replace: '' },
      {
        file: 'mutex.ts',
        find: 'if (isFree(word)) {\n      if (cas(lock, word, self | parked',
        replace: 'if (timedOut) return TIMEOUT;\n    if (isFree(word)) {\n      if (cas(lock, word, self | (timedOut ? 0 : 0)',
      },
    );
    breaks('a lost mark', bad, users(3, 1, 'acquire', 5), /^sleeps for ever/);
  });

  test('a spinner that waits for what never comes', async () => {
    const bad = await mutant({ file: 'mutex.ts', find: 'const word = xchg(lock, 0);', replace: 'const word = load(lock);' });
    breaks('no release', bad, users(2, 1, 'acquireSpinning'), /^spins for ever: w\d$/);
  });
});

describe('deaths', () => {
  /** The first worker may die anywhere; who comes after it must get the lock. */
  const mortal = (m: Model) => {
    named(m);
    const inside = m.ghost({ who: 0 });
    for (let i = 0; i < 3; i++) {
      m.worker(`w${i}`, section(inside, i + 1, call('acquire', [LOCK, -1])), { mayDie: i === 0 }).call('become', i + 1);
    }
    m.reaper('reaper', [call('reap', () => [LOCK, m.victim + 1])]);
  };

  test('are repaired by a reaper', () => void holds('lock 3x1, a death', core, mortal));

  test('a reaper that wakes nobody: a death eats a wake-up', async () => {
    const bad = await mutant({ file: 'mutex.ts', find: '  notify(lock, -1);\n}\n\n/** Takes it', replace: '}\n\n/** Takes it' });
    const { report } = breaks('no kick', bad, mortal, /^sleeps for ever/);
    expect(report).toMatch(/w0 {6}dies/);
  });

  test('between two plain accesses are found if the search is fine', () => {
    const PAIR = 128;
    const model = (m: Model) => {
      m.name(PAIR, 'pair', ['first', 'second']);
      const program = [
        call('acquire', [LOCK, -1], (status) => must(status !== 0 || m.load(PAIR) === m.load(PAIR + 4), 'half an increment')),
        call('incrementBoth', [PAIR]),
        call('release', [LOCK]),
      ];
      m.worker('w0', program, { mayDie: true }).call('become', 1);
      m.worker('w1', program).call('become', 2);
      m.reaper('reaper', [call('reap', () => [LOCK, m.victim + 1])]);
      m.finally(() => (m.load(PAIR) !== m.load(PAIR + 4) ? 'half an increment' : undefined));
    };
    holds('coarse', core, model);
    breaks('fine', core, model, /^half an increment$/, { fine: true });
  });
});

describe('event loops', () => {
  /** Takes the lock and gives it back as the async twin does, sleeping on `word`. */
  const asyncUser = (m: Model, word: number) => {
    const own = m.ghost({ epoch: 0 });
    return [
      atomic('add', [WAITS, 1]),
      label('again'),
      atomic('load', [word], (value) => {
        own.epoch = value;
      }),
      call('tryOrMark', [LOCK], (result, flow) => {
        if (result === 0) flow.goto('got it');
      }),
      waitAsync(
        () => [word, own.epoch],
        (_, flow) => flow.goto('again'),
      ),
      label('got it'),
      atomic('add', [WAITS, -1]),
      call('release', [LOCK]),
    ];
  };
  const blocking = [call('acquire', [LOCK, -1]), call('release', [LOCK])];

  test('wait beside blocking workers', () => {
    holds('1 async, 2 blocking', core, (m) => {
      named(m);
      m.worker('async', asyncUser(m, SEQ)).call('become', 1);
      for (const i of [2, 3]) m.worker(`w${i}`, blocking).call('become', i);
    });
  });

  test('that never turn hold up nobody, if they sleep on a word of their own', () => {
    const zombie = (word: number) => (m: Model) => {
      named(m);
      m.worker('zombie', asyncUser(m, word), { zombie: true }).call('become', 1);
      for (const i of [2, 3]) m.worker(`w${i}`, blocking).call('become', i);
    };
    holds('zombie, two words', core, zombie(SEQ));
    breaks('zombie, one word', core, zombie(LOCK), /^sleeps for ever: w\d/);
  });

  test('have one thread for all their tasks', () => {
    // A task that blocks its thread while the lock is its neighbour's: nothing can help.
    const model = (blocks: boolean) => (m: Model) => {
      named(m);
      const held = [call('tryOrMark', [LOCK]), turn(), call('release', [LOCK])];
      m.worker('first', held).call('become', 1);
      m.worker('second', blocks ? blocking : [turn(), ...held.slice(1, 2)], { thread: 'first' });
    };
    holds('tasks that take turns', core, model(false));
    breaks('a task that blocks', core, model(true), /^sleeps for ever: first, second$/);
  });

  test('a task that is woken while another one blocks its thread does not go on', () => {
    const P = 256;
    const { READY, PARKED, DONE } = Status;
    const { outcomes } = holds(
      'woken, but blocked',
      core,
      (m) => {
        const { workers } = m.machine;
        const statuses = () => workers.map((worker) => m.machine.statusOf(worker)).join();
        m.worker('a', [waitAsync([P, 0])], { maySleep: true });
        m.worker('b', [call('sleepOnce', [P + 4, 0, -1])], { thread: 'a', maySleep: true });
        m.worker(
          'c',
          [
            label('not yet'),
            run('waits for both', (_, flow) => {
              if (statuses() !== String([PARKED, PARKED, READY])) flow.goto('not yet');
            }),
            atomic('notify', [P, 1], (woken) => must(woken === 1, 'woke nobody')),
          ],
          { maySleep: true },
        );
        m.outcome(statuses);
      },
      { canFinish: false },
    );
    expect(outcomes).toEqual(new Set([String([READY, PARKED, DONE])]));
  });

  test('a task is not interrupted between two awaits', () => {
    const model = (thread: string | undefined) => (m: Model) => {
      const PAIR = 128;
      const twice = [call('addOne', [PAIR]), call('addOne', [PAIR + 4])];
      const check = run('looks', () => must(m.load(PAIR) === m.load(PAIR + 4), 'interrupted'));
      m.worker('a', twice);
      m.worker('b', [check], thread === undefined ? {} : { thread });
    };
    holds('two tasks', core, model('a'));
    breaks('two threads', core, model(undefined), /^interrupted$/);
  });
});
