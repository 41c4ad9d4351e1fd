/**
 * The main thread of a process of the operating system: a worker whose memory comes as a descriptor, and
 * whose supervisor is its own.
 */
import { linkTo } from '../heap/heap.ts';
import { exit, loadNative, told } from '../platform/index.ts';
import type { ProcessData } from '../workers/protocol.ts';
import { runWorker } from './worker.ts';

/** What such a process's module does. */
export async function runProcess(): Promise<void> {
  const { data, parent, memory } = told();
  // First of all: one whose parent is gone would be left over, and nobody would end it.
  if (loadNative()?.dieWith(parent) !== 0) exit(1);
  const { link, ...rest } = data as ProcessData;
  await runWorker({ link: linkTo(link, memory), ...rest }, true);
}
