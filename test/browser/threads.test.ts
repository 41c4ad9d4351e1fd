/**
 * The thread tests and the seed programs of Node, from the same files, in Chromium.
 */
import { inFull } from '../support/mode.ts';
import { type Files, testIn } from './run-tests.ts';

/** What a browser has in another way than Node: waits, wake-ups, ends, targets, pools, and a document's programs. */
const FILES: Files = {
  'threads/death/waiters': '\\(async\\)',
  'threads/death/lock': 'RLock|Condition|release|exit',
  'threads/workers/lifecycle': 'exit',
  'threads/queue/waking': 'it may exit at once',
  'threads/smoke': undefined,
  'threads/sync/condition': undefined,
  'threads/sync/lock': undefined,
  'threads/sync/semaphore': undefined,
  'threads/queue/traffic': undefined,
  'threads/workers/family': undefined,
  'threads/workers/slots': undefined,
  'threads/workers/targets': "main module exports|Node's calls",
  'threads/pipe/pipe': undefined,
  'threads/workers/threads': 'daemon|exit|in its runtime',
  'threads/pool/apply': 'no such function',
  'threads/pool/cancel': undefined,
  'threads/manager/remote': 'that dies',
  'seeds/002': 'P5|P6|P7|P10|P11',
  'seeds/004': undefined,
};

/** Over the same waits and ends. */
const MORE: Files = {
  'threads/sync/barrier': undefined,
  'threads/sync/event': undefined,
  'threads/sync/rlock': undefined,
  'threads/sync/value': undefined,
  'threads/workers/classes': undefined,
  'unit/queue/items': undefined,
  'threads/queue/disciplines': 'locale',
  'threads/sync/array': undefined,
  'threads/workers/timer': undefined,
  'threads/pool/imap': undefined,
  'threads/manager/update': undefined,
  'seeds/004-order': undefined,
  'seeds/004-timers': undefined,
  'seeds/000': 'P1|P2:|P3:|P5: a daemon thread is alive',
  'seeds/001': 'P5|P6|P7|P8|P9|P10|P12|P15|P16',
  'seeds/003': 'P1:|P2:',
  'seeds/004-lights': undefined,
  'seeds/004-shops': undefined,
};

// Whoever is killed there while it waits dies two seconds later: meanwhile others can run.
await testIn('Chromium', inFull ? { ...FILES, ...MORE } : FILES, 3);
