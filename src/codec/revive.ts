/**
 * Builds the graph again from the table that `wire.ts` describes: first all objects, empty, then what they
 * hold.
 */

import { classNamed, type RegisteredClass } from './classes.ts';
import { DOM_EXCEPTION, errorClassNamed } from './error-classes.ts';
import type { HandleBridge, HandleRef } from './handle.ts';
import { malformed } from './malformed.ts';
import { Node } from './node.ts';
import { NUMBER, VIEWS } from './wire.ts';

export type Table = [heads: unknown[], bodies: unknown[]];

type Bag = Record<string, unknown>;

const MOST = Number.MAX_SAFE_INTEGER;
const MOST_ELEMENTS = 2 ** 32 - 1;
type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView;

export class Reviver {
  readonly #blobs: Uint8Array;
  readonly #handles: HandleRef[];
  readonly #bridge: HandleBridge;
  readonly #nodes: object[] = [];
  readonly #kinds: Node[] = [];
  readonly #classes = new Map<number, RegisteredClass>();
  /**
   * Where the bodies of nodes begin that are not made yet; undefined: they are filled one after the other.
   */
  #offsets: number[] | undefined;
  /** Those that were found while they were being made. */
  readonly #met = new Set<number>();
  #cells: unknown[];
  #at = 0;
  /** What the table stands for. */
  readonly value: unknown;

  /** @param blobs the contents of the buffers; they are copied */
  constructor([heads, bodies]: Table, blobs: Uint8Array, handles: HandleRef[], bridge: HandleBridge) {
    this.#blobs = blobs;
    this.#handles = handles;
    this.#bridge = bridge;
    this.#cells = heads;
    while (this.#at < heads.length) {
      const kind = this.#raw() as Node;
      this.#kinds.push(kind);
      this.#nodes.push(this.#create(kind));
    }
    this.#cells = bodies;
    this.#at = 0;
    if (this.#kinds.includes(Node.INSTANCE)) this.#offsets = offsetsOf(bodies, this.#kinds);
    this.value = this.#cell();
    if (this.#offsets !== undefined) return;
    for (let node = 0; node < this.#nodes.length; node++) this.#body(node);
  }

  #raw(): unknown {
    if (this.#at >= this.#cells.length) throw malformed('a table that is cut off');
    return this.#cells[this.#at++];
  }

  #cell(): unknown {
    const cell = this.#raw();
    if (typeof cell !== 'number') return cell;
    if (cell === NUMBER) return this.#raw();
    if (this.#nodes[cell] === undefined) throw malformed(`object ${cell}`);
    return this.#offsets === undefined ? this.#nodes[cell] : this.#made(cell);
  }

  /** A number from 0 to `most`: of what follows, or an index. */
  #number(most = this.#cells.length): number {
    const number = this.#raw();
    if (!isIndex(number, most)) throw malformed(`a ${typeof number} where a number up to ${most} ought to be`);
    return number;
  }

  #text(): string {
    const text = this.#cell();
    if (typeof text !== 'string') throw malformed('a key that is no text');
    return text;
  }

  /** What is no text is undefined. */
  #textOrNone(): string | undefined {
    const text = this.#cell();
    if (text !== undefined && typeof text !== 'string') throw malformed('what ought to be a text');
    return text;
  }

