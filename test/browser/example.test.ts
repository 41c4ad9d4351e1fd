/**
 * The example of examples/browser, as a user has it: a project with `nogil` in its node_modules, served by
 * Vite's development server, and built.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inFull } from '../support/mode.ts';
import { launchChromium, openPage } from './chromium.ts';

const root = resolve(import.meta.dirname, '../..');
const project = resolve(root, 'build/example');

type Server = { origin: string; close(): Promise<void> };

/** The package as npm would install it, and the example beside it. */
function install(): void {
  rmSync(project, { recursive: true, force: true });
  cpSync(resolve(root, 'examples/browser'), project, { recursive: true });
  const home = resolve(project, 'node_modules/nogil');
  mkdirSync(home, { recursive: true });
  for (const each of ['package.json', 'dist']) cpSync(resolve(root, each), resolve(home, each), { recursive: true });
}

async function develop(): Promise<Server> {
  const { createServer } = await import('vite');
  const server = await createServer({ root: project, logLevel: 'warn', server: { port: 0 } });
  await server.listen();
  return { origin: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

async function produce(): Promise<Server> {
  const { build, preview } = await import('vite');
  await build({ root: project, logLevel: 'warn' });
  const server = await preview({ root: project, preview: { port: 0 } });
  return { origin: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

let browser: Browser;
beforeAll(async () => {
  install();
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each([
  ['in development', develop],
  ['as built', produce],
])('the example %s', (name, serve) => {
  let server: Server;
  let page: Page;
  let log: string[];

  const numberIn = async (selector: string) => Number((await page.textContent(selector))?.replaceAll(',', ''));
  /** Waits until the number that the page shows is larger. */
  const moreThan = async (selector: string, least: number) => {
    await expect.poll(() => numberIn(selector), { timeout: 60_000 }).toBeGreaterThan(least);
  };
  /** How many lanes on either side have a worker, as the picture's own data says. */
  const lanes = () => page.evaluate(() => (globalThis as never as { lanes(): string[] }).lanes());

  beforeAll(async () => {
    server = await serve();
    ({ page, log } = await openPage(browser, server.origin));
    await page.setViewportSize({ width: 1240, height: 900 });
  }, 60_000);
  afterAll(async () => {
    await page.close();
    await server.close();
  });

  test('lets items move through the queue, from targets marked with task', async () => {
    await moreThan('#eaten', 20);
    expect(await lanes()).toEqual(['producer 1', 'producer 2', 'producer 3', 'consumer 1', 'consumer 2']);
  });

  // It is the same page: a run that is not in full goes through the rest of it once.
  if (serve === develop && !inFull) return;

  test('stops when it is paused, and goes on', async () => {
    await page.click('#pause');
    // What is on its way arrives.
    await expect
      .poll(async () => [await numberIn('#rate'), await numberIn('#rate')], { timeout: 60_000, interval: 600 })
      .toEqual([0, 0]);
    const before = await numberIn('#eaten');
    expect(await page.textContent('#pause')).toBe('Go on');
    await page.click('#pause');
    await moreThan('#eaten', before + 5);
  });

  test('adds workers, and kills the one whose lane is clicked', async () => {
    await page.click('#add-producer');
    await page.click('#add-consumer');
    await expect.poll(lanes).toContain('consumer 3');
    const lane = await page.evaluate(() =>
      (globalThis as never as { placeOf(name: string): { x: number; y: number } }).placeOf('producer 2'),
    );
    await page.click('#lanes', { position: lane });
    await expect
      .poll(lanes, { timeout: 60_000 })
      .toEqual(['producer 1', 'producer 3', 'producer 4', 'consumer 1', 'consumer 2', 'consumer 3']);
    await moreThan('#eaten', (await numberIn('#eaten')) + 5);
  });

  test('renders the same picture with one worker and with all cores, with a target given by its URL', async () => {
    await page.click('#render');
    await expect.poll(() => page.textContent('#verdict'), { timeout: 200_000 }).toMatch(/^\d+\.\d times as fast$/);
    const [many, one] = await page.evaluate(() =>
      ['many', 'one'].map((id) => {
        const canvas = document.getElementById(id) as HTMLCanvasElement;
        return [...(canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [])];
      }),
    );
    expect(new Set(many).size).toBeGreaterThan(50);
    expect(many?.every((byte, at) => byte === one?.[at])).toBe(true);
    expect(many?.length).toBe(one?.length);
  }, 240_000);

  test('draws on while workers saturate the cores, with a target sent by its source', async () => {
    await page.click('#saturate');
    await expect.poll(() => page.textContent('#saturate')).toMatch(/^Let the \d+ cores go$/);
    const burning = () => page.evaluate(() => (globalThis as never as { burning(): number }).burning());
    const cores = await numberIn('#cores');
    await expect.poll(burning, { timeout: 60_000 }).toBe(cores);
    await page.evaluate(async () => {
      for (let frame = 0; frame < 30; frame++) await new Promise(requestAnimationFrame);
    });
    await moreThan('#eaten', (await numberIn('#eaten')) + 5);
    expect(await burning()).toBe(cores);
    await page.click('#saturate');
    expect(await page.textContent('#saturate')).toBe('Saturate the cores');
  });

  test.each([360, 600])('is whole %d pixels wide, and a lane is killed by a tap', async (width) => {
    const narrow = await openPage(browser, server.origin);
    try {
      await narrow.page.setViewportSize({ width, height: 780 });
      const seen = (source: string) => narrow.page.evaluate(source);
      await expect.poll(() => seen('lanes().length'), { timeout: 60_000 }).toBe(5);
      expect(await seen('document.documentElement.scrollWidth')).toBe(width);
      await narrow.page.click('#lanes', { position: (await seen("placeOf('consumer 1')")) as { x: number; y: number } });
      await expect.poll(() => seen('lanes().join()'), { timeout: 60_000 }).not.toMatch(/consumer 1/);
      await expect.poll(() => narrow.page.isVisible('#failure')).toBe(false);
      expect(narrow.log.filter((line) => /^(error|pageerror)/.test(line))).toEqual([]);
      if (width === 360)
        await narrow.page.screenshot({ path: resolve(root, `build/example ${name}, narrow.png`), fullPage: true });
    } finally {
      await narrow.page.close();
    }
  });

  test('says why nothing moves where the page is not isolated', async () => {
    const bare = await browser.newPage();
    try {
      await bare.route(server.origin, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { 'content-type': 'text/html' } });
      });
      await bare.goto(server.origin);
      await expect.poll(() => bare.textContent('#failure'), { timeout: 60_000 }).toMatch(/Cross-Origin-Opener-Policy/);
      expect(await bare.isDisabled('#render')).toBe(true);
    } finally {
      await bare.close();
    }
  });

  test('can render again after it has failed', async () => {
    await page.evaluate('many.getContext("2d").clearRect = () => { throw new Error("no picture"); }');
    await page.click('#render');
    await expect.poll(() => page.textContent('#failure'), { timeout: 60_000 }).toBe('no picture');
    expect(await page.isDisabled('#render')).toBe(false);
    await page.evaluate('delete many.getContext("2d").clearRect; failure.hidden = true');
  });

  test('fails nowhere, and leaves a picture of itself in build/', async () => {
    await moreThan('#eaten', (await numberIn('#eaten')) + 100);
    await page.screenshot({ path: resolve(root, `build/example ${name}.png`) });
    expect(log.filter((line) => /^(error|pageerror)/.test(line))).toEqual([]);
  });
});
