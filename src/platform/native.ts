/**
 * The native part: one file mapped over the memory of several processes, and sleeping on its words. Without
 * it everything else works.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtIn, ownUrl } from './node-modules.ts';

/** The native part: memory that several processes of the operating system have, and sleeping on its words. */
export interface Native {
  /** A file without a name, of so many bytes: its descriptor. @throws Error */
  create(bytes: number): number;
  /** Puts the file in the place of the memory's pages. 0, or errno. */
  map(memory: Uint8Array, descriptor: number): number;
  /** In another thread of a process that has mapped it; whether it is that memory. */
  adopt(memory: Uint8Array): number;
  /**
   * Sleeps while the word at `p` is `expected`. 0: woken, and counted by who woke it; 1: it was not equal, or
   * the sleep was broken off; 2: the time is up.
   */
  wait(p: number, expected: number, timeoutMs: number): number;
  /** How many were woken. */
  notify(p: number, count: number): number;
  /** Calls `heard` on this thread's loop, which it does not keep alive, when the word at `p` has changed. */
  listen(p: number, heard: () => void): void;
  /** This process is to end with the thread that started it. Not 0: its process `parent` is gone already. */
  dieWith(parent: number): number;
  /** Nobody sleeps in this process any more. */
  close(): void;
}

let native: Native | undefined;
let why = '';

function load(): Native | undefined {
  const here = ownUrl();
  if (here === undefined) {
    why = 'the program was bundled, and the native part of nogil is not in the bundle';
    return undefined;
  }
  const file = fileURLToPath(new URL('../build/native/shm.node', here));
  if (!existsSync(file)) {
    why = `there is no native part of nogil for ${process.platform}-${process.arch}`;
    return undefined;
  }
  try {
    return builtIn<typeof import('node:module')>('node:module').createRequire(file)(file) as Native;
  } catch (error) {
    why = `the native part of nogil could not be loaded: ${(error as Error).message}`;
    return undefined;
  }
}

/** undefined: there is none here, and `whyNoNative` says why. */
export function loadNative(): Native | undefined {
  if (native === undefined && why === '') native = load();
  return native;
}

export function whyNoNative(): string {
  loadNative();
  return why;
}
