/** The rival of PriorityQueue: the textbook's heap, each item with its place in the order of arrival. */
interface Entry<T> {
  priority: number;
  sequence: number;
  item: T;
}

export class BinaryHeap<T> {
  readonly #items: Entry<T>[] = [];
  #sequence = 0;

  push(priority: number, item: T): void {
    const entry = { priority, sequence: this.#sequence++, item };
    const items = this.#items;
    let at = items.length;
    items.push(entry);
    for (let parent = (at - 1) >> 1; at > 0; at = parent, parent = (at - 1) >> 1) {
      const above = items[parent] as Entry<T>;
      if (!precedes(entry, above)) break;
      items[at] = above;
    }
    items[at] = entry;
  }

  pop(): T {
    const items = this.#items;
    const first = items[0] as Entry<T>;
    const last = items.pop() as Entry<T>;
    const size = items.length;
    if (size === 0) return first.item;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && precedes(items[child + 1] as Entry<T>, items[child] as Entry<T>)) child++;
      const below = items[child] as Entry<T>;
      if (!precedes(below, last)) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return first.item;
  }
}

function precedes<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.sequence < b.sequence);
}
