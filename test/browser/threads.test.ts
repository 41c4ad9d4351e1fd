/**
 * The thread tests and the seed programs of Node, from the same files, in Chromium: each in a worker of a
 * page, in which blocking is allowed.
 */
import type { Browser } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { launchChromium, openPage } from './chromium.ts';
import type { Outcome } from './page/vitest.ts';
import { serveTests } from './server.ts';

/**
 * Files, and in them the tests that are about Node (whole programs, process.exit, files): their names match.
 */
const FILES: Record<string, string | undefined> = {
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

/** Far more than any of the files takes. */
const LIMIT_MS = 200_000;

type News = { begins: string } | { outcomes: Outcome[] } | { failed: string };

async function outcomesOf(files: Record<string, string | undefined>): Promise<Map<string, Outcome[]>> {
  const site = await serveTests();
  const browser = await launchChromium();
  const found = new Map<string, Outcome[]>();
  const left = Object.entries(files);
  // In Chromium whoever is killed while it waits dies two seconds later: meanwhile others can run.
  const next = async (): Promise<void> => {
    for (let entry = left.shift(); entry; entry = left.shift())
      found.set(entry[0], await outcomesIn(browser, site.origin, ...entry));
  };
  try {
    await Promise.all([next(), next(), next(), next()]);
  } finally {
    await browser.close();
    site.close();
  }
  return found;
}

async function outcomesIn(browser: Browser, origin: string, file: string, leaveOut: string | undefined): Promise<Outcome[]> {
  const { page, log } = await openPage(browser, origin);
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
  await page.close();
  return outcomes.map((each) => ({ ...each, errors: [...each.errors, ...log] }));
}

const all = await outcomesOf(FILES);

describe.each([...all])('in Chromium, %s', (_, outcomes) => {
  const run = outcomes.filter(({ state }) => state !== 'skip');
  test.each(run.map((outcome) => [outcome.name, outcome] as const))('%s', (_, { state, errors }) => {
    expect(state, errors.join('\n')).toBe('pass');
  });
});
