/**
 * The states that were found: by hash, each with the move that first led to it, and the moves between them.
 */

/** Grows by doubling. */
class Ints {
  data: Int32Array;
  length = 0;

  constructor(capacity: number) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }
}

const FIRST = 1 << 12;

export class Graph {
  private readonly low = new Ints(FIRST);
  private readonly high = new Ints(FIRST);
  private readonly parent = new Ints(FIRST);
  private readonly move = new Ints(FIRST);
  private readonly from = new Ints(FIRST);
  private readonly to = new Ints(FIRST);
  private readonly good: number[] = [];
  /** Open addressing: 1 + the state, or 0. */
  private table = new Int32Array(FIRST * 4);

  get states(): number {
    return this.low.length;
  }

  /** The state of this hash; negative (-1 - state) if it is a new one, reached from `parent` by `move`. */
  visit(low: number, high: number, parent: number, move: number): number {
    const mask = this.table.length - 1;
    let slot = low & mask;
    for (let found = this.table[slot]; found !== 0; found = this.table[slot]) {
      if (this.low.data[found - 1] === low && this.high.data[found - 1] === high) return found - 1;
      slot = (slot + 1) & mask;
    }
    const state = this.states;
    this.table[slot] = state + 1;
    this.low.push(low);
    this.high.push(high);
    this.parent.push(parent);
    this.move.push(move);
    if (this.states * 3 > this.table.length) this.enlarge();
    return -1 - state;
  }

  private enlarge(): void {
    this.table = new Int32Array(this.table.length * 4);
    const mask = this.table.length - 1;
    for (let state = 0; state < this.states; state++) {
      let slot = this.low.data[state] & mask;
      while (this.table[slot] !== 0) slot = (slot + 1) & mask;
      this.table[slot] = state + 1;
    }
  }

  connect(from: number, to: number): void {
    this.from.push(from);
    this.to.push(to);
  }

  /** In `state` everything has come to a good end. */
  ends(state: number): void {
    this.good.push(state);
  }

  /** The moves that lead to `state`, a shortest way. */
  pathTo(state: number): number[] {
    const path: number[] = [];
    for (let at = state; this.parent.data[at] >= 0; at = this.parent.data[at]) path.push(this.move.data[at]);
    return path.reverse();
  }

  /** The first state from which no way leads to a good end, or -1. */
  trap(): number {
    const { states, from, to } = this;
    // Who leads to `state`: sources[first[state]] up to sources[first[state + 1]].
    const first = new Int32Array(states + 1);
    for (let i = 0; i < to.length; i++) first[to.data[i] + 1]++;
    for (let state = 0; state < states; state++) first[state + 1] += first[state];
    const fill = first.slice();
    const sources = new Int32Array(to.length);
    for (let i = 0; i < to.length; i++) sources[fill[to.data[i]]++] = from.data[i];
    const canEnd = new Uint8Array(states);
    const open = [...this.good];
    for (const state of open) canEnd[state] = 1;
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (let i = first[state]; i < first[state + 1]; i++) {
        if (canEnd[sources[i]]) continue;
        canEnd[sources[i]] = 1;
        open.push(sources[i]);
      }
    }
    return canEnd.indexOf(0);
  }
}

/** States that are to be expanded, first in first out: each with its difference to the base. */
export class Frontier {
  private static readonly CHUNK = 1 << 18;
  private readonly chunks: Int32Array[] = [];
  private readonly ends: number[] = [];
  private readAt = 0;

  /** Room for a state that differs in `count` words; fill it with `chunk` at `at`. */
  push(state: number, count: number): { chunk: Int32Array; at: number } {
    const size = 2 + count * 2;
    let last = this.chunks.length - 1;
    if (last < 0 || this.ends[last] + size > this.chunks[last].length) {
      this.chunks.push(new Int32Array(Math.max(Frontier.CHUNK, size)));
      this.ends.push(0);
      last++;
    }
    const chunk = this.chunks[last];
    const at = this.ends[last];
    chunk[at] = state;
    chunk[at + 1] = count;
    this.ends[last] = at + size;
    return { chunk, at: at + 2 };
  }

  /** The next state; it stays readable until the next call. */
  shift(): { state: number; count: number; chunk: Int32Array; at: number } | undefined {
    if (this.chunks.length > 0 && this.readAt === this.ends[0]) {
      this.chunks.shift();
      this.ends.shift();
      this.readAt = 0;
    }
    const chunk = this.chunks[0];
    if (!chunk) return undefined;
    const at = this.readAt;
    const count = chunk[at + 1];
    this.readAt = at + 2 + count * 2;
    return { state: chunk[at], count, chunk, at: at + 2 };
  }
}
