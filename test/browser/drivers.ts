/**
 * The browsers that the tests drive, as far as what runs in all of them needs: Chromium by Playwright, Firefox
 * by Puppeteer (WebDriver BiDi), WebKitGTK by its own WebDriver.
 */
import { type Browser, chromium, type Page } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { startWebKit } from './webkit.ts';

export interface DrivenPage {
  goto(url: string): Promise<unknown>;
  /** Runs a function there, which knows nothing of its surroundings here, or the text of an expression. */
  evaluate<R, A = undefined>(code: string | ((argument: A) => R | Promise<R>), argument?: A): Promise<R>;
  /** What it and its workers have printed and failed with, where the driver tells. */
  readonly log: string[];
  close(): Promise<unknown>;
}

export interface Driven {
  newPage(): Promise<DrivenPage>;
  close(): Promise<unknown>;
}

export type Name = 'Chromium' | 'Firefox' | 'WebKit';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, '--disable-component-update', '--disable-sync'],
  });
}

/** The events of a page that the two libraries have in common. */
interface Talking {
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): unknown;
  on(event: 'pageerror', listener: (error: unknown) => void): unknown;
}

/** Has a page's log kept. */
export function keepLog(page: Page | Talking): string[] {
  const log: string[] = [];
  const talking = page as Talking;
  talking.on('console', (message) => log.push(`${message.type()}: ${message.text()}`));
  talking.on('pageerror', (error) => log.push(`pageerror: ${(error as Error).stack ?? error}`));
  return log;
}

function driven(page: Talking & Omit<DrivenPage, 'log'>): DrivenPage {
  return {
    goto: (url) => page.goto(url),
    evaluate: (code, argument) => page.evaluate(code, argument),
    log: keepLog(page),
    close: () => page.close(),
  };
}

async function startChromium(): Promise<Driven> {
  const browser = await launchChromium();
  return {
    newPage: async () => driven((await browser.newPage()) as unknown as Parameters<typeof driven>[0]),
    close: () => browser.close(),
  };
}

async function startFirefox(): Promise<Driven> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    // A test file is one call.
    protocolTimeout: 300_000,
  });
  return {
    newPage: async () => driven((await browser.newPage()) as unknown as Parameters<typeof driven>[0]),
    close: () => browser.close(),
  };
}

const STARTERS = { Chromium: startChromium, Firefox: startFirefox, WebKit: startWebKit };

export function start(name: Name): Promise<Driven> {
  return STARTERS[name]();
}
