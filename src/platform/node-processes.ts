/**
 * Node: processes of the operating system, and the line between their supervisors.
 *
 * What a child is told at its start stands in its environment. It inherits two descriptors: the memory's
 * file, and one end of a socket pair on which its supervisor and the program's exchange lines of JSON. Its
 * end says that the other side is no more.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { builtIn, fileBeside } from './node-modules.ts';
import type { Line, SpawnedProcess, Surroundings } from './platform.ts';
import { flagsOf } from './resource-limits.ts';

export const isProgramsThread = isMainThread;

export const processId = process.pid;

const VARIABLE = 'NOGIL_PROCESS';
const MEMORY = 3;
const LINE = 4;
/** Milliseconds after a process's end in which what it has said still arrives. */
const DRAINING = 1000;

interface Told {
  data: unknown;
  parent: number;
}

export function canSpawn(): boolean {
  return fileBeside('process.js') !== undefined;
}

export function coreBetween(): Uint8Array {
  return new Uint8Array(readFileSync(fileBeside('between.wasm') as string));
}

/** Its signals' names, as their numbers' negatives. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? -(constants.signals[signal as NodeJS.Signals] ?? constants.signals.SIGKILL);
}

export function spawnProcess(data: unknown, memory: number, around: Surroundings): SpawnedProcess {
  const { spawn } = builtIn<typeof import('node:child_process')>('node:child_process');
  const { argv, execArgv, env, resourceLimits = {} } = around;
  const told = JSON.stringify({ data, parent: process.pid } satisfies Told);
  const child = spawn(process.execPath, [...execArgv, ...flagsOf(resourceLimits), fileBeside('process.js') as string, ...argv], {
    stdio: ['ignore', 'inherit', 'inherit', memory, 'pipe'],
    env: { ...env, [VARIABLE]: told },
  });
  // Without a process there are no streams.
  const line = child.stdio?.[LINE] as import('node:net').Socket | undefined;
  line?.on('error', () => {});
  return {
    pid: child.pid,
    post: (message) => void line?.write(`${JSON.stringify(message)}\n`),
    terminate: (signal = constants.signals.SIGTERM) => void child.kill(signal),
    ref: () => child.ref(),
    unref: () => child.unref(),
    on({ message, failed, gone }) {
      if (line) readLines(line, message ?? (() => {}));
      let code: number | undefined;
      const tell = () => {
        if (code !== undefined) gone?.(code);
        code = undefined;
      };
      child.on('error', (error) => {
        if (child.pid !== undefined) return;
        failed?.(error);
        gone?.(1);
      });
      child.on('exit', (status, signal) => {
        code = exitCodeOf(status, signal);
        // Somebody else may have inherited its end of the line.
        setTimeout(tell, DRAINING);
      });
      child.on('close', tell);
    },
  };
}

/** What is read of a stream: declarations of a page's must not name Node's. */
interface Readable {
  setEncoding(encoding: 'utf8'): { on(event: 'data', listener: (chunk: unknown) => void): unknown };
}

export function readLines(stream: Readable, listener: (message: unknown) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: unknown) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() as string;
    for (const each of lines) listener(JSON.parse(each));
  });
}

/** What this process was told by the one that started it: to be asked once. */
export function told(): { data: unknown; parent: number; memory: number } {
  const { data, parent } = JSON.parse(process.env[VARIABLE] as string) as Told;
  // Nobody else's: not of those that this one starts.
  delete process.env[VARIABLE];
  return { data, parent, memory: MEMORY };
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The line to the program's supervisor, in this process's: with it ends this process, but for a guest. */
export function openLine(listener: (message: unknown) => void, descriptor = LINE, gone = die): Line {
  const { Socket } = builtIn<typeof import('node:net')>('node:net');
  const line = new Socket({ fd: descriptor, readable: true, writable: true });
  line.on('error', () => {}).on('close', gone);
  readLines(line, listener);
  return { post: (message) => void line.write(`${JSON.stringify(message)}\n`) };
}

export function closeMemory(descriptor: number): void {
  builtIn<typeof import('node:fs')>('node:fs').closeSync(descriptor);
}

export function hasEnded(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Behind the name of its program, which may hold anything.
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

export const testMode = process.env.NOGIL_TEST_MODE;
