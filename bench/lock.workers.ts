/** Two of these fight for one lock. */
import { type Handle, Lock, RLock } from 'nogil';
import { clock, reply, type Span, serve } from './agents.ts';
import { Mutex } from './rivals/mutex.ts';

export interface Fight {
  kind: 'Lock' | 'RLock' | 'Mutex';
  handle?: Handle;
  memory?: SharedArrayBuffer;
  /** Word 0: how many have come; word 1: the counter. */
  words: Int32Array;
  count: number;
}

interface Locklike {
  acquire(): boolean;
  release(): void;
}

let lock: Locklike | undefined;

function open({ kind, handle, memory }: Fight): Locklike {
  if (kind === 'Mutex') return new Mutex(memory);
  return kind === 'Lock' ? Lock.from(handle as Handle) : RLock.from(handle as Handle);
}

function fight(lock: Locklike, words: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    lock.acquire();
    // Plain on purpose: a lock that does not exclude loses some of these.
    words[1] = (words[1] as number) + 1;
    lock.release();
  }
}

serve<Fight>((job) => {
  lock ??= open(job);
  const { words, count } = job;
  Atomics.add(words, 0, 1);
  // Both at once, and neither out of a sleep.
  while (Atomics.load(words, 0) < 2);
  const begin = clock();
  fight(lock, words, count);
  reply({ begin, end: clock() } satisfies Span);
});
