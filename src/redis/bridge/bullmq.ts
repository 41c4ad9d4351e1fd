/** BullMQ: a pool's tasks are its jobs, one for each chunk. */

import { ConnectionError } from '../errors.ts';
import type { Settings } from '../options.ts';

export type BullMQ = Pick<typeof import('bullmq'), 'Queue' | 'Worker'>;

/** A job as it lies in Redis. Bytes are text there, since BullMQ keeps JSON. */
export interface JobData {
  /** By which name the function is marked. */
  task: string;
  star: boolean;
  items: string;
  /** What the task has thrown. */
  error?: string;
}

export async function loadBullMQ(): Promise<BullMQ> {
  try {
    return await import('bullmq');
  } catch (error) {
    throw new ConnectionError("a Pool over Redis needs the package 'bullmq': npm install bullmq", { cause: error } as never);
  }
}

/** What BullMQ puts before its keys. In a Redis Cluster all of a pool's lie on one node. */
export function bullPrefix({ prefix, cluster }: Settings): string {
  return cluster ? `{${prefix}:bull}` : `${prefix}:bull`;
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
