/**
 * The thread tests and the seed programs of Node, from the same files, in Chromium: each in a worker of a page, in which blocking is allowed.
 */
import { describe, expect, test } from 'vitest';
import { launchChromium, openPage } from './chromium.ts';
import type { Outcome } from './page/vitest.ts';
import { serveTests } from './server.ts';

/** Files, and in them the tests that are about Node: their names match. */
const FILES: Record<string, string | undefined> = {
  'threads/smoke': undefined,
  'threads/sync/barrier': undefined,
  'threads/sync/condition': undefined,
  'threads/sync/event': undefined,
  'threads/sync/lock': undefined,
  'threads/sync/rlock': undefined,
  'threads/sync/semaphore': undefined,
  'threads/sync/value': undefined,
  'threads/queue/traffic': undefined,
  'threads/queue/waking': undefined,
  'threads/death/lock': undefined,
  'threads/death/waiters': undefined,
  'threads/workers/classes': undefined,
  'threads/workers/family': undefined,
  'threads/workers/lifecycle': undefined,
  'threads/workers/slots': undefined,
  'threads/workers/start': undefined,
  'threads/workers/targets': undefined,
  'seeds/000': undefined,
  'seeds/001': undefined,
  'seeds/002': undefined,
  'seeds/003': undefined,
  'seeds/004': undefined,
  'seeds/004-lights': undefined,
  'seeds/004-shops': undefined,
};

/** Far more than any of the files takes. */
const LIMIT_MS = 30_000;

type News = { begins: string } | { outcomes: Outcome[] } | { failed: string };

async function outcomesOf(files: Record<string, string | undefined>): Promise<Map<string, Outcome[]>> {
  const site = await serveTests();
  const browser = await launchChromium();
  const found = new Map<string, Outcome[]>();
  try {
    for (const [file, leaveOut] of Object.entries(files)) {
      const { page, log } = await openPage(browser, site.origin);
      const run = ({ name, limit }: { name: string; limit: number }) =>
        new Promise<Outcome[]>((resolve) => {
          const worker = new Worker('/test/browser/page/runner.ts', { type: 'module', name });
          let current = 'before the first test';
          const give = (state: string, error: string) => resolve([{ name: current, state, errors: [error] }]);
          setTimeout(() => give('hangs', 'it has not ended'), limit);
          worker.onerror = ({ message, filename, lineno }) => give('fail', `${message ?? 'not loaded'} (${filename}:${lineno})`);
          worker.onmessage = ({ data }: MessageEvent<News>) => {
            if ('begins' in data) current = data.begins;
            else if ('outcomes' in data) resolve(data.outcomes);
            else give('fail', data.failed);
          };
        });
      const outcomes = await page.evaluate(run, {
        name: JSON.stringify({ file: `/test/${file}.test.ts`, leaveOut }),
        limit: LIMIT_MS,
      });
      found.set(
        file,
        outcomes.map((each) => ({ ...each, errors: [...each.errors, ...log] })),
      );
      await page.close();
    }
  } finally {
    await browser.close();
    site.close();
  }
  return found;
}

const all = await outcomesOf(FILES);

describe.each([...all])('in Chromium, %s', (_, outcomes) => {
  const run = outcomes.filter(({ state }) => state !== 'skip');
  test.each(run.map((outcome) => [outcome.name, outcome] as const))('%s', (_, { state, errors }) => {
    expect(state, errors.join('\n')).toBe('pass');
  });
});
