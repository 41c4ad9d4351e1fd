/**
 * Runs test files of Node, as they are, in a browser: each in a worker of a page, in which blocking is allowed.
 */
import { describe, expect, test } from 'vitest';
import { type Driven, type Name, start } from './drivers.ts';
import type { Outcome } from './page/vitest.ts';
import { serveTests } from './server.ts';

/**
 * Files, and in them the tests that are about Node (whole programs, process.exit, files): their names match.
 */
export type Files = Record<string, string | undefined>;

/** Far more than any of the files takes. */
const LIMIT_MS = 200_000;

type News = { begins: string } | { outcomes: Outcome[] } | { failed: string };

/** @param pages how many run at the same time */
async function outcomesOf(name: Name, files: Files, pages: number): Promise<Map<string, Outcome[]>> {
  const site = await serveTests();
  const browser = await start(name);
  const found = new Map<string, Outcome[]>();
  const left = Object.entries(files);
  const next = async (): Promise<void> => {
    for (let entry = left.shift(); entry; entry = left.shift())
      found.set(entry[0], await outcomesIn(browser, site.origin, ...entry));
  };
  try {
    await Promise.all(Array.from({ length: pages }, next));
  } finally {
    await browser.close();
    site.close();
  }
  return found;
}

async function outcomesIn(browser: Driven, origin: string, file: string, leaveOut: string | undefined): Promise<Outcome[]> {
  const page = await browser.newPage();
  await page.goto(origin);
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
  return outcomes.map((each) => ({ ...each, errors: [...each.errors, ...page.log] }));
}

/** Declares a test for each that has run. */
export async function testIn(name: Name, files: Files, pages: number): Promise<void> {
  const all = await outcomesOf(name, files, pages);
  describe.each([...all])(`in ${name}, %s`, (_, outcomes) => {
    const run = outcomes.filter(({ state }) => state !== 'skip');
    test.each(run.map((outcome) => [outcome.name, outcome] as const))('%s', (_, { state, errors }) => {
      expect(state, errors.join('\n')).toBe('pass');
    });
  });
}
