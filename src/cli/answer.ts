/**
 * What a program does that was started to be inspected: its supervisor answers at a socket, and prints a
 * table on SIGUSR2. Loaded only then.
 */
import { chmodSync, readdirSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { History } from '../inspector/history.ts';
import { look } from '../inspector/look.ts';
import { pageOf } from '../inspector/sections.ts';
import type { Source } from '../inspector/source.ts';
import { folder, inspectionPath, makeFolder } from '../platform/node-folder.ts';
import { textOf } from './text.ts';

/** Milliseconds between the two looks of a table: what counts, and how fast, shows in two. */
const APART = 250;

/** What answers need of the thread that gives them. */
export interface Answering {
  source: Source;
  /**
   * Calls `heard` after a signal; false: the program has a use for it. undefined: no signal can be heard
   * here.
   */
  watchSignal: ((signal: number, heard: () => void) => boolean) | undefined;
  print(text: string): void;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Programs that were killed have left theirs. */
function tidyFolder(): void {
  for (const name of readdirSync(folder())) {
    const [, pid] = /^\.inspect-(\d+)$/.exec(name) ?? [];
    if (pid === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    try {
      unlinkSync(inspectionPath(Number(pid)));
    } catch {
      // Another one has.
    }
  }
}

function listen(source: Source): void {
  makeFolder();
  tidyFolder();
  const path = inspectionPath(process.pid);
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-100);
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        if (text.slice(0, end) === 'look') socket.write(`${JSON.stringify(look(source))}\n`);
        text = text.slice(end + 1);
      }
    });
    socket.unref();
  });
  // Another heap of this process answers already.
  server.on('error', () => {});
  server.listen(path, () => chmodSync(path, 0o600));
  server.unref();
}

/** Begins to answer. */
export function answer({ source, watchSignal, print }: Answering): void {
  listen(source);
  const report = async () => {
    const history = new History();
    history.add(look(source));
    await new Promise((resolve) => setTimeout(resolve, APART));
    print(`${textOf(pageOf(history.add(look(source))))}\n`);
  };
  const isHeard = watchSignal?.(constants.signals.SIGUSR2, () => void report());
  if (isHeard === false) print('nogil: SIGUSR2 prints nothing, since this program handles it; nogil top shows the same.\n');
}
