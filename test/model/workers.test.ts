/**
 * The registry of workers: ids and slots are given once, joiners are told, and a death gives back what was
 * half taken.
 */
import { describe, expect, test } from 'vitest';
import { SlotField, Status, WorkerField } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { classOf, enlist, heapTrouble, makeHeap, referencesTo, usedIn, wordsOf } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { planted } from './planted.ts';
import { atomic, call, label, must, type Program, run, type Step } from './program.ts';
import { asleep, FOREVER } from './sync.ts';

const WORKERS = 'lifecycle/workers.ts';
/** Of test/model/assembly/limits.ts. */
const SLOTS = 8;
const SCRATCHES = classOf(256);
const [INITIAL, STARTING, RUNNING, ENDED] = [0, 1, 2, 3] as const;

class Office {
  readonly tids: number[] = [];

  constructor(readonly m: Model) {
    makeHeap(m, 24);
    m.finally(() => heapTrouble(m));
  }

  add(name: string, program: Program, options: WorkerOptions = {}): { handle: Handle; tid: number } {
    const handle = this.m.worker(name, program, options);
    const tid = enlist(this.m, handle);
    this.tids[handle.index] = tid;
    return { handle, tid };
  }

  reaper(then: Program = []): void {
    enlist(this.m, this.m.reaper('reaper', [call('reap', () => [this.tids[this.m.victim] as number, 0]), ...then]));
  }

  /** The setup takes all slots but `left`. */
  crowd(left: number): void {
    while (this.freeSlots() > left) must(this.m.call('slotTake') > 0, 'no slot');
  }

  freeSlots(): number {
    let free = 0;
    for (let index = 0; index < SLOTS; index++) if (wordsOf(this.m)[this.m.look('slotOf', index) >> 2] === 0) free++;
    return free;
  }

  record(): number {
    const record = this.m.call('refObject', this.m.call('workerCreate', 0));
    this.m.name(record, 'record', ['state', 'exitCode', 'gateSeq', 'gateWaiters']);
    return record;
  }
}

