/**
 * Node: the folder in which this user's programs find each other. Nobody else can open it.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OSError } from '../errors.ts';

export const ownUser = () => process.geteuid?.() as number;

const MODE = 0o700;

export function folder(): string {
  const { XDG_RUNTIME_DIR } = process.env;
  return XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'nogil') : join(tmpdir(), `nogil-${ownUser()}`);
}

/**
 * Whether it is there. @throws OSError others can open it, or it is another user's: whoever is in it could be
 * anybody
 */
export function checkFolder(): boolean {
  const path = folder();
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isDirectory() || stats.uid !== ownUser() || (stats.mode & 0o077) !== 0)
    throw new OSError(`${path} must be a folder of this user's that nobody else can open (mode 700), and it is not`);
  return true;
}

/** It is there now. @throws OSError as `checkFolder` */
export function makeFolder(): void {
  if (!checkFolder()) mkdirSync(folder(), { recursive: true, mode: MODE });
}

/**
 * Where the program with a number of the operating system answers who inspects it. A heap's name never begins
 * so.
 */
export function inspectionPath(pid: number): string {
  return join(folder(), `.inspect-${pid}`);
}
