/**
 * The stock of the tutorials' ticket offices: a file that says that there is one ticket. It goes at the end
 * of the block.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TicketFile implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nogil-'));
  readonly path = join(this.#folder, 'db.txt');

  constructor() {
    writeFileSync(this.path, JSON.stringify({ count: 1 }));
  }

  read(): unknown {
    return JSON.parse(readFileSync(this.path, 'utf8'));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
