/**
 * The worker in which a test file runs: blocking is allowed there, as in Node's main thread. Its name says
 * what to run.
 */
import { Process } from 'nogil';
import { runFile } from './vitest.ts';

const { file, leaveOut } = JSON.parse((globalThis as unknown as { name: string }).name) as { file: string; leaveOut?: string };
const names = leaveOut === undefined ? undefined : new RegExp(`^(?!.*(${leaveOut}))`);

// A worker of the user's own may block once its first child runs.
const first = new Process({ target: () => {} });
first.start();
await first.joinAsync();

runFile(file, names, (begins) => postMessage({ begins })).then(
  (outcomes) => postMessage({ outcomes }),
  (error) => postMessage({ failed: String(error?.stack ?? error) }),
);