  /** A node with all that it holds: what a class makes of its state has to have that first. */
  #made(node: number): unknown {
    const offset = (this.#offsets as number[])[node] as number;
    if (offset < 0) {
      this.#met.add(node);
      return this.#nodes[node];
    }
    (this.#offsets as number[])[node] = -1;
    const at = this.#at;
    this.#at = offset;
    this.#body(node);
    this.#at = at;
    return this.#nodes[node];
  }

  #body(node: number): void {
    if (this.#kinds[node] === Node.INSTANCE) this.#instance(node);
    else this.#fill(this.#nodes[node] as object, this.#kinds[node] as Node);
  }

  #instance(node: number): void {
    const instance = this.#nodes[node] as object;
    if (this.#raw() === false) {
      for (let n = this.#number(); n > 0; n--) define(instance, this.#text(), this.#cell(), true);
      return;
    }
    const { decode, name } = this.#classes.get(node) as RegisteredClass;
    this.#met.delete(node);
    const state = this.#cell();
    if (decode === undefined) {
      if (typeof state !== 'object' || state === null) throw malformed(`the state of a '${name}'`);
      for (const [key, value] of Object.entries(state as Bag)) define(instance, key, value, true);
      return;
    }
    const made = decode(state, instance);
    if (made === undefined || made === instance) return;
    if (this.#met.has(node))
      throw new TypeError(
        `an object of class '${name}' is a part of itself: its decode has to fill the instance that it is given`,
      );
    this.#nodes[node] = made;
  }

  #create(kind: Node): object {
    switch (kind) {
      case Node.OBJECT:
        return {};
      case Node.LIST:
        return [];
      case Node.ARRAY:
        return new Array(this.#number(MOST_ELEMENTS));
      case Node.MAP:
        return new Map();
      case Node.SET:
        return new Set();
      case Node.DATE:
        return this.#date(this.#raw());
      case Node.REGEXP:
        return this.#regExp(this.#text(), this.#text());
      case Node.BOXED:
        return Object(this.#cell());
      case Node.BUFFER:
        return this.#buffer(this.#number(MOST), this.#number(MOST), this.#raw() as number);
      case Node.VIEW:
        return this.#view(VIEWS[this.#number(VIEWS.length - 1)], this.#number(), this.#number(MOST), this.#number(MOST));
      case Node.ERROR:
        return createError(this.#text(), this.#textOrNone(), this.#textOrNone());
      case Node.INSTANCE: {
        const entry = classNamed(this.#text(), this.#textOrNone(), this.#bridge.load);
        this.#classes.set(this.#kinds.length - 1, entry);
        return Object.create(entry.ctor.prototype as object) as object;
      }
      case Node.HANDLE:
        return this.#handle(this.#number(MOST), this.#number(MOST));
      default:
        throw malformed('an object of no kind');
    }
  }

  #date(time: unknown): Date {
    if (typeof time !== 'number') throw malformed('a date');
    return new Date(time);
  }

  #regExp(source: string, flags: string): RegExp {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw malformed('a regular expression', error);
    }
  }

  #buffer(place: number, length: number, maxByteLength: number): ArrayBuffer {
    if (place + length > this.#blobs.length) throw malformed('a buffer that is cut off');
    // Of its length there is as much here: if that cannot be had, it is not due to the bytes.
    const buffer = maxByteLength < 0 ? new ArrayBuffer(length) : resizable(length, maxByteLength);
    new Uint8Array(buffer).set(this.#blobs.subarray(place, place + length));
    return buffer;
  }

  #view(name: string | undefined, buffer: number, byteOffset: number, length: number): ArrayBufferView {
    const over = this.#nodes[buffer];
    if (name === undefined || !(over instanceof ArrayBuffer)) throw malformed('a view on no buffer');
    const View = (globalThis as Bag)[name] as ViewClass;
    try {
      return new View(over, byteOffset, length);
    } catch (error) {
      throw malformed(`a ${name} of ${length} elements`, error);
    }
  }

  #handle(index: number, tag: number): object {
    const handle = this.#handles[index];
    if (handle === undefined) throw new TypeError(`the value needs a handle of class ${tag} and came without`);
    // The bytes say which class it is; what carries them may not know.
    return this.#bridge.revive({ ...handle, tag });
  }

  #fill(target: object, kind: Node): void {
    switch (kind) {
      case Node.OBJECT:
      case Node.ARRAY:
        for (let n = this.#number(); n > 0; n--) assign(target as Bag, this.#text(), this.#cell());
        break;
      case Node.LIST:
        for (let n = this.#number(); n > 0; n--) (target as unknown[]).push(this.#cell());
        break;
      case Node.MAP:
        for (let n = this.#number(); n > 0; n--) (target as Map<unknown, unknown>).set(this.#cell(), this.#cell());
        break;
      case Node.SET:
        for (let n = this.#number(); n > 0; n--) (target as Set<unknown>).add(this.#cell());
        break;
      case Node.ERROR:
        for (let n = this.#number(); n > 0; n--) define(target, this.#text(), this.#cell(), false);
        for (let n = this.#number(); n > 0; n--) define(target, this.#text(), this.#cell(), true);
        break;
    }
  }
}

/**
 * Where the body of each node begins; undefined: no class makes anything of its state, and any order will do.
 */
function offsetsOf(bodies: unknown[], kinds: readonly Node[]): number[] | undefined {
  let at = 0;
  let isMade = false;
  const skip = (cells: number) => {
    for (let n = cells; n > 0; n--) at += bodies[at] === NUMBER ? 2 : 1;
  };
  const count = () => {
    const number = bodies[at++];
    if (!isIndex(number, bodies.length)) throw malformed('a table that is cut off');
    return number;
  };
  // Keys are no cells: none is a number.
  const skipPairs = () => skip(2 * count());
  skip(1);
  const offsets = kinds.map((kind) => {
    const offset = at;
    if (kind === Node.OBJECT || kind === Node.ARRAY || kind === Node.MAP) skipPairs();
    else if (kind === Node.LIST || kind === Node.SET) skip(count());
    else if (kind === Node.ERROR) {
      skipPairs();
      skipPairs();
    } else if (kind === Node.INSTANCE) {
      if (bodies[at++] !== true) skipPairs();
      else {
        isMade = true;
        skip(1);
      }
    }
    return offset;
  });
  return isMade ? offsets : undefined;
}

function isIndex(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/** As an assignment, but for the one key that an assignment does not make. */
function assign(target: Bag, key: string, value: unknown): void {
  if (key === 'length' && Array.isArray(target)) throw malformed('an array with two lengths');
  if (key === '__proto__') define(target, key, value, true);
  else target[key] = value;
}

/** Where classes are involved: an accessor of the class must neither swallow the value nor see it. */
function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

/**
 * A genuine error, with a stack of its own until the sent one takes its place, of a class whose constructor
 * does not run.
 */
function createError(className: string, message: string | undefined, name: string | undefined): Error {
  if (className === DOM_EXCEPTION) return new DOMException(message, name);
  const errorClass = errorClassNamed(className);
  const error = Reflect.construct(Error, message === undefined ? [] : [message], errorClass ?? Error) as Error;
  // A class that the receiver does not know is not worth a failure; its name says what it was.
  const shown = name ?? (errorClass === undefined ? className : undefined);
  if (shown !== undefined) define(error, 'name', shown, false);
  return error;
}

function resizable(length: number, maxByteLength: number): ArrayBuffer {
  const Resizable = ArrayBuffer as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  try {
    return new Resizable(length, { maxByteLength });
  } catch (error) {
    throw malformed(`a buffer of up to ${maxByteLength} bytes`, error);
  }
}
