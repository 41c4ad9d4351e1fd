/**
 * Shapes: the sequences of keys that plain objects have. An object of a known shape is written as the shape's
 * number and its values; the keys are written once, into a table that all workers of the heap share (ancestry:
 * V8's maps and their transitions; msgpackr's records, whose table travels with the messages instead).
 *
 * A writer follows the keys of an object through a tree, from key to key, and finds the number without
 * allocating anything. A sequence of keys becomes a shape when it was met some times: objects that are used as
 * dictionaries, whose keys are data, have another one each time, and must fill neither the table nor the tree;
 * and who sends few objects pays for no table. What has no number is written with its keys.
 */

import { malformed } from './malformed.ts';
import { Guess, ShapeWriters } from './shape-writer.ts';

/** Where the shapes of a heap are. */
export interface ShapeStore {
  /**
   * The number of the shape whose keys are these bytes, an array of texts as cells; a new one if it is not
   * known. 0: there is no room for another; NO_SHAPE: not now.
   */
  intern(bytes: Uint8Array, start: number, end: number): number;
  /** Where the keys of a shape are. */
  keysOf(shape: number): { source: Uint8Array; start: number; end: number };
}

/** Keeps none: every object is written with its keys. */
export const noShapes: ShapeStore = {
  intern: () => 0,
  keysOf(shape) {
    throw malformed(`there is no shape ${shape}`);
  },
};

/** Of the object without properties, in every heap. */
export const EMPTY_SHAPE = 0;
/** Nothing has it, or it is not known to be anything's. */
export const NO_SHAPE = -1;

/** Objects with more keys are dictionaries. */
const MOST_KEYS = 64;
/** Of the tree of one worker; more than the table could ever have, with what they share. */
const MOST_NODES = 32768;
/** Up to so many continuations are looked through one by one: keys are compared by their addresses. */
const FEW = 12;
/** A sequence that was met so often becomes a shape. */
export const OFTEN = 8;
/** Sequences that were met less often and are counted. */
const CANDIDATES = 256;
/** So many at least were forgotten since one became a shape: look at one in SAMPLE only. */
const FRUITLESS = 1024;
const SAMPLE = 8;

/** A sequence of keys, as the path to it from the root of the tree. */
export class ShapeNode {
  readonly parent: ShapeNode | undefined;
  readonly key: string;
  readonly depth: number;
  /** The number of the shape, if the sequence is one. */
  shape = NO_SHAPE;
  /** The step that was taken last: most objects come in rows. */
  lastKey: string | undefined;
  last: ShapeNode | undefined;
  readonly writers = new ShapeWriters();
  /** What is found behind the last key. */
  readonly guess = new Guess();
  readonly #few: ShapeNode[] = [];
  /** All of them, once they are not few. */
  #many: Map<string, ShapeNode> | undefined;

  constructor(parent: ShapeNode | undefined, key: string) {
    this.parent = parent;
    this.key = key;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** The sequence with one more key; undefined: no shape begins like that. */
  step(key: string): ShapeNode | undefined {
    if (this.#many !== undefined) return this.#many.get(key);
    for (const next of this.#few) {
      if (next.key !== key) continue;
      this.lastKey = key;
      this.last = next;
      return next;
    }
    return undefined;
  }

  add(key: string): ShapeNode {
    const node = new ShapeNode(this, key);
    this.#few.push(node);
    if (this.#many !== undefined) this.#many.set(key, node);
    else if (this.#few.length > FEW) this.#many = new Map(this.#few.map((each) => [each.key, each]));
    return node;
  }

  /** All keys of the sequence. */
  keys(): string[] {
    const keys = new Array<string>(this.depth);
    for (let node: ShapeNode = this; node.parent !== undefined; node = node.parent) keys[node.depth - 1] = node.key;
    return keys;
  }
}

/** The shapes that a worker has met as a writer. */
export class ShapeTree {
  readonly root = new ShapeNode(undefined, '');
  readonly #intern: (keys: string[]) => number;
  #nodes = 1;
  /** The table, or the tree, is full. */
  #full = false;
  #candidates = new Map<string, number>();
  #fruitless = 0;

  /** @param intern the number of the shape with these keys, which are enough for one; 0: no room */
  constructor(intern: (keys: string[]) => number) {
    this.root.shape = EMPTY_SHAPE;
    this.#intern = intern;
  }

  /** Told of an object that has no shape yet: its shape from now on, or NO_SHAPE. */
  learn(keys: string[]): number {
    if (this.#full || keys.length > MOST_KEYS) return NO_SHAPE;
    if (this.#fruitless > FRUITLESS && ++this.#fruitless % SAMPLE !== 0) return NO_SHAPE;
    const candidate = JSON.stringify(keys);
    const times = (this.#candidates.get(candidate) ?? 0) + 1;
    if (times < OFTEN) {
      if (times === 1 && this.#candidates.size >= CANDIDATES) {
        this.#fruitless += CANDIDATES;
        this.#candidates.clear();
      }
      this.#candidates.set(candidate, times);
      return NO_SHAPE;
    }
    this.#candidates.delete(candidate);
    this.#fruitless = 0;
    const shape = this.#nodes + keys.length > MOST_NODES ? 0 : this.#intern(keys);
    this.#full = shape === 0;
    if (this.#full) this.#candidates.clear();
    if (shape <= 0) return NO_SHAPE;
    let node = this.root;
    for (const key of keys) {
      let next = node.step(key);
      if (next === undefined) {
        next = node.add(key);
        this.#nodes++;
      }
      node = next;
    }
    node.shape = shape;
    return shape;
  }
}
