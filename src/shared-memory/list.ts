/**
 * ShareableList: a list of fixed length in shared memory that has a name.
 *
 *     ╒═══════╤═══════╤═════════╤═══════╤═════════════════════╤══════════════════╤═══════╕
 *     │ MAGIC │ count │ pending │ spare │ places: count + 1   │ count slots      │ spare │
 *     ╘═══════╧═══════╧═════════╧═══════╧═════════════════════╧══════════════════╧═══════╛
 *     a slot:  type, bytes, and room for them: a multiple of 8
 *
 * Under the block's lock a new element is first written to the spare slot. The store to `pending` then
 * decides, and the copy to the element's own slot may be made again by whoever takes the lock over from a
 * dead worker: an element has the old value or the new one.
 */
import { ClassTag, Kind } from '../../assembly/abi.ts';
import { copyOf } from '../codec/bytes.ts';
import { isWellFormed } from '../codec/strings.ts';
import { ValueError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, registerShared } from '../heap/shared.ts';
import { isEqual } from '../manager/order.ts';
import { INSPECT } from '../manager/properties.ts';
import { behindIndices, placeOf } from '../sync/indices.ts';
import { createBlock, findBlock, locked } from './block.ts';
import { checkName, SharedMemory } from './memory.ts';

/**
 * What an element can be: Python's float (a number), int (a bigint of 64 bits), bool, str, bytes and None.
 */
export type ShareableValue = number | bigint | boolean | string | Uint8Array | null;

/** What `new ShareableList` takes beside its values. */
export interface ShareableListOptions {
  /** With values: the name of the new list; otherwise that of the one to attach to. */
  name?: string | null | undefined;
}

const MAGIC = 0x7473696c;
/** Places of the first words, and of the places of the slots. */
const COUNT = 1;
const PENDING = 2;
const SPARE = 3;
const PLACES = 4;
/** Bytes of a slot before its room. */
const SLOT = 8;

const enum Type {
  NULL,
  FALSE,
  TRUE,
  NUMBER,
  BIGINT,
  TEXT,
  BYTES,
}

