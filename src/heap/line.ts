/**
 * Line: first in, first out, each in constant time. An array's own `shift` moves all the others, once they
 * are so many (some ten thousand on V8) that it cannot move the array's beginning instead.
 */
const COMPACT = 1024;

export class Line<T> {
  #items: (T | undefined)[];
  #first = 0;

  constructor(items: T[] = []) {
    this.#items = items;
  }

  get length(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** undefined: there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.length === 0) this.#items.length = this.#first = 0;
    else if (this.#first >= COMPACT && this.#first >= this.length) {
      this.#items.splice(0, this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** All that are left. */
  takeAll(): T[] {
    const all = this.#items.slice(this.#first) as T[];
    this.#items.length = this.#first = 0;
    return all;
  }
}
