/**
 * Another program that measures: of another language, or a rival that must not share a process. It reads a
 * line of words from its input for each thing it is asked, and answers with a line of JSON: the figure, or
 * `{"failed": "why"}`.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class Program {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #complaint = '';

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args);
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.#process.stderr.on('data', (data) => {
      this.#complaint = `${this.#complaint}${data}`.slice(-2000);
    });
    // It is told where somebody asks.
    this.#process.on('error', (error) => {
      this.#complaint = error.message;
    });
    this.#process.stdin.on('error', () => {});
  }

  async ask<T>(...words: (string | number)[]): Promise<T> {
    this.#process.stdin.write(`${words.join(' ')}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(this.#complaint.trim().split('\n').at(-1) || 'it ended without a word');
    const answer = JSON.parse(value) as T | { failed: string };
    if (typeof answer === 'object' && answer !== null && 'failed' in answer) throw new Error(answer.failed);
    return answer as T;
  }

  /** It may end its own children first. */
  async close(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#process;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
  }
}

const PATIENCE_MS = 20_000;

/**
 * The JSON that a Node program of build/bench/ prints.
 * @param flags for Node itself
 */
export function runOnce<T>(module: string, args: readonly string[] = [], flags: readonly string[] = []): Promise<T> {
  const file = fileURLToPath(new URL(`../${module}`, import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...flags, file, ...args], { timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim().split('\n').at(-1) || error.message));
      else resolve(JSON.parse(stdout) as T);
    });
  });
}
