/**
 * The thread tests and the seed programs of Node, from the same files, in Chromium.
 */
import { type Files, testIn } from './run-tests.ts';

const FILES: Files = {
  'threads/death/waiters': '\\(async\\)',
  'threads/death/lock': 'RLock|Condition|release|exit',
  'threads/workers/lifecycle': 'exit',
  'threads/queue/waking': 'it may exit at once',
  'threads/smoke': undefined,
  'threads/sync/barrier': undefined,
  'threads/sync/condition': undefined,
  'threads/sync/event': undefined,
  'threads/sync/lock': undefined,
  'threads/sync/rlock': undefined,
  'threads/sync/semaphore': undefined,
  'threads/sync/value': undefined,
  'threads/queue/traffic': undefined,
  'threads/workers/classes': undefined,
  'threads/workers/family': undefined,
  'threads/workers/slots': undefined,
  'threads/workers/targets': "main module exports|Node's calls",
  'unit/queue/items': undefined,
  'threads/queue/disciplines': 'locale',
  'threads/pipe/pipe': undefined,
  'threads/sync/array': undefined,
  'threads/workers/threads': 'daemon|exit|in its runtime',
  'threads/workers/timer': undefined,
  'threads/pool/apply': 'no such function',
  'threads/pool/imap': undefined,
  'threads/pool/cancel': undefined,
  'threads/manager/update': undefined,
  'threads/manager/remote': 'that dies',
  'seeds/004-order': undefined,
  'seeds/004-timers': undefined,
  'seeds/000': 'P1|P2:|P3:|P5: a daemon thread is alive',
  'seeds/001': 'P5|P6|P7|P8|P9|P10|P12|P15|P16',
  'seeds/002': 'P5|P6|P7|P10|P11',
  'seeds/003': 'P1:|P2:',
  'seeds/004': undefined,
  'seeds/004-lights': undefined,
  'seeds/004-shops': undefined,
};

// Whoever is killed there while it waits dies two seconds later: meanwhile others can run.
await testIn('Chromium', FILES, 4);
