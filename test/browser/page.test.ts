/**
 * The package in a page's main thread, which must never block, and the deaths of workers as a page sees them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, openPage } from './chromium.ts';
import { ISOLATION, type Site, serve, serveTests } from './server.ts';

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

/** Imports the package as `nogil` and the functions below as `tasks`, into globals of a new page. */
async function newPage(): Promise<Page> {
  const { page } = await openPage(browser, site.origin);
  await page.evaluate(async () => {
    Object.assign(globalThis, {
      nogil: await load('/package/index.js'),
      tasks: await load('/test/browser/page/tasks.workers.ts'),
      thrown: (call: () => unknown) => {
        try {
          call();
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}`;
        }
        return 'nothing';
      },
    });
  });
  return page;
}

// biome-ignore lint/suspicious/noExplicitAny: a module
declare const load: (url: string) => Promise<any>;
declare const nogil: typeof import('nogil');
declare const tasks: typeof import('./page/tasks.workers.ts');
declare const thrown: (call: () => unknown) => string;

test('in a page a call that need not wait succeeds', async () => {
  const page = await newPage();
  const found = await page.evaluate(() => {
    const { Lock, RLock, Semaphore, Event, Queue, Barrier, Condition } = nogil;
    const lock = new Lock();
    const rlock = new RLock();
    const event = new Event();
    event.set();
    const queue = new Queue<unknown>(2);
    queue.put('text');
    queue.put({ in: ['an', 'object'], on: new Date(0) });
    const condition = new Condition();
    condition.acquire();
    condition.notifyAll();
    return [
      [lock.acquire(), lock.acquire(false), lock.acquire(true, 0), rlock.acquire(), rlock.acquire()],
      [new Semaphore(1).acquire(), event.wait(), new Barrier(1).wait()],
      [queue.get(), JSON.stringify(queue.get()), queue.join(0)],
    ];
  });
  expect(found).toEqual([
    [true, false, false, true, true],
    [true, true, 0],
    ['text', '{"in":["an","object"],"on":"1970-01-01T00:00:00.000Z"}', false],
  ]);
  await page.close();
});

test('in a page a call that would have to wait throws an error that names its async twin, and changes nothing', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Lock, Semaphore, Event, Queue, Barrier, Condition, Process, sleep, heap } = nogil;
    const lock = new Lock();
    const full = new Queue<number>(1);
    const empty = new Queue<number>();
    full.put(1);
    lock.acquire();
    const barrier = new Barrier(2);
    const condition = new Condition();
    condition.acquire();
    const worker = new Process({ target: () => 5 });
    worker.start();
    const errors = [
      thrown(() => lock.acquire()),
      thrown(() => lock.acquire(true, 5)),
      thrown(() => new Semaphore(0).acquire()),
      thrown(() => new Event().wait()),
      thrown(() => empty.get()),
      thrown(() => empty.getMany()),
      thrown(() => full.put(2)),
      thrown(() => full.join()),
      thrown(() => barrier.wait()),
      thrown(() => condition.wait()),
      thrown(() => condition.wait(1)),
      thrown(() => new Condition().wait()),
      thrown(() => worker.join()),
      thrown(() => worker.result()),
      thrown(() => sleep(0.001)),
    ];
    const after = [full.qsize(), empty.qsize(), barrier.nWaiting, condition.locked(), await worker.resultAsync(20)];
    condition.release();
    return { errors, after, waiting: heap.inspect().flatMap(({ waiters }) => waiters) };
  });
  const message = (name: string) =>
    expect.stringMatching(`^RuntimeError: ${name}\\(\\) would have to wait.*await ${name}Async\\(\\)$`);
  expect(found.errors).toEqual([
    message('acquire'),
    message('acquire'),
    message('acquire'),
    message('wait'),
    message('get'),
    message('get'),
    message('put'),
    message('join'),
    message('wait'),
    message('wait'),
    message('wait'),
    expect.stringMatching(/^RuntimeError: cannot wait on un-acquired lock, or another async task/),
    message('join'),
    message('result'),
    message('sleep'),
  ]);
  expect(found.after).toEqual([1, 0, 0, true, 5]);
  expect(found.waiting).toEqual([]);
  await page.close();
});

test('a thread attached to a page, which the package did not start, is missed when it is gone, whoever starts first', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Lock, Thread } = nogil;
    const url = '/test/browser/page/attached.workers.ts';
    const holder = async (lock: InstanceType<typeof Lock>) => {
      const worker = new Worker(url, { type: 'module' });
      const said = new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
      worker.postMessage(lock.handle());
      await said;
      return worker;
    };
    const results: unknown[] = [];
    for (const startThread of [false, true]) {
      if (startThread) await new Thread({ target: () => {} }).start();
      const broken = new Lock();
      const given = new Lock({ onOwnerDeath: 'release' });
      const threads = [await holder(broken), await holder(given)];
      const waiting = given.acquireAsync(20);
      // A lock that nobody breaks would be waited for in vain.
      const refused = broken.acquireAsync(20).catch((error: Error) => error.name);
      for (const each of threads) each.terminate();
      results.push(await waiting, await refused);
    }
    return results;
  });
  expect(found).toEqual([true, 'BrokenLockError', true, 'BrokenLockError']);
  await page.close();
});

test('the family of an attached thread goes with it, and is repaired once nothing of it runs', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Lock, Queue, Thread, heap } = nogil;
    await new Thread({ target: () => {} }).start();
    const rounds: unknown[] = [];
    // In the second round their places, and their supervisor's, are taken again.
    for (let round = 0; round < 2; round++) {
      const [lock, spare, never] = [new Lock(), new Lock(), new Queue<number>()];
      const guest = new Worker('/test/browser/page/guest.workers.ts', { type: 'module' });
      const said = new Promise((resolve, reject) => {
        guest.addEventListener('message', resolve, { once: true });
        guest.addEventListener('error', (event) => reject(new Error(event.message)));
        setTimeout(() => reject(new Error(JSON.stringify(heap.inspect()))), 12_000);
      });
      guest.postMessage({ lock: lock.handle(), spare: spare.handle(), never: never.handle() });
      await said;
      const refused = [lock, spare].map((each) => each.acquireAsync(20).catch((error: Error) => error.name));
      guest.terminate();
      rounds.push(await Promise.all(refused));
      // Nobody sleeps there once the thread is repaired.
      const asleep = () => heap.inspect().find(({ id }) => id === never.id)?.waiters?.length;
      for (let i = 0; i < 1000 && asleep() !== 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      rounds.push(asleep());
      never.put(round);
      rounds.push(never.get());
      for (const each of [lock, spare, never]) each.close();
    }
    return rounds;
  });
  const round = (i: number) => [['BrokenLockError', 'BrokenLockError'], 0, i];
  expect(found).toEqual([...round(0), ...round(1)]);
  await page.close();
});

test('in a page the async twins wait, for workers that block', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Queue, Event, Lock, Barrier, Thread } = nogil;
    const [there, back] = [new Queue<number>(2), new Queue<number>(2)];
    const [event, lock, barrier] = [new Event(), new Lock(), new Barrier(2)];
    const worker = new Thread({ target: tasks.echo, args: [there, back, event, lock, barrier] });
    worker.start();
    const sum = (async () => {
      let sum = 0;
      for await (const item of back) sum += item;
      return sum;
    })();
    for (let i = 0; i < 2000; i++) await there.putAsync(i);
    there.shutdown();
    await event.waitAsync(20);
    const held = await lock.acquireAsync(20);
    const index = await barrier.waitAsync(20);
    return [await sum, held, index === 0 || index === 1, await worker.resultAsync(20)];
  });
  expect(found).toEqual([1_999_000, true, true, 2000]);
  await page.close();
});

test('a worker knows its classes and errors as the module of its target does', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Queue, Process, Lock } = nogil;
    const queue = new Queue<number>();
    queue.shutdown();
    const worker = new Process({ target: tasks.identities, args: [queue, { locks: [new Lock()] }] });
    worker.start();
    const greeter = new tasks.Greeter('Bob');
    greeter.start();
    return [await worker.resultAsync(20), await greeter.resultAsync(20)];
  });
  expect(found).toEqual([
    { queue: true, lock: true, shutDown: true, notEmpty: true, subclass: false, inMain: undefined, isProcess: true },
    'hello Bob, from Bob: true',
  ]);
  await page.close();
});

test('each way of being a target works in a page, and one that cannot be imported says why', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Process, Thread } = nogil;
    const outcome = async (worker: InstanceType<typeof nogil.Process>) => {
      worker.start();
      return worker.resultAsync(20).catch((error: Error) => `${error.name}: ${error.message}`);
    };
    const url = new URL('/test/browser/page/tasks.workers.ts#double', location.href);
    return [
      await outcome(new Process({ target: tasks.double, args: [4] })),
      await outcome(new Process({ target: url, args: [5] })),
      await outcome(new Thread({ target: (x: number) => x * 2, args: [6] }) as never),
      await outcome(new Process({ target: new URL('/missing.js', location.href) })),
      await outcome(new Process({ target: new URL('/test/browser/page/broken.workers.ts', location.href) })),
    ];
  });
  expect(found.slice(0, 3)).toEqual([8, 10, 12]);
  expect(found[3]).toMatch(/missing\.js/);
  expect(found[4]).toMatch(/document is not defined.*main\(import\.meta/s);
  await page.close();
});

test.each([
  ['blocks', 'forEver', -15],
  ['sleeps', 'asleep', -15],
  ['computes', 'spin', -15],
  ['awaits', 'awaiting', -15],
])('a worker that is terminated while it %s is noticed, and what it held is broken', async (_, name, code) => {
  const page = await newPage();
  const found = await page.evaluate(
    async ([name]) => {
      const { Event, Lock, Process, Queue, heap, activeChildren } = nogil;
      const [lock, ready, never] = [new Lock(), new Event(), new Queue<number>()];
      const before = heap.stats().objects;
      const target = tasks[name as 'spin'];
      const worker = new Process({ target, args: [lock, ready, never] });
      worker.start();
      await ready.waitAsync(20);
      const waiting = lock.acquireAsync().catch((error: Error) => error.name);
      worker.terminate();
      const ended = await worker.joinAsync(20);
      const { exitcode } = worker;
      worker.close();
      const broken = await waiting;
      const left = () => JSON.stringify(heap.stats().objects) !== JSON.stringify(before);
      // The supervisor gives its own handle back after it has woken those who join.
      for (let i = 0; i < 1000 && left(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
      return [ended, exitcode, broken, activeChildren().length, left()];
    },
    [name],
  );
  expect(found).toEqual([true, code, 'BrokenLockError', 0, false]);
  await page.close();
});

test('a worker that is terminated before it has begun never begins', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Event, Lock, Process, Queue } = nogil;
    const codes: unknown[] = [];
    const ready = new Event();
    for (let i = 0; i < 20; i++) {
      const worker = new Process({ target: tasks.spin, args: [new Lock(), ready, new Queue<number>()] });
      worker.start();
      if (i % 2) await new Promise((resolve) => setTimeout(resolve, i));
      worker.kill();
      await worker.joinAsync(20);
      codes.push(worker.exitcode);
    }
    return codes;
  });
  expect(found).toEqual(Array.from({ length: 20 }, () => -9));
  await page.close();
});

test('a worker whose module throws when it is imported ends with exit code 1, and with that error', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Process, activeChildren } = nogil;
    const worker = new Process({ target: new URL('/test/browser/page/broken.workers.ts#never', location.href) });
    worker.start();
    const ended = await worker.joinAsync(20);
    return [ended, worker.exitcode, String(worker.exception), activeChildren().length];
  });
  expect(found).toEqual([true, 1, expect.stringContaining('document is not defined'), 0]);
  await page.close();
});

test('a worker that closes itself has exit code 0', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const worker = new nogil.Process({ target: () => globalThis.close() });
    worker.start();
    return [await worker.joinAsync(20), worker.exitcode];
  });
  expect(found).toEqual([true, 0]);
  await page.close();
});

test('the page waits for an internal lock without its event loop, and gets it also when its holder is terminated', async () => {
  const page = await newPage();
  const found = await page.evaluate(async () => {
    const { Event, Process } = nogil;
    const ready = new Event();
    const worker = new Process({ target: tasks.holdOutputLock, args: [ready] });
    worker.start();
    await ready.waitAsync(20);
    worker.terminate();
    // From here on the event loop does not turn: only the supervisor can learn of the death, and free the
    // lock.
    const died = tasks.takeOutputLock();
    return [died, await worker.joinAsync(20), worker.exitcode];
  });
  expect(found).toEqual([1, true, -15]);
  await page.close();
});

test('without cross-origin isolation the package can be imported, and its first use says which headers are missing', async () => {
  const bare = await serveTests({});
  const { page } = await openPage(browser, bare.origin);
  const found = await page.evaluate(async () => {
    const { Lock, Queue, Process, task, sleepAsync } = await load('/package/index.js');
    const errorOf = (call: () => unknown) => {
      try {
        call();
      } catch (error) {
        return error as Error;
      }
      return undefined;
    };
    await sleepAsync(0.001);
    const marked = task({ url: location.href }, 'marked', (x: number) => x + 1);
    const errors = [() => new Lock(), () => new Queue(), () => new Process({ target: marked })].map(errorOf);
    return { isolated: crossOriginIsolated, errors: errors.map((error) => [error?.name, error?.message]), marked: marked(1) };
  });
  expect(found.isolated).toBe(false);
  expect(found.marked).toBe(2);
  for (const [name, message] of found.errors) {
    expect(name).toBe('RuntimeError');
    expect(message).toContain('"Cross-Origin-Opener-Policy: same-origin"');
    expect(message).toContain('"Cross-Origin-Embedder-Policy: require-corp"');
    expect(message).toContain('nogil#cross-origin-isolation');
  }
  await page.close();
  bare.close();
});

test("without headers the guide's service worker isolates the page, and the package works", async () => {
  const guide = readFileSync(new URL('../../docs/guide/browsers.md', import.meta.url), 'utf8');
  const script = /as `isolate\.js`.*?```js\n(.*?)```/s.exec(guide)?.[1] as string;
  const folder = mkdtempSync(join(tmpdir(), 'nogil-'));
  cpSync(new URL('../../dist/browser', import.meta.url), join(folder, 'nogil'), { recursive: true });
  writeFileSync(join(folder, 'isolate.js'), script);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script src="isolate.js"></script>');
  const bare = await serve(folder, {});
  const page = await browser.newPage();
  await page.goto(bare.origin);
  await page.waitForFunction(() => crossOriginIsolated);
  const result = await page.evaluate(`(async () => {
    const { Process } = await import('/nogil/index.js');
    const worker = new Process({ target: (x) => x * 2, args: [21] });
    worker.start();
    return worker.resultAsync(20);
  })()`);
  expect(result).toBe(42);
  await page.close();
  bare.close();
  rmSync(folder, { recursive: true });
});

test('a page that forbids eval sends and receives objects as any other', async () => {
  const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:";
  const strict = await serve('test/browser', { ...ISOLATION, 'Content-Security-Policy': policy }, true);
  const { page } = await openPage(browser, strict.origin);
  const found = await page.evaluate(async () => {
    const { Queue } = (await load('/package/index.js')) as typeof import('nogil');
    let compiled = true;
    try {
      new Function('');
    } catch {
      compiled = false;
    }
    const queue = new Queue<{ id: number; inner: { text: string; list: number[] } }>();
    const got: unknown[] = [];
    for (let i = 0; i < 30; i++) {
      queue.put({ id: i, inner: { text: `a text of some letters ${i}`, list: [i] } });
      got.push(queue.get());
    }
    return { compiled, got };
  });
  expect(found.compiled).toBe(false);
  expect(found.got).toEqual(
    Array.from({ length: 30 }, (_, i) => ({ id: i, inner: { text: `a text of some letters ${i}`, list: [i] } })),
  );
  await page.close();
  strict.close();
});
