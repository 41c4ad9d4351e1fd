/**
 * Thread tests of Node, from the same files, in Firefox: one or two of each part of the package.
 */
import { type Files, testIn } from './run-tests.ts';

const FILES: Files = {
  'threads/death/waiters': '\\(async\\)',
  'threads/workers/classes': undefined,
  'threads/workers/targets': "main module exports|Node's calls",
  'threads/queue/traffic': undefined,
  'threads/pool/imap': undefined,
  'threads/sync/condition': undefined,
  'threads/manager/update': undefined,
  'seeds/004': undefined,
};

await testIn('Firefox', FILES, 2);
