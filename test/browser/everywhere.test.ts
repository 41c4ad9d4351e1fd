/** What is not the same in all browsers, in each of them: symbols, wordings of errors, what isolates a page. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Driven, type DrivenPage, type Name, start } from './drivers.ts';
import { type Site, serveTests } from './server.ts';

const LIMIT = 120_000;

describe.each(['Chromium', 'Firefox', 'WebKit'] satisfies Name[])('in %s', (name) => {
  let browser: Driven;
  let site: Site;
  let page: DrivenPage;

  beforeAll(async () => {
    site = await serveTests();
    browser = await start(name);
    page = await browser.newPage();
    await page.goto(site.origin);
    await page.evaluate(
      "import('/package/index.js').then(async (nogil) => { Object.assign(globalThis, { nogil, " +
        "tasks: await import('/test/browser/page/tasks.workers.ts') }); })",
    );
  }, LIMIT);
  afterAll(async () => {
    await browser.close();
    site.close();
  }, LIMIT);

  /** The body of an async function in the page, with the package as `nogil`. */
  const inPage = (body: string) => page.evaluate(`(async () => { ${body} })()`);

  test(
    'what is disposed of has its methods under the symbols, and none that is called undefined',
    async () => {
      const found = await inPage(`
        const { Lock, Queue, Pool, heap } = nogil;
        const lock = new Lock();
        const held = lock.hold();
        const wasHeld = lock.locked();
        held[Symbol.dispose]();
        const later = await lock.holdAsync();
        await later[Symbol.asyncDispose]();
        const scope = heap.scope();
        new Queue();
        scope[Symbol.dispose]();
        const protos = Object.values(nogil).filter((each) => typeof each === 'function' && each.prototype);
        const odd = protos.filter((each) => Object.hasOwn(each.prototype, 'undefined')).map((each) => each.name);
        const pool = new Pool(2);
        const doubled = await pool.mapAsync((x) => 2 * x, [1, 2, 3]).getAsync(60);
        await pool[Symbol.asyncDispose]();
        return [wasHeld, lock.locked(), odd, doubled];
      `);
      expect(found).toEqual([true, false, [], [2, 4, 6]]);
    },
    LIMIT,
  );

  test(
    'workers are started, found their targets, waited for and stopped',
    async () => {
      const found = await inPage(`
        const { Process, Queue, Event, Lock } = nogil;
        const [lock, ready, never] = [new Lock(), new Event(), new Queue()];
        const double = new Process({ target: tasks.double, args: [4] });
        await double.start();
        const worker = new Process({ target: tasks.forEver, args: [lock, ready, never] });
        await worker.start();
        await ready.waitAsync(60);
        worker.terminate();
        const broken = await lock.acquireAsync(60).catch((error) => error.name);
        return [await double.resultAsync(60), await worker.joinAsync(60), worker.exitcode, broken];
      `);
      expect(found).toEqual([8, true, -15, 'BrokenLockError']);
    },
    LIMIT,
  );

  test(
    'workers that begin while others end: none is waited for without end, and none that was killed begins',
    async () => {
      const found = await inPage(`
        const { Event, Lock, Pool, Process, Queue } = nogil;
        const squares = [];
        for (let i = 0; i < 8; i++) {
          const pool = new Pool(2);
          squares.push(...(await pool.mapAsync((x) => x * x, [i]).getAsync(60)));
          pool.terminate();
        }
        const ready = new Event();
        const codes = [];
        for (let i = 0; i < 8; i++) {
          const worker = new Process({ target: tasks.spin, args: [new Lock(), ready, new Queue()] });
          await worker.start();
          if (i % 2) await new Promise((resolve) => setTimeout(resolve, 5 * i));
          worker.kill();
          codes.push((await worker.joinAsync(60)) && worker.exitcode);
        }
        const closing = new Process({ target: () => globalThis.close() });
        await closing.start();
        codes.push((await closing.joinAsync(60)) && closing.exitcode);
        return [squares, codes];
      `);
      expect(found).toEqual([
        [0, 1, 4, 9, 16, 25, 36, 49],
        [-9, -9, -9, -9, -9, -9, -9, -9, 0],
      ]);
    },
    LIMIT,
  );

  // The others' workers start their like from their own script.
  if (name === 'Firefox')
    test(
      'a worker that cannot be made has ended: its script was not where it was looked for, or who makes it throws',
      async () => {
        const other = await browser.newPage();
        await other.goto(site.origin);
        const found = await other.evaluate(`(async () => {
          const { configure, Process } = await import('/package/index.js');
          let made = 0;
          const make = () => {
            if (made++ === 2) throw new RangeError('no more');
            return new Worker(made === 1 ? '/worker.js' : '/nowhere.js', { type: 'module' });
          };
          configure({ worker: make });
          const outcomes = [];
          for (let i = 0; i < 2; i++) {
            const worker = new Process({ target: () => 1 });
            await worker.start();
            outcomes.push([await worker.joinAsync(60), worker.exitcode, String(worker.exception)]);
          }
          return outcomes;
        })()`);
        expect(found).toEqual([
          [true, 1, expect.stringMatching(/script could not be loaded from http.*workerUrl/)],
          [true, 1, expect.stringContaining('RangeError: no more')],
        ]);
        expect(other.log.filter((line) => /^pageerror/.test(line))).toEqual([]);
        await other.close();
      },
      LIMIT,
    );

  test(
    'a target that was sent as source and uses an outer name says so, and so does one whose module is the page',
    async () => {
      const found = await inPage(`
        const outcome = async (worker) => {
          await worker.start();
          return worker.resultAsync(60).catch((error) => error.name + ': ' + error.message);
        };
        const outer = 3;
        const url = new URL('/test/browser/page/broken.workers.ts', location.href);
        return [
          await outcome(new nogil.Process({ target: (x) => x * outer, args: [1] })),
          await outcome(new nogil.Process({ target: url })),
        ];
      `);
      expect(found).toEqual([
        expect.stringMatching(/^RuntimeError: .*outer.*: target was sent as source/),
        expect.stringMatching(/^RuntimeError: .*document.*: a worker imports .*main\(import\.meta/),
      ]);
    },
    LIMIT,
  );

  test(
    'a call that would have to wait names what has been called, and its twin',
    async () => {
      const found = await inPage(`
        const { Pool, Process, Queue } = nogil;
        const told = (call) => {
          try {
            call();
          } catch (error) {
            return error.name + ': ' + error.message;
          }
          return 'nothing';
        };
        const worker = new Process({ target: () => 5 });
        await worker.start();
        const pool = new Pool(1);
        const said = [
          told(() => new Queue().get()),
          told(() => worker.result()),
          told(() => pool.map((x) => x, [1])),
          told(() => [...new Queue()]),
          told(() => [...pool.imap((x) => x, [1])]),
          told(() => pool.applyAsync((x) => x, [1]).get()),
        ];
        await worker.joinAsync(60);
        await pool[Symbol.asyncDispose]();
        return said;
      `);
      const waits = (call: string, twin: string) =>
        expect.stringMatching(`^RuntimeError: ${call} would have to wait.*: use ${twin}`);
      expect(found).toEqual([
        waits('get\\(\\)', 'await getAsync'),
        waits('result\\(\\)', 'await resultAsync'),
        waits('map\\(\\)', 'await mapAsync'),
        waits('a loop over it', 'for await \\(const item of queue'),
        waits('next\\(\\)', 'for await .*await nextAsync'),
        waits('get\\(\\)', 'await getAsync'),
      ]);
    },
    LIMIT,
  );

  test(
    'an object that is posted says that its handle is what to send',
    async () => {
      const found = await inPage(`
        const { Lock, Queue, Value } = nogil;
        return [new Lock(), new Queue(), new Value('i', 1)].map((each) => {
          try {
            new MessageChannel().port1.postMessage(each);
          } catch (error) {
            return error.message;
          }
        });
      `);
      const message = expect.stringMatching(/postMessage\(queue\.handle\(\)\)/);
      expect(found).toEqual([message, message, message]);
    },
    LIMIT,
  );

  test(
    'a page that is not isolated says what is missing',
    async () => {
      const bare = await serveTests({});
      await page.goto(bare.origin);
      const found = await inPage(
        "const { Lock } = await import('/package/index.js'); try { new Lock(); } catch (error) { return error.message; }",
      );
      bare.close();
      expect(found).toContain('"Cross-Origin-Opener-Policy: same-origin"');
    },
    LIMIT,
  );
});
