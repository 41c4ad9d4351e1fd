/**
 * A Chromium for a test file. Every failure in a page fails whoever waits for the page.
 */
import type { Browser, Page } from 'playwright-core';
import { keepLog } from './drivers.ts';

export { launchChromium } from './drivers.ts';

/** A new page at `url`; `log` collects what it and its workers print and fail with. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; log: string[] }> {
  const page = await browser.newPage();
  const log = keepLog(page);
  await page.goto(url);
  // As a text: vitest rewrites imports in functions.
  await page.evaluate('globalThis.load = (url) => import(url)');
  return { page, log };
}
