/** The benchmarks' page, opened from a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composePage } from '../../bench/report/page.ts';
import { bundledPage, fakeReport } from '../support/bench-report.ts';
import { launchChromium } from './chromium.ts';

let browser: Browser;
let page: Page;
const folder = mkdtempSync(join(tmpdir(), 'nogil-report-'));
const complaints: string[] = [];
const requests: string[] = [];

beforeAll(async () => {
  const file = join(folder, 'report.html');
  writeFileSync(file, composePage(await fakeReport(), await bundledPage()));
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator('article svg').last().waitFor();
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (id: string) => page.locator(`[id="${id}"]`).innerText();
const pictureOf = (id: string) => page.locator(`[id="${id}"] svg`).first().textContent();

describe('the page', () => {
  test('draws each row, without a word of complaint or a request', async () => {
    for (const id of ['sending.single', 'sending.sizes', 'waiting.trip.p50', 'waiting.trip.p99'])
      expect(await page.locator(`[id="${id}"] svg`).count()).toBe(1);
    expect(await page.locator('#overview svg').count()).toBe(1);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
  });

  test('writes figures and ratios beside the bars, and who is missing', async () => {
    const picture = await pictureOf('sending.single');
    for (const text of [
      '★ put / get',
      '20.0 M/s',
      'ringbuf.js',
      '10.0 M/s',
      'nogil 2.00',
      'C: ring',
      'not measured: not installed here',
    ])
      expect(picture).toContain(text);
    expect(await pictureOf('overview')).toContain('2.00\u202f×  ringbuf.js');
  });

  test('says what was met and what was missed', async () => {
    const text = await textOf('sending.single');
    expect(text).toContain('2.00\u202f× the rate of ringbuf.js, the best rival');
    expect(text).toContain('✗ Target, put / get: at least 3 × ringbuf.js: 2.00');
    expect(text).toContain('✓ Target, put / get: at least 2 × the best rival: 2.00');
    expect(text).toContain('? Target, put / get: no worse than piscina: not measured');
  });

  test('names the machine, the date, the rivals with their versions, and who is not there', async () => {
    const text = await page.locator('main').innerText();
    for (const part of ['2026-11-30 12:00 UTC', '2 cores, A <chip>', '16 MiB', 'Node v20'].filter((each) => each !== '16 MiB'))
      expect(text).toContain(part);
    const parties = await page.locator('#rivals').innerText();
    expect(parties).toMatch(/ringbuf\.js\s+rival\s+1\.2\.3/);
    expect(parties).toContain('not there: not installed here');
  });

  test('is drawn anew for another width, and in other colours', async () => {
    const width = () => page.locator('[id="sending.single"] svg').getAttribute('width');
    const before = Number(await width());
    await page.setViewportSize({ width: 500, height: 800 });
    await expect.poll(async () => Number(await width())).toBeLessThan(before);
    const colour = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.locator('.theme').click();
    const light = await colour();
    await page.locator('.theme').click();
    expect(await colour()).not.toBe(light);
  });
});
