/**
 * Node: the native part (`native/`), which processes of the operating system need to share a heap. It is
 * loaded when somebody asks for it, from the package's own prebuilt binaries. No binary, no processes:
 * everything else works without it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as workerThreads from 'node:worker_threads';
import { isOwnFile, ownUrl } from './node-modules.ts';

/**
 * What the native part can do. The functions need no `this`. All of them throw a TypeError or a RangeError
 * for arguments that cannot be meant, and otherwise an Error with `code` and `errno` as Node's own have.
 *
 * An address is one in the memory that this thread has mapped or adopted last: a multiple of 4, as a number
 * of 32 bits, signed or not.
 */
export interface Native {
  /**
   * A file without a name, of `bytes` zeros (a multiple of 65 536), that can neither shrink nor grow. It is
   * gone with its last descriptor and mapping.
   * @returns its descriptor, which is closed in what this process executes
   */
  create(bytes: number): number;
  /**
   * Puts the file in the place of all pages of a memory, whose size must be its maximum. What they held is
   * gone. The descriptor stays the caller's.
   * @param bytes all of `memory.buffer`, which must be shared
   * @returns 0, or the errno: EBADF no file, EINVAL it is smaller than the memory, ENOMEM, ...
   */
  map(bytes: Uint8Array, fd: number): number;
  /** Enters the memory that another thread of this process has mapped. */
  adopt(bytes: Uint8Array): void;
  /**
   * Sleeps while the word at `p` is `expected`, without looking at messages.
   * @param timeoutMs milliseconds, also parts of them; Infinity: for ever; 0 and less: not at all
   * @returns 0: woken, and counted by who woke it; 1: the word was not `expected`, or the sleep was broken
   * off; 2: timed out
   */
  wait(p: number, expected: number, timeoutMs: number): number;
  /**
   * Wakes who sleeps at `p` in any process, those of `listen` too.
   * @param count at most; -1: all
   * @returns how many there were
   */
  notify(p: number, count: number): number;
  /**
   * Calls `heard` on this thread's loop, which it does not keep alive, when the word at `p` has changed and
   * somebody has notified it: once for several changes that came together. There is no way to stop it but
   * this thread's end. What `heard` throws is an uncaught exception.
   */
  listen(p: number, heard: () => void): void;
  /**
   * Has this process killed when the thread ends that has started it. Call it from the main thread.
   * @param parent the id of the process that is taken for the parent
   * @returns 0; or 1: it is not the parent, so it may have ended already
   */
  dieWith(parent: number): number;
  /**
   * Ends the sleep of a thread of this process, and keeps it from sleeping here ever again: its waits answer
   * 1 at once. For who is about to terminate it; without this the end of the thread takes up to 250 ms.
   * @param threadId Node's number of the thread
   * @returns whether that thread has loaded the native part
   */
  stop(threadId: number): boolean;
  /** The same for all threads of this process, and those that come: for its end. */
  close(): void;
  /**
   * Calls `heard` on this thread's loop, which it does not keep alive, after signals that were caught. Once
   * in a process, from its main thread.
   */
  hearSignals(heard: () => void): void;
  /**
   * Takes a signal from whoever handles it in this process, and keeps it for `takeSignal`.
   * @param signal its number
   * @returns false: nobody handles it, so that its default action stays
   */
  catchSignal(signal: number): boolean;
  /** Whether there is a signal to take. */
  hasSignal(): boolean;
  /** The number of one that came since it was taken last; 0: none. */
  takeSignal(): number;
  /**
   * Calls `heard` on this thread's loop, which it does not keep alive, after a signal that nobody handles.
   * One signal in a process.
   * @returns false: the process handles the signal, or ignores it, and goes on to do so
   */
  watchSignal(signal: number, heard: () => void): boolean;
  /**
   * A socket to which others of this machine connect by a path, which must be free (EADDRINUSE).
   * @returns its descriptor, which never blocks and is closed in what this process executes; so are all below
   */
  listenAt(path: string): number;
  /**
   * @returns the descriptor of a connection. ENOENT, ECONNREFUSED: nobody listens there; EAGAIN: too many do
   */
  connect(path: string): number;
  /** Who has the other end of a connection: words[0] becomes its user id, words[1] its process id. */
  peer(fd: number, words: Int32Array): void;
  /** Sends all bytes as the first on a connection, and a descriptor along. EPIPE: nobody has the other end */
  send(fd: number, bytes: Uint8Array, passed: number): void;
  /**
   * @param words its first is set to the descriptor that came along, which is the caller's then; -1: none
   * @returns how many bytes came; 0: the end, -1: none yet
   */
  receive(fd: number, bytes: Uint8Array, words: Int32Array): number;
  /** Whether nobody has the other end of a connection any more. */
  hasEnded(fd: number): boolean;
  /** Keeps the other end from seeing this one's end before no thread of this process runs any more. */
  keep(fd: number): void;
  /** Alone until the file that is open there is closed; waits for who is. */
  lock(fd: number): void;
  /** Names the sources that the binary was made from. */
  readonly sources: string;
}

/** Before it is told which thread it is in. */
interface Addon extends Native {
  enter(threadId: number): void;
}

/** What the library for `processes` is in this thread. */
let native: Native | undefined;
/** Empty: it is there. undefined: nobody has asked yet. */
let reason: string | undefined;

/** @returns why it is not there; empty: it is */
function load(): string {
  if (process.versions.bun !== undefined || 'Deno' in globalThis) return 'it is made for Node, and this is another runtime';
  const here = ownUrl();
  const home = here && (isOwnFile(here) ? '../' : /^file:.*\/src\/platform\//.test(here) ? '../../' : undefined);
  if (home === undefined) return "it is a file, and this program was bundled without it: have the bundler leave 'nogil' external";
  const target = `${process.platform}-${process.arch}`;
  // Not new URL(..., here): bundlers take that for files to be found when they run.
  const file = join(fileURLToPath(here as string), '..', home, 'prebuilds', target, 'nogil.node');
  if (!existsSync(file)) return `the package has none for ${target} (${file} does not exist)`;
  const module = { exports: {} as Addon };
  try {
    // Not by `require`: bundlers would look for what is required.
    process.dlopen(module, file);
    module.exports.enter(workerThreads.threadId);
  } catch (error) {
    return `it could not be loaded: ${(error as Error).message}`;
  }
  native = module.exports;
  return '';
}

/** The native part; undefined where there is none. The first call in a thread takes a millisecond. */
export function loadNative(): Native | undefined {
  reason ??= load();
  return native;
}

/** Why there is no native part, as the end of a sentence; empty: there is. */
export function whyNoNative(): string {
  reason ??= load();
  return reason;
}

/** Lets a thread that is being terminated come back from its sleep in the native part, if it is in there. */
export function endSleep(threadId: number): void {
  // Who has not loaded it has threads of other heaps only, which do not sleep there.
  native?.stop(threadId);
}
