/** The page: one file that holds its script, its style and its data, and asks the network for nothing. */
import type { Report } from './model.ts';

export interface Parts {
  /** bench/page/app.ts, bundled. */
  script: string;
  style: string;
}

/** Nothing in it may end the element that it stands in. */
function inScript(text: string): string {
  return text.replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

export function composePage(report: Report, { script, style }: Parts): string {
  const { run, machine } = report;
  const title = `nogil ${run.version}, measured ${run.date.slice(0, 10)} on ${machine.cpu}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style.replaceAll('</', '<\\/')}</style>
</head>
<body>
<main id="report"><noscript>The charts are drawn by a script; the figures lie in this file as JSON.</noscript></main>
<script type="application/json" id="data">${inScript(JSON.stringify(report))}</script>
<script>${inScript(script)}</script>
</body>
</html>
`;
}