interface Encoded {
  type: Type;
  bytes: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const NOTHING = new Uint8Array(0);

function encode(value: unknown): Encoded {
  switch (typeof value) {
    case 'number':
      return { type: Type.NUMBER, bytes: new Uint8Array(Float64Array.of(value).buffer) };
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new ValueError(`${value} has more than 64 bits`);
      return { type: Type.BIGINT, bytes: new Uint8Array(BigInt64Array.of(value).buffer) };
    case 'boolean':
      return { type: value ? Type.TRUE : Type.FALSE, bytes: NOTHING };
    case 'string':
      if (!isWellFormed(value)) throw new ValueError('a string with a lone surrogate has no UTF-8');
      return { type: Type.TEXT, bytes: encoder.encode(value) };
  }
  if (value === null) return { type: Type.NULL, bytes: NOTHING };
  if (value instanceof Uint8Array) return { type: Type.BYTES, bytes: value };
  throw new TypeError(
    `an element must be a number, bigint, boolean, string, Uint8Array or null, got ${(value as object | undefined)?.constructor?.name ?? typeof value}`,
  );
}

function decode(type: Type, bytes: Uint8Array<ArrayBuffer>): ShareableValue {
  switch (type) {
    case Type.FALSE:
    case Type.TRUE:
      return type === Type.TRUE;
    case Type.NUMBER:
      return new Float64Array(bytes.buffer)[0] as number;
    case Type.BIGINT:
      return new BigInt64Array(bytes.buffer)[0] as bigint;
    case Type.TEXT:
      return decoder.decode(bytes);
    case Type.BYTES:
      return bytes;
    default:
      return null;
  }
}

/** Room for an element, as Python gives it: text and bytes have up to 8 bytes to grow. */
function roomFor({ type, bytes }: Encoded): number {
  return type >= Type.TEXT ? 8 * (Math.floor(bytes.length / 8) + 1) : 8;
}

function writeSlot(list: Uint8Array, words: Int32Array, at: number, { type, bytes }: Encoded): void {
  words[at >> 2] = type;
  words[(at >> 2) + 1] = bytes.length;
  list.set(bytes, at + SLOT);
}

function wordsOf(list: Uint8Array): Int32Array {
  return new Int32Array(list.buffer, list.byteOffset, list.length >> 2);
}

function create(values: Iterable<unknown>, name: string | undefined): AdoptionToken {
  if (typeof (values as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function')
    throw new TypeError(`expected an iterable of values, got ${typeof values}`);
  const elements = Array.from(values, encode);
  const places = [(4 * (PLACES + elements.length + 1) + 7) & ~7];
  for (const element of elements) places.push((places.at(-1) as number) + SLOT + roomFor(element));
  const spare = places.at(-1) as number;
  const largest = elements.reduce((most, element) => Math.max(most, roomFor(element)), 0);
  return createBlock(name, spare + SLOT + largest, (list) => {
    const words = wordsOf(list);
    words.set([MAGIC, elements.length, 0, spare]);
    words.set(places, PLACES);
    for (const [i, element] of elements.entries()) writeSlot(list, words, places[i] as number, element);
  });
}

function open(values: Iterable<unknown> | null | undefined, options: ShareableListOptions | undefined): AdoptionToken {
  const name = checkName(options?.name);
  const attach = name !== undefined && (values === undefined || values === null);
  return attach ? findBlock(name) : create(values ?? [], name);
}

/**
 * A list of fixed length in shared memory that any worker finds by its name. Its elements are numbers,
 * bigints of 64 bits, booleans, strings, bytes and null, each in a slot of a fixed size: 8 bytes, or for a
 * string (its UTF-8) and bytes the next multiple of 8 above what they were at first. An element may become
 * one of another type, if it fits.
 *
 * It is a SharedMemory itself: `unlink`, `close` and all the rest are its own, and `shm` is the list.
 *
 * Unlike Python's: each read and write of an element is atomic, also when a worker is killed at it; NULs at
 * the end of strings and bytes are kept; a string's slot is as long as its UTF-8 from the beginning. `list[i]
 * += 1` are two accesses: for counters there is Value.
 * @example
 * ```ts
 * import { ShareableList } from 'nogil';
 *
 * const state = new ShareableList([1, 'two', null], { name: 'state' });
 * const same = new ShareableList(undefined, { name: 'state' }); // in this worker or any other
 * same[1] = '2';
 * console.log([...state]); // prints [ 1, '2', null ]
 * state.unlink();
 * ```
 */
export class ShareableList<T extends ShareableValue = ShareableValue> extends SharedMemory {
  [index: number]: T;

  readonly #length: number;
  readonly #list: Uint8Array;
  readonly #words: Int32Array;

  /**
   * Makes a list, or attaches to the one of a name.
   * @param values the elements; undefined or null: none, or with a name those that are there
   * @param options `{ name }`: with values the name of the new list, otherwise that of the one to attach to
   * @throws TypeError a value that cannot be an element; ValueError a bigint of more than 64 bits, a string
   * with a lone surrogate, no list has this name but other memory
   * @throws FileExistsError, FileNotFoundError, MemoryError as SharedMemory
   */
  constructor(values?: Iterable<T> | null, options?: ShareableListOptions);
  /** @internal */
  constructor(values?: Iterable<T> | null | AdoptionToken, options?: ShareableListOptions);
  constructor(values?: Iterable<T> | null | AdoptionToken, options?: ShareableListOptions) {
    super(values instanceof AdoptionToken ? values : open(values, options));
    this.#list = this.buf as Uint8Array;
    this.#words = wordsOf(this.#list);
    this.#length = this.#words[COUNT] ?? 0;
    if (this.#words[0] === MAGIC) return;
    this.close();
    throw new ValueError(`the shared memory '${this.name}' is no ShareableList`);
  }

  /** How many elements it has. */
  get length(): number {
    return this.#length;
  }

  // Private methods and own fields only, where speed matters: what is looked up behind this class passes a
  // proxy.

  #locked<R>(fn: () => R): R {
    if (this[Member.PTR] === 0) throw this[Member.CLOSED_ERROR]();
    return locked(this[Member.HEAP], this[Member.PTR], () => {
      this.#finish();
      return fn();
    });
  }

  /** Ends the write that was decided, if any. */
  #finish(): void {
    const words = this.#words;
    const pending = Atomics.load(words, PENDING);
    if (pending === 0) return;
    const from = words[SPARE] as number;
    const bytes = words[(from >> 2) + 1] as number;
    this.#list.copyWithin(words[PLACES + pending - 1] as number, from, from + SLOT + bytes);
    Atomics.store(words, PENDING, 0);
  }

  /** The room of the element at a place. */
  #room(place: number): number {
    return (this.#words[PLACES + place + 1] as number) - (this.#words[PLACES + place] as number) - SLOT;
  }

  #read(place: number): Encoded {
    const at = this.#words[PLACES + place] as number;
    const type = this.#words[at >> 2] as Type;
    const bytes = this.#words[(at >> 2) + 1] as number;
    return { type, bytes: copyOf(this.#list, at + SLOT, at + SLOT + bytes) };
  }

  #readAll(): Encoded[] {
    return this.#locked(() => Array.from({ length: this.#length }, (_, place) => this.#read(place)));
  }

  /** The element there; from the end if `index` is negative. @throws IndexError */
  get(index: number): T {
    const place = placeOf(index, this.#length, 'list');
    const { type, bytes } = this.#locked(() => this.#read(place));
    return decode(type, bytes as Uint8Array<ArrayBuffer>) as T;
  }

  /**
   * As `get`, by the name that JavaScript's arrays have for it; unlike theirs it throws `IndexError` out of
   * range.
   */
  at(index: number): T {
    return this.get(index);
  }

  /**
   * Sets one element: what `list[index] = value` does. To all who read it is the old one or the new one.
   * @throws IndexError; ValueError it does not fit into the element's slot; TypeError and ValueError as the
   * constructor. Then nothing has changed
   */
  set(index: number, value: T): void {
    const place = placeOf(index, this.#length, 'list');
    const element = encode(value);
    const { length } = element.bytes;
    if (length > this.#room(place))
      throw new ValueError(`${length} bytes do not fit into the ${this.#room(place)} of this element`);
    this.#locked(() => {
      writeSlot(this.#list, this.#words, this.#words[SPARE] as number, element);
      Atomics.store(this.#words, PENDING, place + 1);
      this.#finish();
    });
  }

  /** All elements, as of the moment when the iteration begins. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#readAll()
      .map(({ type, bytes }) => decode(type, bytes as Uint8Array<ArrayBuffer>) as T)
      .values();
  }

  /** How many elements equal `value`. */
  count(value: T): number {
    const wanted = comparable(value);
    return [...this].filter((element) => isEqual(element, wanted)).length;
  }

  /** Where the first element is that equals `value`. @throws ValueError nowhere */
  index(value: T): number {
    const wanted = comparable(value);
    const place = [...this].findIndex((element) => isEqual(element, wanted));
    if (place < 0) throw new ValueError('the value is not in the list');
    return place;
  }

  /**
   * The types and slots of the elements, as Python's struct module would put it: `d` for a number, `q` a
   * bigint, `?` a boolean or null, `16s` text or bytes in 16 bytes.
   */
  get format(): string {
    const formats = this.#readAll().map(({ type }, place) => {
      if (type >= Type.TEXT) return `${this.#room(place)}s`;
      if (type === Type.NULL) return 'xxxxxx?x';
      return type === Type.NUMBER ? 'd' : type === Type.BIGINT ? 'q' : 'xxxxxxx?';
    });
    return formats.join('');
  }

  /** The shared memory that the elements are in: this. */
  get shm(): this {
    return this;
  }

  /** Its elements. JSON has no bigints and no bytes: a list that has some needs a replacer. */
  override toJSON(): T[] {
    return [...this];
  }

  /** What console.log shows: as Python's `repr(l)`, what is in it. */
  override [INSPECT](depth?: number, options?: object, inspect?: (value: unknown, options?: object) => string): string {
    if (this[Member.PTR] === 0 || inspect === undefined || (depth as number) < 0) return this.toString();
    return `${this.constructor.name} '${this.name}' ${inspect([...this], options)}`;
  }
}

/** A Buffer's bytes are equal to a Uint8Array's. */
function comparable(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}

behindIndices(ShareableList);

registerShared(ClassTag.SHAREABLE_LIST, ShareableList, Kind.ARRAY);