describe('a slot', () => {
  /** Takes the only free slot, when it is free, and gives it back. */
  const takes = (time: string, own: { id: number }, other: { id: number }): Step[] => [
    label(time),
    call('slotTake', [], (id, flow) => {
      must(id > 0 || id === Status.RANGE, `answered ${id}`);
      if (id < 0) flow.goto(time);
      must(id < 0 || (id !== other.id && id !== own.id), 'one id for two workers');
      if (id > 0) own.id = id;
    }),
    call('slotFree', () => [own.id]),
  ];

  const contested = (m: Model) => {
    const office = new Office(m);
    const [u, v] = [m.ghost({ id: 0 }), m.ghost({ id: 0 })];
    office.add('u', [...takes('first', u, v), ...takes('then', u, v)]);
    office.add('v', takes('once', v, u));
    office.crowd(1);
    m.finally(() => (office.freeSlots() === 1 ? undefined : 'a slot is lost'));
  };

  planted(
    'is given to one worker, under an id that nobody had before',
    {
      bad: {
        file: WORKERS,
        find: 'if (load(word) != 0 || cas(word, 0, CLAIMED | self) != 0) continue;',
        replace: 'if (load(word) != 0) continue;\n    store(word, CLAIMED | self);',
      },
    },
    ({ bad }) => {
      holds('workers, one slot', core, contested, fine);
      breaks('a slot taken without a compare-and-swap', bad, contested, /^one id for two workers$|^a slot is lost$/, fine);
    },
  );

  planted(
    'has its own scratch, whoever frees it and takes it at once',
    {
      bad: {
        file: WORKERS,
        find: "  const scratch = <usize>(<u32>loadPlain(slot + offsetof<Slot>('scratch')));\n",
        replace:
          "  const scratch = <usize>(<u32>loadPlain(slot + offsetof<Slot>('scratch')));\n  store(slot + offsetof<Slot>('tid'), 0);\n",
      },
    },
    ({ bad }) => {
      const model = (m: Model) => {
        const before = m.ghost({ scratches: 0 });
        contested(m);
        before.scratches = usedIn(m, SCRATCHES);
        m.finally(() => {
          const more = usedIn(m, SCRATCHES) - before.scratches;
          return more === 0 ? undefined : `${more} scratches more are in use`;
        });
      };
      holds('workers, one slot and its scratch', core, model, fine);
      breaks('the owner cleared before the other words', bad, model, /./, fine);
    },
  );

  /**
   * Its parent dies at any step of taking it and naming the record in it; the supervisor then ends what was
   * not started, as src/entry/supervisor.ts does. Somebody else takes a slot meanwhile.
   */
  const naming = (m: Model) => {
    const office = new Office(m);
    const ref = m.call('workerCreate', 0);
    const record = m.call('refObject', ref);
    const [id, generation] = [m.look('objectId', record), m.look('objectGeneration', record)];
    const [own, found] = [m.ghost({ id: 0 }), m.ghost({ slot: 0 })];
    const parent = office.add(
      'u',
      [
        call('slotTake', [], (tid) => {
          own.id = tid;
        }),
        call('slotSetRecord', () => [own.id, id, generation]),
      ],
      { mayDie: true },
    );
    office.add('v', [call('slotTake', [], (tid) => must(tid > 0, `answered ${tid}`))]);
    const word = (slot: number, field: SlotField) => wordsOf(m)[(slot + field) >> 2] as number;
    office.reaper([
      run('looks for what was not started', (_, flow) => {
        found.slot = 0;
        for (let index = 0; index < SLOTS; index++) {
          const slot = m.look('slotOf', index);
          if (word(slot, SlotField.PARENT) === parent.tid && word(slot, SlotField.RECORD_ID) !== 0) found.slot = slot;
        }
        if (found.slot === 0) flow.goto('none');
      }),
      call(
        'refOpen',
        () => [word(found.slot, SlotField.RECORD_ID), word(found.slot, SlotField.RECORD_GENERATION)],
        (opened) => {
          must(opened > 0, `opened ${opened}`);
          own.id = opened;
        },
      ),
      call('reap', () => [word(found.slot, SlotField.TID), 0]),
      call('refClose', () => [own.id]),
      label('none'),
    ]);
    m.finally(() => {
      const references = referencesTo(m, [id, generation]);
      if (references === 0) return 'the record is gone, and somebody has a handle of it';
      // The slot has one of its own, until it is repaired. Who dies between counting it and naming the record
      // leaves it behind.
      const left = found.slot !== 0 ? 1 : 2;
      return references === left || (m.victim >= 0 && references === 1) ? undefined : `${references} references`;
    });
  };

  planted(
    'names a record that it has counted',
    {
      bad: {
        file: WORKERS,
        find: "  retain(id, generation);\n  store(slot + offsetof<Slot>('recordId'), id);",
        replace: "  store(slot + offsetof<Slot>('recordId'), id);\n  retain(id, generation);",
      },
    },
    ({ bad }) => {
      holds('workers, death of who names a record', core, naming, fine);
      breaks('named before it is counted', bad, naming, /the record is gone/, fine);
    },
  );

  planted(
    'has given its handle of the record back when it is repaired',
    {
      bad: {
        file: 'lifecycle/reaper.ts',
        find: '  slotReleaseRecord(tid);\n',
        replace: '',
      },
    },
    ({ bad }) => {
      breaks('a slot that keeps its record', bad, naming, /^2 references$/, fine);
    },
  );

  planted(
    'is free again when its taker has died over it',
    {
      bad: {
        file: WORKERS,
        find: 'if (tid == (CLAIMED | parent)) slotClear(slot);\n    else if',
        replace: 'if',
      },
    },
    ({ bad }) => {
      const model = (m: Model) => {
        const office = new Office(m);
        office.add('u', [call('slotTake')], { mayDie: true });
        office.reaper();
        const before = office.freeSlots();
        m.finally(() => {
          // The dead one's own slot is free too.
          const free = office.freeSlots();
          return free === (m.victim < 0 ? before - 1 : before + 1) ? undefined : `${free} slots are free, and were ${before}`;
        });
      };
      holds('workers, death of a taker', core, model, fine);
      breaks('a slot half taken', bad, model, /slots are free, and were/, fine);
    },
  );

  test('is given back with its scratch, whenever its worker dies', () => {
    const model = (withScratch: boolean) => (m: Model) => {
      const office = new Office(m);
      // Who has no id of its own yet takes a slot without a scratch.
      const tid = withScratch ? m.call('slotTake') : m.worker('stranger', []).call('slotTake');
      if (!withScratch) office.tids.push(0);
      office.tids.push(tid);
      m.worker('u', [call('workerBecome', [tid])], { mayDie: true });
      office.reaper();
      const [slots, scratches] = [office.freeSlots(), usedIn(m, SCRATCHES)];
      m.finally(() => {
        if (m.victim < 0) return undefined;
        // A block that was taken, and not noted yet, is lost.
        const more = usedIn(m, SCRATCHES) - scratches;
        return office.freeSlots() === slots + 1 && more <= 1 && more >= -1 ? undefined : `${more} scratches more are in use`;
      });
      m.outcome(() => `${m.victim < 0 ? 'alive' : 'dead'} ${usedIn(m, SCRATCHES) - scratches}`);
    };
    const { outcomes } = holds('workers, death of a beginner', core, model(true), fine);
    expect(outcomes).toEqual(new Set(['alive 0', 'dead -1']));
    const stranger = holds('workers, death of a beginner without a scratch', core, model(false), fine);
    expect(stranger.outcomes).toEqual(new Set(['alive 1', 'dead 0', 'dead 1']));
  });

  test('is free again when its taker has died over it, also while another takes one', () => {
    const model = (m: Model) => {
      const office = new Office(m);
      office.add('u', [call('slotTake')], { mayDie: true });
      const own = m.ghost({ id: 0 });
      office.add('v', [
        call('slotTake', [], (id) => {
          must(id > 0, `answered ${id}`);
          own.id = id;
        }),
      ]);
      office.reaper();
      office.crowd(2);
      m.finally(() => {
        if (!m.look('workerIsKnown', own.id)) return 'the slot was taken away';
        const free = office.freeSlots();
        return free === (m.victim < 0 ? 0 : 2) ? undefined : `${free} slots are free`;
      });
    };
    holds('workers, death of a taker, another takes', core, model, fine);
  });

  planted(
    'is not taken away from who takes it when its former taker dies',
    {
      bad: [
        {
          file: WORKERS,
          find: 'cas(word, 0, CLAIMED | self) != 0',
          replace: 'cas(word, 0, index | ((loadPlain(word + 4) + 1) << SLOT_BITS)) != 0',
        },
        { file: WORKERS, find: '    store(word, tid);\n', replace: '' },
      ],
    },
    ({ bad }) => {
      const model = (m: Model) => {
        const office = new Office(m);
        const own = m.ghost({ id: 0 });
        const { handle } = office.add('u', [], { mayDie: true });
        office.add('v', [
          label('again'),
          call('slotTake', [], (id, flow) => {
            own.id = id;
            if (id < 0) flow.goto('again');
          }),
        ]);
        office.reaper();
        office.crowd(1);
        // A child of u's had the last slot, and has ended.
        m.call('slotFree', handle.call('slotTake'));
        m.finally(() => (m.look('workerIsKnown', own.id) ? undefined : 'the slot was taken away'));
      };
      holds('workers, death of a former taker', core, model, fine);
      breaks('a taker that cannot be told yet', bad, model, /^the slot was taken away$/, fine);
    },
  );
});

