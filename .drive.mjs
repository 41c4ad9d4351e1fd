import { chromium } from 'playwright-core';

const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const p = await b.newPage();
p.on('console', (m) => console.log('console', m.text()));
p.on('pageerror', (e) => console.log('pageerror', String(e)));
await p.goto(process.argv[2]);
await p
  .waitForFunction(
    () => {
      const t = document.querySelector('#r')?.textContent;
      return t && t !== 'waiting';
    },
    undefined,
    { timeout: 30000 },
  )
  .catch((e) => console.log(String(e).slice(0, 100)));
console.log('RESULT', await p.evaluate(() => [crossOriginIsolated, document.querySelector('#r')?.textContent]));
await b.close();
