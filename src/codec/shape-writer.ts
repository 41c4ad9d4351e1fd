/**
 * How objects of one shape are written: by a function that is compiled for its keys, so that the engine reads
 * each property where it knows it to be. It first makes sure that the object is what it looks like, by its
 * prototype and all its keys; only then it reads its values.
 *
 * Compiled where that is allowed, as builders are; elsewhere objects are walked key by key.
 */
import { canCompile } from './builder.ts';
import type { CellBuffer } from './cell-buffer.ts';
import { Tag } from './cells.ts';
import { SEND } from './handle.ts';

export const enum Written {
  /** It is of another shape; nothing was written, and no value was read. */
  OTHER = 0,
  DONE = 1,
  /** It cannot go as cells. */
  REFUSED = 2,
}

/** The walk through a value, which a writer is a part of. */
export interface Walk {
  /** Writes a value that is no number, found inside a container at `depth`. False: it cannot go as cells. */
  item(value: unknown, depth: number, guess: Guess): boolean;
  /** Notes a container; false: it was noted before. */
  isFirstMeeting(value: object): boolean;
}

/** Writes an object found at `depth`. */
export type ShapeWriter = (walk: Walk, cells: CellBuffer, value: object, depth: number) => Written;

/** So many objects of a shape are walked first. */
const OFTEN = 32;

/**
 * With more than two shapes at a place guesses cost more than they save (20 % of three shapes in turn): after so
 * many misses there are none for as many objects as REST says.
 */
const MISSES = 16;
const REST = 1024;

/** What is likely to be found at one place: objects of the shapes that were met there last. */
export class Guess {
  first: ShapeWriter | undefined;
  second: ShapeWriter | undefined;
  #elements: Guess | undefined;
  #misses = 0;
  #resting = 0;

  /** The place of an array's elements, if there is an array here. */
  get elements(): Guess {
    if (this === nowhere) return this;
    this.#elements ??= new Guess();
    return this.#elements;
  }

  /** An object of this writer's shape was there, which was not expected. */
  met(writer: ShapeWriter): void {
    if (this === nowhere) return;
    if (this.#resting > 0) {
      this.#resting--;
      return;
    }
    if (this.second !== undefined && ++this.#misses === MISSES) {
      this.first = this.second = undefined;
      this.#misses = 0;
      this.#resting = REST;
      return;
    }
    this.second = this.first;
    this.first = writer;
  }
}

/** A place of which nothing is ever known. */
export const nowhere = new Guess();

/** The writer of a shape, once it is worth one. */
export class ShapeWriters {
  #met = 0;
  #writer: ShapeWriter | undefined;

  /** An object of the shape was walked, which has the keys of `sequence`. */
  meet(shape: number, sequence: { keys(): readonly string[] }): ShapeWriter | undefined {
    if (this.#writer === undefined && ++this.#met === OFTEN && isAllowed()) this.#writer = writerFor(shape, sequence.keys());
    return this.#writer;
  }
}

let allowed: boolean | undefined;

/** Besides compiling: Node can be told to be without `__proto__`, or to throw where it is used. */
function isAllowed(): boolean {
  if (allowed === undefined) {
    try {
      allowed = canCompile() && new Function('return {}.__proto__')() === Object.prototype;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}

export function writerFor(shape: number, keys: readonly string[]): ShapeWriter {
  const quoted = keys.map((key) => JSON.stringify(key));
  const checks = quoted.map((key, i) => `case ${i}: if (key !== ${key}) return ${Written.OTHER}; break;`);
  const writes = quoted.map(
    (key, i) => `item = value[${key}];
if (typeof item === 'number' && item === item && cells.at < cells.capacity) cells.f64[cells.at++] = item;
else if (item === undefined && !(${key} in value) || !walk.item(item, depth, guess${i})) return ${Written.REFUSED};`,
  );
  // `__proto__` is asked, and not getPrototypeOf, because engines put it in place.
  const body = `${quoted.map((_, i) => `const guess${i} = new Guess();`).join('\n')}
return (walk, cells, value, depth) => {
if (value.__proto__ !== objectPrototype || value[SEND] !== undefined || isArray(value)) return ${Written.OTHER};
let count = 0;
for (const key in value) switch (count++) {
${checks.join('\n')}
default: return ${Written.OTHER};
}
if (count !== ${keys.length}) return ${Written.OTHER};
if (!walk.isFirstMeeting(value)) return ${Written.REFUSED};
cells.tag(${Tag.OBJECT}, ${shape});
let item;
${writes.join('\n')}
return ${Written.DONE};
};`;
  return new Function('Guess', 'objectPrototype', 'SEND', 'isArray', body)(
    Guess,
    Object.prototype,
    SEND,
    Array.isArray,
  ) as ShapeWriter;
}
