/** `nogil/inspector` in a page: what it shows of a program that stands still. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, openPage } from './chromium.ts';
import { type Site, serveTests } from './server.ts';

/** For people: test runs leave it in build/. */
const pictures = resolve(import.meta.dirname, '../../build/pictures');

let browser: Browser;
let site: Site;
beforeAll(async () => {
  browser = await launchChromium();
  site = await serveTests();
});
afterAll(async () => {
  await browser.close();
  site.close();
});

// biome-ignore lint/suspicious/noExplicitAny: a module
declare const load: (url: string) => Promise<any>;
declare const nogil: typeof import('nogil');
declare const inspection: typeof import('nogil/inspector');
declare const tasks: typeof import('./page/tasks.workers.ts');
declare let shown: import('nogil/inspector').Inspector[];

test('an overlay shows workers, a deadlock in words, queues and pools, is refreshed, and goes', async () => {
  const { page, log } = await openPage(browser, site.origin);
  await page.setViewportSize({ width: 960, height: 860 });
  await page.evaluate(async () => {
    Object.assign(globalThis, {
      nogil: await load('/package/index.js'),
      inspection: await load('/package/inspector.js'),
      tasks: await load('/test/browser/page/tasks.workers.ts'),
    });
    const { Barrier, Lock, Pool, Queue, Thread } = nogil;
    const [first, second] = [new Lock(), new Lock()];
    const both = new Barrier(2);
    new Thread({ target: tasks.crossed, args: [first, second, both], name: 'left' }).start();
    new Thread({ target: tasks.crossed, args: [second, first, both], name: '<b>right</b>' }).start();
    const pool = new Pool(1);
    await pool.applyAsync(tasks.double, [4]);
    const queue = new Queue<number>(5);
    queue.put(1);
    while (inspection.snapshot().deadlocks.length === 0) await nogil.sleepAsync(0.01);
    const panel = document.body.appendChild(document.createElement('div'));
    panel.id = 'panel';
    const overlay = inspection.inspector({ interval: 0.05 });
    const inside = inspection.inspector({ into: panel, interval: 60 });
    // What nobody has any more is collected.
    Object.assign(globalThis, { shown: [overlay, inside], kept: [queue, pool] });
    queue.put(2);
  });
  const textIn = (host: string) =>
    page.evaluate((selector) => document.querySelector(selector)?.shadowRoot?.querySelector('section')?.innerText ?? '', host);
  await expect.poll(() => textIn('[data-overlay]'), { timeout: 60_000 }).toContain('2 of 5');
  const text = await textIn('[data-overlay]');
  expect(text).toMatch(/Deadlock: (left|<b>right<\/b>) \(\d+\) waits for Lock \d+, which (left|<b>right<\/b>) \(\d+\) holds; /);
  expect(text).toMatch(/\bleft\tthread\twaiting\tacquire Lock \d+, held by <b>right<\/b> \(\d+\)/);
  expect(text).toMatch(/Pool \d+\t1 of 1\t0\t1\t/);
  mkdirSync(pictures, { recursive: true });
  await page.locator('[data-overlay]').screenshot({ path: join(pictures, 'inspector.png') });
  // The other one looked once, before that put.
  expect(await textIn('#panel > div')).toContain('1 of 5');
  await page.evaluate(() => shown[1]?.refresh());
  expect(await textIn('#panel > div')).toContain('2 of 5');
  await page.evaluate(() => {
    document.querySelector('[data-overlay]')?.shadowRoot?.querySelector('button')?.click();
    shown[1]?.close();
  });
  expect(await page.evaluate(() => document.querySelectorAll('[data-overlay], #panel > div').length)).toBe(0);
  expect(log).toEqual([]);
  await page.close();
}, 120_000);
