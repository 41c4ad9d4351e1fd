import { start } from './test/browser/drivers.ts';
import { serveTests } from './test/browser/server.ts';

const t = Date.now();
const say = (...a) => console.log(Date.now() - t, ...a);
const site = await serveTests();
const b = await start('Firefox');
say('started');
const page = await b.newPage();
await page.goto(site.origin);
say('page');
await page.evaluate(
  "import('/package/index.js').then(async (nogil) => { Object.assign(globalThis, { nogil, tasks: await import('/test/browser/page/tasks.workers.ts') }); })",
);
say('imported');
for (const body of [
  'return [crossOriginIsolated, navigator.hardwareConcurrency]',
  'const l=new nogil.Lock(); const h=l.hold(); h[Symbol.dispose](); return l.locked()',
  'const p=new nogil.Process({target:(x)=>x*2,args:[2]}); await p.start(); return p.resultAsync(20)',
  'const pool = new nogil.Pool(2); const d=await pool.mapAsync((x) => 2 * x, [1, 2, 3]).getAsync(20); await pool[Symbol.asyncDispose](); return d;',
]) {
  say(
    await Promise.race([
      page.evaluate(`(async () => { ${body} })()`).catch((e) => String(e)),
      new Promise((r) => setTimeout(r, 40000, 'TIMEOUT')),
    ]),
    page.log,
  );
}
await b.close();
site.close();
say('closed');
