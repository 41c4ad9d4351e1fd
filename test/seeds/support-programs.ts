/**
 * Runs whole programs: what a program prints, and how it ends, can only be seen from outside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Ending {
  /** Its exit code; null when it had to be killed. */
  code: number | null;
  /** What it printed, on standard output and on standard error. */
  lines: string[];
  errors: string;
}

/** A program that runs. */
export interface Program {
  child: ChildProcess;
  /** What it has printed up to now. */
  lines: string[];
  ending: Promise<Ending>;
}

/** A program that hangs is killed then, and fails its test by having no exit code. */
const LIMIT_MS = 20_000;

/** Starts `programs/<name>.workers.ts`. */
export function launch(name: string): Program {
  const file = fileURLToPath(new URL(`../../build/test/seeds/programs/${name}.workers.js`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is missing: run the tests with npm test, which compiles it`);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  const lines: string[] = [];
  let rest = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ending = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: rest === '' ? lines : [...lines, rest], errors }));
  });
  return { child, lines, ending };
}

/** Runs `programs/<name>.workers.ts` to its end. */
export function run(name: string): Promise<Ending> {
  return launch(name).ending;
}

/** Waits, without blocking, until `condition` holds. @throws when it does not for a long time */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
