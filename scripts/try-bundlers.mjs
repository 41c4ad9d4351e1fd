/**
 * Tries the tools that are too heavy for the test suite: `npm run try:bundlers [NAME]`. Each gets a project
 * of its own in a temporary folder, with the package from its tarball. It prints a table of what was seen.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Milliseconds, for each command: an installation may be slow. */
const LONGEST = 300_000;

const PROGRAM = `import { main, Process, Queue, task } from 'nogil';
export function work(queue, n) { for (let i = 0; i < n; i++) queue.put(2 * i); queue.shutdown(); }
export const square = task(import.meta, function square(x) { return x * x; });
main(import.meta, () => {
  const queue = new Queue();
  new Process({ target: work, args: [queue, 3] }).start();
  const worker = new Process({ target: square, args: [6] });
  worker.start();
  console.log('seen ' + JSON.stringify([[...queue], worker.result(60)]));
});
`;
const SEEN = 'seen [[0,2,4],36]';

const TEST = `const { Process, task } = require('nogil');
const square = (x) => x * x;
test('a process answers', () => {
  const worker = new Process({ target: square, args: [6] });
  worker.start();
  expect(worker.result(60)).toBe(36);
});
`;
const TYPED = TEST.replace("const { Process, task } = require('nogil')", "import { Process } from 'nogil'").replace(
  '(x)',
  '(x: number)',
);

const PAGE = `'use client';
import { Process } from 'nogil';
export default function Page() {
  return <button onClick={() => new Process({ target: () => 1 }).start()}>start</button>;
}
`;
const LAYOUT = 'export default ({ children }) => <html><body>{children}</body></html>;\n';
const TS_JEST = `{ transform: { '^.+[.]ts$': ['ts-jest', { diagnostics: false, tsconfig: { module: 'commonjs', esModuleInterop: true } }] } }`;

/** What is installed, written and run; the last command's output must match. */
const TOOLS = {
  ncc: {
    packages: ['@vercel/ncc'],
    files: { 'program.mjs': PROGRAM },
    run: ['npx ncc build program.mjs -o out', 'node out/index.mjs'],
  },
  'bun build': {
    packages: ['bun'],
    files: { 'program.mjs': PROGRAM },
    run: ['npx bun build --target=node program.mjs --outfile=out.mjs', 'node out.mjs'],
  },
  'bun build --compile': {
    packages: ['bun'],
    files: { 'program.mjs': PROGRAM },
    run: ['npx bun build --compile program.mjs --outfile=out', './out'],
  },
  Jest: { packages: ['jest'], files: { 'a.test.js': TEST }, type: 'commonjs', run: ['npx jest'], seen: /1 passed/ },
  'ts-jest': {
    packages: ['jest', 'ts-jest', 'typescript@5.9', '@types/jest', '@types/node@20'],
    files: { 'a.test.ts': TYPED, 'jest.config.js': `module.exports = ${TS_JEST};\n` },
    type: 'commonjs',
    run: ['npx jest'],
    seen: /1 passed/,
  },
  'Next 16': {
    packages: ['next@16', 'react', 'react-dom'],
    files: { 'app/page.js': PAGE, 'app/layout.js': LAYOUT },
    run: ['npx next build'],
    seen: /Compiled successfully/,
  },
  pnpm: { packages: ['pnpm@10'], files: { 'program.mjs': PROGRAM }, run: ['npx pnpm install --no-lockfile', 'node program.mjs'] },
};

function command(text, cwd) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  const { status, stdout, stderr } = spawnSync(text, { cwd, shell: true, encoding: 'utf8', timeout: LONGEST, env });
  return { status, output: stdout + stderr };
}

function attempt({ packages, files, type = 'module', run, seen = SEEN }, folder, tarball) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, type })}\n`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  let last = { status: 1, output: '' };
  for (const each of [`npm install --no-audit --no-fund ${packages.join(' ')} ${tarball}`, ...run]) {
    last = command(each, folder);
    if (last.status !== 0) return `fails: ${each}\n${last.output.slice(-1000)}`;
  }
  return (typeof seen === 'string' ? last.output.includes(seen) : seen.test(last.output))
    ? 'works'
    : `says ${last.output.slice(-500)}`;
}

const folder = mkdtempSync(join(tmpdir(), 'nogil-bundlers-'));
try {
  const { output } = command(`npm pack --ignore-scripts --silent --pack-destination ${folder}`, root);
  const tarball = join(folder, output.trim().split('\n').at(-1));
  console.log('| tool | seen |\n|---|---|');
  const asked = Object.entries(TOOLS).filter(([name]) => name.includes(process.argv[2] ?? ''));
  for (const [name, tool] of asked) {
    const found = attempt(tool, join(folder, name.replaceAll(/\W+/g, '-')), tarball);
    if (found !== 'works') process.exitCode = 1;
    console.log(`| ${name} | ${found} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
