/**
 * How another program's heap is looked at: from outside, without its knowledge; or by asking it, where it was
 * started so that it answers.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { look } from '../inspector/look.ts';
import type { Snapshot } from '../inspector/snapshot.ts';
import { checkFolder, inspectionPath } from '../platform/node-folder.ts';
import { findHeap } from './find-heap.ts';

export interface Looker {
  look(): Promise<Snapshot>;
  close(): void;
}

/** What it says when nothing is to be seen. */
export class NothingToSee extends Error {}

/** Milliseconds that a program which is there may take to answer. */
const PATIENCE = 10_000;

/** The program answers itself, at a socket that only its user can open. undefined: it does not listen. */
async function byAsking(pid: number): Promise<Looker | undefined> {
  const path = inspectionPath(pid);
  if (!checkFolder() || !existsSync(path)) return undefined;
  const socket = connect(path);
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let text = '';
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      waiting.shift()?.resolve(text.slice(0, end));
      text = text.slice(end + 1);
    }
  });
  try {
    await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('error', reject));
  } catch {
    // What a killed program has left.
    return undefined;
  }
  socket.on('error', fail).on('close', () => fail(new NothingToSee(`process ${pid} has ended`)));
  socket.setTimeout(PATIENCE, () => socket.destroy());
  const answer = () => new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
  return {
    async look() {
      if (socket.destroyed) throw new NothingToSee(`process ${pid} has ended`);
      socket.write('look\n');
      return JSON.parse(await answer()) as Snapshot;
    },
    close: () => socket.destroy(),
  };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** From outside. */
function byReading(pid: number): { looker: Looker | undefined; refused: boolean } {
  if (process.platform !== 'linux') return { looker: undefined, refused: false };
  const { source, refused } = findHeap(pid);
  if (source === undefined) return { looker: undefined, refused };
  const looker: Looker = {
    async look() {
      if (!exists(pid)) throw new NothingToSee(`process ${pid} has ended`);
      source.refresh();
      return look(source);
    },
    close: () => source.close(),
  };
  return { looker, refused };
}

/** @throws NothingToSee why, and what to do */
export async function lookAt(pid: number): Promise<Looker> {
  if (!exists(pid)) throw new NothingToSee(`there is no process ${pid}`);
  const { looker, refused } = byReading(pid);
  const found = looker ?? (await byAsking(pid));
  if (found !== undefined) return found;
  if (refused)
    throw new NothingToSee(
      `the kernel does not show the memory of process ${pid} to this user: start the program with NOGIL_INSPECT=1 (or configure({ inspect: true })), run this as root, or allow it with sysctl kernel.yama.ptrace_scope=0`,
    );
  if (process.platform !== 'linux')
    throw new NothingToSee(`process ${pid} does not answer: start it with NOGIL_INSPECT=1, or configure({ inspect: true })`);
  throw new NothingToSee(`process ${pid} has no heap of this version of nogil (yet)`);
}
