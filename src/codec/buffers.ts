/**
 * The contents of the ArrayBuffers of one value, gathered while it is flattened. They go behind the
 * table as they are, so that megabytes are copied once and not through cells.
 */

interface Entry {
  readonly content: Uint8Array;
  /** Where the heads have this buffer's place, length and maximum length. */
  readonly slot: number;
  /** Where the heads have the byte offset of the last view noted, and how many bytes that one shows. */
  viewSlot: number;
  viewLength: number;
  views: number;
  /** The value holds the buffer itself, not only views on it. */
  direct: boolean;
}

/** `resizable` and `maxByteLength` are in TypeScript's library from ES2024 on. */
type Resizable = ArrayBufferLike & { readonly resizable?: boolean; readonly maxByteLength?: number };

export class Buffers {
  readonly #heads: unknown[];
  readonly #entries = new Map<number, Entry>();
  /** What to write behind the table, in this order. Complete after `finish()`. */
  readonly blobs: Uint8Array[] = [];
  /** The length of all blobs. */
  byteLength = 0;

  constructor(heads: unknown[]) {
    this.#heads = heads;
  }

  /** Appends the head cells of the buffer `node`, to be filled in by `finish()`. */
  add(node: number, content: Uint8Array): void {
    const { resizable, maxByteLength } = content.buffer as Resizable;
    const slot = this.#heads.length;
    this.#entries.set(node, { content, slot, viewSlot: -1, viewLength: 0, views: 0, direct: false });
    this.#heads.push(0, 0, resizable === true ? maxByteLength : -1);
  }

  addDirect(node: number): void {
    (this.#entries.get(node) as Entry).direct = true;
  }

  /** @param viewSlot where the heads have the view's byte offset */
  addView(node: number, viewSlot: number, viewLength: number): void {
    const entry = this.#entries.get(node) as Entry;
    entry.viewSlot = viewSlot;
    entry.viewLength = viewLength;
    entry.views++;
  }

  /**
   * Gives every buffer its place. A lone view is cut out of its buffer: the receiver could reach the rest
   * only by asking for it (`view.buffer`), and a small piece of a large file would drag the whole file along.
   */
  finish(): void {
    const heads = this.#heads;
    for (const { content, slot, viewSlot, viewLength, views, direct } of this.#entries.values()) {
      let blob = content;
      if (views === 1 && !direct) {
        const offset = heads[viewSlot] as number;
        blob = content.subarray(offset, offset + viewLength);
        heads[viewSlot] = 0;
        heads[slot + 2] = -1;
      }
      heads[slot] = this.byteLength;
      heads[slot + 1] = blob.length;
      this.blobs.push(blob);
      this.byteLength += blob.length;
    }
  }
}
