/** Where the report goes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './model.ts';
import { composePage } from './page.ts';
import { composeSummary } from './summary.ts';

/** What scripts/bench.mjs has bundled of bench/page/. */
function bundled(file: string): string {
  return readFileSync(fileURLToPath(new URL(`../page/${file}`, import.meta.url)), 'utf8');
}

/**
 * @param folder for the page and the JSON
 * @param summary a file for the figures as Markdown
 */
export function writeReport(report: Report, folder: string, summary?: string): void {
  mkdirSync(folder, { recursive: true });
  const json = resolve(folder, 'bench-report.json');
  const html = resolve(folder, 'bench-report.html');
  writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(html, composePage(report, { script: bundled('app.js'), style: bundled('style.css') }));
  console.log(`\nthe page:   ${html}\nthe figures: ${json}`);
  if (summary !== undefined) {
    writeFileSync(summary, composeSummary(report));
    console.log(`the summary: ${resolve(summary)}`);
  }
}