describe('a worker that ends', () => {
  const joins = (office: Office, record: number, timeout = FOREVER): Step[] => [
    call('workerJoin', [record, timeout], (status) => {
      must(status === Status.OK || (status === Status.TIMEOUT && timeout !== FOREVER), `join answered ${status}`);
      must(status !== Status.OK || office.m.load(record) === ENDED, 'joined while it ran');
      must(status !== Status.OK || office.m.load(record + 4) !== 0, 'joined without an exit code');
    }),
  ];
  const life = (record: number): Step[] => [
    call('workerMove', [record, INITIAL, STARTING]),
    call('workerMove', [record, STARTING, RUNNING]),
    call('workerEnd', [record, 7], (first) => must(first === 1, 'it had ended before')),
  ];

  const joined = (m: Model) => {
    const office = new Office(m);
    const record = office.record();
    office.add('w', life(record));
    office.add('j', joins(office, record));
    office.add('k', joins(office, record, 5));
  };

  planted(
    'wakes all who join it',
    {
      bad: {
        file: WORKERS,
        find: '    if (cas(word, state, WorkerState.ENDED) == state) break;\n  }\n  workerWakeAll(worker);',
        replace: '    workerWakeAll(worker);\n    if (cas(word, state, WorkerState.ENDED) == state) break;\n  }',
      },
    },
    ({ bad }) => {
      holds('workers, join', core, joined);
      breaks('told before it has ended', bad, joined, /^sleeps for ever: [jk]/);
    },
  );

  planted(
    'has set its exit code before',
    {
      bad: [
        { file: WORKERS, find: "    store(worker + offsetof<Worker>('exitCode'), exitCode);\n", replace: '' },
        {
          file: WORKERS,
          find: '  workerWakeAll(worker);\n  workerSetOsPid(worker, -1);\n',
          replace: "  store(worker + offsetof<Worker>('exitCode'), exitCode);\n  workerWakeAll(worker);\n",
        },
      ],
    },
    ({ bad }) => {
      breaks('a late exit code', bad, joined, /^joined without an exit code$/);
    },
  );

  test('wakes event loops', () => {
    const model = (m: Model) => {
      const office = new Office(m);
      const record = office.record();
      const gate = m.call('workerGate', record);
      const own = m.ghost({ seen: 0 });
      office.add('w', life(record));
      office.add('j', joins(office, record));
      office.add('async', [
        label('again'),
        call('gateEnter', [gate]),
        atomic('load', [gate], (value) => {
          own.seen = value;
        }),
        call('workerJoin', [record, 0], (status, flow) => {
          if (status === Status.OK) flow.goto('joined');
        }),
        ...asleep(
          () => gate,
          () => own.seen,
          'again',
        ),
        label('joined'),
        call('gateLeave', [gate]),
      ]);
    };
    holds('workers, joined by an event loop', core, model);
  });

  test('by dying is ended by who repairs, and once', () => {
    const model = (m: Model) => {
      const office = new Office(m);
      const own = m.ghost({ seen: 0 });
      const record = office.record();
      office.add('w', life(record), { mayDie: true });
      office.add('j', [
        ...joins(office, record),
        call('workerExitCode', [record], (code) => {
          own.seen = code;
        }),
      ]);
      office.reaper([call('workerEnd', [record, -9])]);
      m.finally(() => (own.seen === m.load(record + 4) ? undefined : 'the exit code has changed'));
      m.outcome(() => `${m.victim < 0 ? 'alive' : 'dead'} ${own.seen}`);
    };
    const { outcomes } = holds('workers, death', core, model, fine);
    expect(outcomes).toEqual(new Set(['alive 7', 'dead 7', 'dead -9']));
  });

  planted(
    'wakes all who wait for its number, also by the death of who told it',
    {
      bad: {
        file: WORKERS,
        find: "  notify(worker + offsetof<Worker>('osPid'), -1);\n",
        replace: "  notify(worker + offsetof<Worker>('osPid'), 1);\n",
      },
    },
    ({ bad }) => {
      const model = (m: Model) => {
        const office = new Office(m);
        const record = office.record();
        const isUnknown = { maySleep: () => wordsOf(m)[(record + WorkerField.OS_PID) >> 2] === 0 };
        const asks = call('workerOsPid', [record], (pid) => must(pid === 5, `the number is ${pid}`));
        office.add('u', [call('workerSetOsPid', [record, 5])], { mayDie: true });
        office.add('j', [asks], isUnknown);
        office.add('k', [asks], isUnknown);
        office.reaper();
      };
      holds('workers, two wait for a number', core, model);
      breaks('one is told the number', bad, model, /^sleeps for ever: [jk]$/);
    },
  );

  test('wakes the other joiner when one has died', () => {
    const model = (m: Model) => {
      const office = new Office(m);
      const record = office.record();
      office.add('w', life(record));
      office.add('j', joins(office, record), { mayDie: true });
      office.add('k', joins(office, record));
      office.reaper();
    };
    holds('workers, death of a joiner', core, model);
  });
});
