/** A folder of this test file's own, in which programs find the names of heaps. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export function ownNames(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nogil-names-'));
  process.env.XDG_RUNTIME_DIR = folder;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'nogil');
}
