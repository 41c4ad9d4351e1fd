/**
 * LineWriter: collects what is written into whole lines, so that lines of several workers never mix.
 */
export class LineWriter {
  readonly #emit: (descriptor: 1 | 2, bytes: Uint8Array) => void;
  readonly #rest: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] };

  /** @param emit is given one or more whole lines at a time */
  constructor(emit: (descriptor: 1 | 2, bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  write(descriptor: 1 | 2, bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(10) + 1;
    if (end > 0) this.#send(descriptor, bytes.subarray(0, end));
    if (end < bytes.length) this.#rest[descriptor].push(new Uint8Array(bytes.subarray(end)));
  }

  #send(descriptor: 1 | 2, last: Uint8Array): void {
    const parts = [...this.#rest[descriptor], last];
    this.#rest[descriptor] = [];
    const line = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      line.set(part, at);
      at += part.length;
    }
    if (line.length > 0) this.#emit(descriptor, line);
  }

  /** Writes what has no end of line yet: the worker ends. */
  flush(): void {
    this.#send(1, new Uint8Array(0));
    this.#send(2, new Uint8Array(0));
  }
}
