/**
 * Runs whole programs: what a program prints, and how it ends, can only be seen from outside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiled } from './compiled.ts';
import { PROGRAM_MS } from './until.ts';

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

/**
 * Starts a program. One that hangs is killed, and has no exit code then. @param args Node's own options among
 * them are those that begin with two dashes
 */
export function launch(file: string, args: string[] = [], execPath = process.execPath): Program {
  const isOption = (arg: string) => arg.startsWith('--');
  const child = spawn(execPath, [...args.filter(isOption), file, ...args.filter((arg) => !isOption(arg))], {
    timeout: PROGRAM_MS,
    killSignal: 'SIGKILL',
  });
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

function fileOf(path: string): string {
  const file = fileURLToPath(compiled(path));
  if (!existsSync(file)) throw new Error(`${file} is missing: run the tests with npm test, which compiles it`);
  return file;
}

/** The programs in `test/<folder>/programs/`, by their names: to start, and to run to their ends. */
export function programsOf(folder: string) {
  const start = (name: string, args?: string[]): Program => launch(fileOf(`${folder}/programs/${name}`), args);
  const run = (name: string, args?: string[]): Promise<Ending> => start(name, args).ending;
  return { start, run };
}

/** What `test/<path>.workers.ts` says, which is JSON. @throws when it does not end well */
export async function toldBy(path: string, ...args: string[]): Promise<unknown> {
  const { code, lines, errors } = await launch(fileOf(path), args).ending;
  if (code !== 0 || errors !== '') throw new Error(`${path} ended with exit code ${code}: ${errors}`);
  return JSON.parse(lines.join('\n'));
}

const url = (entry: string) => JSON.stringify(new URL(`../../dist/${entry}.js`, import.meta.url).href);

const prelude = `
  import * as nogil from ${url('index')};
  import * as mp from ${url('multiprocessing')};
  const { Barrier, BoundedSemaphore, Condition, Event, Lock, Process, Queue, RLock, RawValue, Semaphore, Thread, Value, configure, heap } = nogil;
`;

/** Runs `code` to its end, as a main module with everything imported. */
export async function runText(code: string, ...args: string[]): Promise<Ending> {
  const folder = await mkdtemp(join(tmpdir(), 'nogil-'));
  try {
    const file = join(folder, 'program.mjs');
    await writeFile(file, prelude + code);
    return await launch(file, args).ending;
  } finally {
    await rm(folder, { recursive: true });
  }
}
