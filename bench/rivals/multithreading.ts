/** The package `multithreading`, in a process of its own: it puts things into the global scope. */
import { fileURLToPath } from 'node:url';
import { Program } from '../harness/program.ts';
import { type Contender, Missing } from '../harness/row.ts';
import { load } from './load.ts';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

async function start(): Promise<Program> {
  try {
    await load('multithreading/package.json');
  } catch (error) {
    if (error instanceof Missing) throw error;
    // It is there, and hides its package.json.
  }
  return new Program(process.execPath, ['--import', path('./multithreading.globals.js'), path('./multithreading.program.js')]);
}

function asked(name: string, words: (at: number) => (string | number)[], note?: string): Contender {
  return {
    name,
    by: 'multithreading',
    least: 1,
    ...(note !== undefined && { note }),
    async open(at) {
      const program = await start();
      return { run: (count) => program.ask<number>(...words(at), count), close: () => program.close() };
    },
  };
}

export const channel = (name: string, kind: 'number' | 'object') =>
  asked(name, () => ['channel', kind], 'blockingSend, blockingRecv');
export const channels = (name: string, producers: number, consumers: number) =>
  asked(name, () => ['channels', producers, consumers], 'blockingSend, blockingRecv');
export const mutex = (name: string) => asked(name, () => ['mutex'], 'blockingLock');
export const contendedMutex = (name: string, workers: number) => asked(name, () => ['fight', workers], 'blockingLock');
export const spawned = (name: string) => asked(name, () => ['spawn'], 'spawn, awaited');
