/**
 * Runs whole programs: what a program prints, and how it ends, can only be seen from outside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const LONG = 20;

export interface Ending {
  /** The exit code; null when it had to be killed. */
  code: number | null;
  lines: string[];
  errors: string;
}

export interface Program {
  child: ChildProcess;
  /** What it has printed up to now. */
  lines: string[];
  ending: Promise<Ending>;
}

/** Starts a program. One that hangs is killed, and has no exit code then. */
export function launch(file: string, args: string[] = [], execPath = process.execPath): Program {
  const child = spawn(
    execPath,
    [...args.filter((each) => each.startsWith('--')), file, ...args.filter((each) => !each.startsWith('--'))],
    {
      timeout: LONG * 1000,
      killSignal: 'SIGKILL',
    },
  );
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

/** The compiled `programs/<name>.workers.ts`. */
export function programFile(name: string): string {
  const file = fileURLToPath(new URL(`../../../build/test/threads/workers/programs/${name}.workers.js`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is missing: run the tests with npm test, which compiles it`);
  return file;
}

/** Runs `programs/<name>.workers.ts` to its end. */
export function run(name: string, args?: string[]): Promise<Ending> {
  return launch(programFile(name), args).ending;
}

/** Waits, without blocking, until `condition` holds. @throws when it does not for a long time */
export async function until(condition: () => boolean, what: () => string = () => String(condition)): Promise<void> {
  const end = performance.now() + LONG * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What `call` throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}
