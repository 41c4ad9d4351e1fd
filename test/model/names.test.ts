/**
 * A worker's name, which one may read while another changes it: what is read is a name that somebody gave,
 * whole, also when who changes it dies at any step and somebody takes the name's lock over before the reaper
 * comes to the repair.
 */
import { describe } from 'vitest';
import { Encoding } from '../../assembly/abi.ts';
import { breaks, holds } from './check.ts';
import { core, fine } from './core.ts';
import { enlist, heapTrouble, makeHeap, reaps, writeWords } from './heap.ts';
import type { Model } from './model.ts';
import { planted } from './planted.ts';
import { atomic, call, must, type Step } from './program.ts';

const WORKERS = 'lifecycle/workers.ts';
const BYTES = 16;
/** What a record's header says of the names of these models: no two alike. */
const METAS = [Encoding.LATIN1, Encoding.UTF8, Encoding.BYTES];
const META = 4;

const names = (mayDie: boolean) => (m: Model) => {
  makeHeap(m, 24);
  const record = m.call('refObject', m.call('workerCreate', 0));
  m.name(record, 'record', ['state', 'exitCode', 'gateSeq', 'gateWaiters']);
  const boxes = METAS.map((meta) => {
    const block = m.call('allocate', BYTES);
    writeWords(m, block, [8, meta, meta]);
    return block;
  });
  const [first, second, third] = boxes as [number, number, number];
  const tids: number[] = [];
  const add = (name: string, program: Step[], dies = false) => {
    const handle = m.worker(name, program, { mayDie: dies });
    tids[handle.index] = enlist(m, handle);
    return handle;
  };
  m.call('workerSetName', record, first);
  add('u', [call('workerSetName', [record, second])], mayDie);
  const read = (meta: number) => must(METAS.includes(meta), `a name that nobody gave: ${meta.toString(16)}`);
  // Takes the block that becomes free, and writes into it.
  const block = m.ghost({ at: 0 });
  add('v', [
    call('workerSetName', [record, third]),
    call('allocate', [BYTES], (at) => {
      block.at = at;
    }),
    atomic('store', () => [block.at + META, 0x7ead]),
    ...(mayDie ? [call('workerName', [record], read)] : []),
  ]);
  if (!mayDie) add('w', [call('workerName', [record], read)]);
  if (mayDie) enlist(m, m.reaper('reaper', [...reaps(m, tids), call('workerName', [record], read)]));
  m.finally(() => heapTrouble(m));
};

describe('a name', () => {
  planted(
    'is read whole while others change it',
    {
      bad: {
        file: WORKERS,
        find: '  if (boxed) copy(selfScratch, boxed, RECORD + align8(<u32>loadPlain(boxed)));\n  unlock(nameLock(worker));',
        replace: '  unlock(nameLock(worker));\n  if (boxed) copy(selfScratch, boxed, RECORD + align8(<u32>loadPlain(boxed)));',
      },
    },
    ({ bad }) => {
      holds('names, two who change it', core, names(false), fine);
      breaks('a name read without its lock', bad, names(false), /^a name that nobody gave/, fine);
    },
  );

  planted(
    'is read whole whoever dies over it',
    { bad: { file: 'lifecycle/reaper.ts', find: 'workerAbandon(object, tid);', replace: '' } },
    ({ bad }) => {
      holds('names, death of who changes it', core, names(true), fine);
      breaks('a lock that nobody lets go of', bad, names(true), /^(sleeps|spins) for ever/, fine);
    },
  );
});
