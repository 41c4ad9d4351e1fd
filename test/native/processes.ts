/** Processes of the tests in this folder, and the memory that they share with the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadNative, type Native, whyNoNative } from '../../src/platform/native.ts';
import { LONG, PROGRAM_MS } from '../support/until.ts';

export const native: Native = loadNative() as Native;
if (native === undefined) throw new Error(`the tests in this folder need the native part: ${whyNoNative()}`);

/** Words of the memory, as tasks.mjs uses them. */
export const Word = { COUNT: 0, REPLY: 1, READY: 2, BELL: 3, NEVER: 4 } as const;

const PAGES = 16;

export function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
}

/** A memory of this process that others may have, too; its descriptor is closed with it. */
export class Memory implements Disposable {
  readonly fd: number;
  readonly words: Int32Array;

  constructor() {
    const bytes = new Uint8Array(newMemory().buffer);
    this.fd = native.create(bytes.length);
    if (native.map(bytes, this.fd) !== 0) throw new Error('not mapped');
    this.words = new Int32Array(bytes.buffer);
  }

  load(word: number): number {
    return Atomics.load(this.words, word);
  }

  /** Stores it, and wakes who sleeps there. @returns how many that were */
  tell(word: number, value: number): number {
    Atomics.store(this.words, word, value);
    return native.notify(word * 4, -1);
  }

  /** Sleeps, as the core does, until the word is not `seen`. @returns what it is then */
  changed(word: number, seen: number): number {
    const end = performance.now() + LONG * 1000;
    while (this.load(word) === seen) {
      native.wait(word * 4, seen, 1000);
      if (performance.now() > end) throw new Error(`word ${word} stays ${seen}`);
    }
    return this.load(word);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

export interface Ending {
  /** null: a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
}

export interface Running {
  child: ChildProcess;
  /** What it has printed up to now. */
  output(): string;
  /** Once it has ended, and all who have its standard output. */
  ending: Promise<Ending>;
}

interface Surroundings {
  /** The memory's; it is 3 there. */
  fd?: number;
  /** How many descriptors it may have. */
  descriptors?: number;
}

/** Starts a task of tasks.mjs. One that hangs is killed. */
export function start(task: string, numbers: number[] = [], { fd, descriptors }: Surroundings = {}): Running {
  const file = fileURLToPath(new URL('./tasks.mjs', import.meta.url));
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} &&`;
  const command = ['-c', `${limit} exec "$@"`, 'sh', process.execPath, '--expose-gc', file, task, ...numbers.map(String)];
  const child = spawn('sh', command, {
    stdio: ['ignore', 'pipe', 'pipe', fd ?? 'ignore'],
    timeout: PROGRAM_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ending = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output: output.trim(), errors: errors.trim() }));
  });
  return { child, output: () => output, ending };
}

export function run(...of: Parameters<typeof start>): Promise<Ending> {
  return start(...of).ending;
}
