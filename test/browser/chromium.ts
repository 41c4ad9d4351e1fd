/**
 * A Chromium for a test file. Every failure in a page fails whoever waits for the page.
 */
import { type Browser, chromium, type Page } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, '--disable-component-update', '--disable-sync'],
  });
}

/** A new page at `url`; `log` collects what it and its workers print and fail with. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; log: string[] }> {
  const page = await browser.newPage();
  const log: string[] = [];
  page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => log.push(`pageerror: ${error.stack ?? error}`));
  await page.goto(url);
  // As a text: vitest rewrites imports in functions.
  await page.evaluate('globalThis.load = (url) => import(url)');
  return { page, log };
}
