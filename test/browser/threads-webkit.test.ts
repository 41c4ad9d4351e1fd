/**
 * Thread tests of Node, from the same files, in WebKitGTK: one of each part of the package.
 */
import { type Files, testIn } from './run-tests.ts';

const FILES: Files = {
  // Its errors have other words.
  'threads/workers/classes': 'found nowhere',
  'threads/workers/targets': "main module exports|Node's calls|outer name",
  'threads/queue/traffic': undefined,
  'threads/pool/imap': undefined,
  'threads/sync/condition': undefined,
};

await testIn('WebKit', FILES, 1);
