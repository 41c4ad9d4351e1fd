/** Some of these fight for one lock. */
import { workerData } from 'node:worker_threads';
import { type Handle, Lock, RLock } from 'nogil';
import { clock, reply, type Span, serve } from '../harness/agents.ts';
import { Mutex } from '../rivals/mutex.ts';

export interface Orders {
  kind: 'Lock' | 'RLock' | 'Mutex';
  handle?: Handle;
  memory?: SharedArrayBuffer;
  /** Word 0: how many have come; word 1: the counter. */
  words: Int32Array;
}

export interface Fight {
  count: number;
  fighters: number;
}

interface Locklike {
  acquire(): boolean;
  release(): void;
}

const { kind, handle, memory, words } = workerData as Orders;

function open(): Locklike {
  if (kind === 'Mutex') return new Mutex(memory);
  return kind === 'Lock' ? Lock.from(handle as Handle) : RLock.from(handle as Handle);
}

function fight(lock: Locklike, count: number): void {
  for (let i = 0; i < count; i++) {
    lock.acquire();
    // Plain on purpose: a lock that does not exclude loses some of these.
    words[1] = (words[1] as number) + 1;
    lock.release();
  }
}

const lock = open();
serve<Fight>(({ count, fighters }) => {
  // All at once, and none out of a sleep, if there is a core for each. If there is not, they wait for cores.
  Atomics.add(words, 0, 1);
  while (Atomics.load(words, 0) < fighters) Atomics.wait(words, 0, Atomics.load(words, 0), 0.01);
  const begin = clock();
  fight(lock, count);
  reply({ begin, end: clock() } satisfies Span);
});
reply('ready');
