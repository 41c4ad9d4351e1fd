/**
 * WebKitGTK's MiniBrowser, by the WebDriver that Debian packages with it (webkit2gtk-driver), on a display of
 * Xvfb's. A session has one page.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Driven, DrivenPage } from './drivers.ts';

/** Far more than any call takes, in milliseconds. */
const LONGEST = 300_000;

/** Debian has it below a folder for the machine's architecture. */
function miniBrowser(): string {
  for (const machine of readdirSync('/usr/lib')) {
    for (const version of ['4.1', '4.0']) {
      const file = `/usr/lib/${machine}/webkit2gtk-${version}/MiniBrowser`;
      if (existsSync(file)) return file;
    }
  }
  throw new Error('there is no MiniBrowser below /usr/lib: install webkit2gtk-driver');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** A display that nobody has: Xvfb says its number. */
async function startDisplay(): Promise<{ display: string; server: ChildProcess }> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((resolve, reject) => {
    server.on('error', reject);
    server.on('exit', (code) => reject(new Error(`Xvfb has ended with ${code}`)));
    server.stdio[3]?.once('data', (data) => resolve(String(data).trim()));
  });
  return { display: `:${number}`, server };
}

const ENVIRONMENT = {
  // Otherwise it has no SharedArrayBuffer.
  JSC_useSharedArrayBuffer: '1',
  // Who runs as root in a container has no sandbox, and no graphics either.
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  LIBGL_ALWAYS_SOFTWARE: '1',
};

type Call = <R>(method: string, path: string, body?: object) => Promise<R>;

function callerOf(port: number): Call {
  return async <R>(method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await response.json()) as { value: R | { error: string; message: string } };
    if (value && typeof value === 'object' && 'error' in value && 'message' in value)
      throw new Error(`WebDriver, ${path.replace(/.*\//, '')}: ${value.error}: ${value.message}`);
    return value as R;
  };
}

/** Calls back with JSON, since WebDriver has its own opinion of what is undefined. */
const SCRIPT = `
  const done = arguments[arguments.length - 1];
  (async () => (0, eval)(arguments[0]))().then(
    (value) => done(JSON.stringify({ value })),
    (error) => done(JSON.stringify({ error: String(error) + '\\n' + error?.stack })),
  );`;

function textOf(code: string | ((argument: never) => unknown), argument: unknown): string {
  return typeof code === 'string' ? code : `(${code})(${JSON.stringify(argument)})`;
}

async function openPage(call: Call): Promise<DrivenPage> {
  const browser = { binary: miniBrowser(), args: ['--automation'] };
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': browser } };
  const { sessionId } = await call<{ sessionId: string }>('POST', '/session', { capabilities });
  const session = `/session/${sessionId}`;
  await call('POST', `${session}/timeouts`, { script: LONGEST });
  return {
    log: [],
    goto: (url) => call('POST', `${session}/url`, { url }),
    async evaluate<R>(code: string | ((argument: never) => unknown), argument?: unknown): Promise<R> {
      const args = [textOf(code, argument)];
      const said = JSON.parse(await call<string>('POST', `${session}/execute/async`, { script: SCRIPT, args }));
      if (said.error !== undefined) throw new Error(said.error);
      return said.value as R;
    },
    close: () => call('DELETE', session),
  };
}

export async function startWebKit(): Promise<Driven> {
  const { display, server } = await startDisplay();
  const port = await freePort();
  const env = { ...process.env, ...ENVIRONMENT, DISPLAY: display };
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' });
  const call = callerOf(port);
  for (let i = 0; ; i++) {
    if (await call<object>('GET', '/status').catch(() => undefined)) break;
    if (i === 300) throw new Error('WebKitWebDriver does not answer');
    await delay(100);
  }
  let open: DrivenPage | undefined;
  return {
    async newPage() {
      await open?.close().catch(() => {});
      open = await openPage(call);
      return open;
    },
    async close() {
      await open?.close().catch(() => {});
      const ended = Promise.all([driver, server].map((each) => new Promise((resolve) => each.once('exit', resolve))));
      driver.kill();
      server.kill();
      await ended;
    },
  };
}
