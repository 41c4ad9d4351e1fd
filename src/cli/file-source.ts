/**
 * The memory of another process, as a file that is only read. What is looked at is read once a look, a page
 * at a time: a heap of gigabytes is not copied to see what is in a few of its words.
 */
import { closeSync, readSync } from 'node:fs';
import { Limit, RootField } from '../../assembly/abi.ts';
import type { Source } from '../inspector/source.ts';

const PAGE = 16_384;
/** Pages of a memory of 32 bits. */
const MOST_PAGES = 65_536;

export class FileSource implements Source {
  readonly #descriptor: number;
  /** Where in the file the memory begins. */
  readonly #base: number;
  readonly #pages = new Map<number, DataView>();
  size = PAGE;

  constructor(descriptor: number, base: number) {
    this.#descriptor = descriptor;
    this.#base = base;
    this.refresh();
  }

  /** Forgets what was read. */
  refresh(): void {
    this.#pages.clear();
    this.size = PAGE;
    const pages = this.word(Limit.ROOT + RootField.PAGES);
    if (pages > 0 && pages <= MOST_PAGES) this.size = pages * 2 ** Limit.PAGE_SHIFT;
  }

  #page(index: number): DataView {
    let page = this.#pages.get(index);
    if (page === undefined) {
      const bytes = new Uint8Array(PAGE);
      try {
        readSync(this.#descriptor, bytes, 0, PAGE, this.#base + index * PAGE);
      } catch (error) {
        // Nothing is there (any more), or the process is gone, which shows at the next look.
        if (!['EIO', 'EFAULT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
      page = new DataView(bytes.buffer);
      this.#pages.set(index, page);
    }
    return page;
  }

  word(at: number): number {
    return this.#page(Math.floor(at / PAGE)).getInt32(at % PAGE, true);
  }

  bytes(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const from = (at + done) % PAGE;
      const part = Math.min(length - done, PAGE - from);
      const page = this.#page(Math.floor((at + done) / PAGE));
      bytes.set(new Uint8Array(page.buffer, from, part), done);
      done += part;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
