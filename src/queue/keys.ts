/**
 * Keys: what a PriorityQueue orders its items by, as bytes that compare as the priorities do. No locale, no
 * user code: the same in every worker.
 *
 * Numbers, bigints and strings compare as by JavaScript's `<`: bigints exactly with numbers, strings by
 * UTF-16 unit, booleans as 0 and 1. Arrays compare element by element, a shorter one first. An item's
 * priority is its property `priority`, if it is an object and no array; otherwise itself.
 * A priority that is no array compares as an array of it alone. From the first element on that has no order
 * (null, NaN, objects ...) an array decides nothing.
 *
 * | part               | bytes                                                                                               |
 * | ------------------ | --------------------------------------------------------------------------------------------------- |
 * | number, boolean    | 8 of its double, high first; negative ones complemented, else the sign bit set                       |
 * | bigint             | those of the largest double not above it; if it is above: FF, 4 of a length, the difference           |
 * | string             | each UTF-16 unit in the form of UTF-8 (CESU-8 keeps their order), each byte plus 1; 0                 |
 * | array              | its parts; 0                                                                                        |
 *
 * Each part but the very first begins with a byte for its type: numbers go before strings, and these before
 * arrays. The type of the first is the key's `ordering`, and must be the same for all items in the queue at a
 * time.
 *
 * Ancestry: see assembly/queue/key.ts, which says how a key lies behind its record.
 */
import { Encoding, Key } from '../../assembly/abi.ts';
import type { Heap } from '../heap/heap.ts';
import { inFlightFor, recordBytes } from '../heap/records.ts';
import { plainRecords, type RecordForm } from './records.ts';

const enum Part {
  END = 0,
  NUMBER = 1,
  STRING = 2,
  ARRAY = 3,
}
/** Before the difference of a bigint from its double. */
const BEYOND = 0xff;
/** Arrays in arrays in arrays: more are taken for a cycle. */
const DEPTH = 32;
const SHAPE_SHIFT = 2;
/** Header and first 8 bytes. */
const HEADER = 16;
const PREFIX = 8;

type Parts = readonly (number | bigint | string | Parts)[];

// ── which parts decide ───────────────────────────────────────────────────────────────────────────────

/**
 * The priority of an item that is no number, taken apart. User code (getters) may run here, and nowhere
 * behind. @throws TypeError
 */
function partsOf(item: unknown): Parts {
  const isObject = typeof item === 'object' && item !== null;
  const priority = isObject && !Array.isArray(item) ? (item as { priority?: unknown }).priority : item;
  const parts: Exclude<Parts[number], never>[] = [];
  if (Array.isArray(priority)) collect(priority, parts, 0);
  else {
    const part = partOf(priority);
    if (part !== undefined) parts.push(part);
  }
  if (shapeOf(parts) === 0) throw cannotOrder(item, priority);
  return parts;
}

/** Fills `parts`; false when an element has no order. */
function collect(array: readonly unknown[], parts: Parts[number][], depth: number): boolean {
  if (depth === DEPTH) throw new TypeError(`cannot order an array that is more than ${DEPTH} deep, or contains itself`);
  for (const element of array) {
    if (Array.isArray(element)) {
      const inner: Parts[number][] = [];
      const whole = collect(element, inner, depth + 1);
      parts.push(inner);
      if (!whole) return false;
      continue;
    }
    const part = partOf(element);
    if (part === undefined) return false;
    parts.push(part);
  }
  return true;
}

function partOf(value: unknown): number | bigint | string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isNaN(value) ? undefined : value;
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
    case 'string':
      return value;
    default:
      return undefined;
  }
}

/** The type of the first part, and how deep in arrays it lies; 0 when there is none. */
function shapeOf(parts: Parts): number {
  let first = parts[0];
  let depth = 0;
  for (; typeof first === 'object'; first = first[0]) depth++;
  if (first === undefined) return 0;
  return (typeof first === 'string' ? Part.STRING : Key.NUMBER) | (depth << SHAPE_SHIFT);
}

/** Its ordering is another than that of the items it would be among. */
export function incomparable(ordering: number, others: string): TypeError {
  const leaf = (ordering & Part.ARRAY) === Part.STRING ? 'string' : 'number';
  const priority = ordering >> SHAPE_SHIFT ? `is an array of a ${leaf} …` : `is a ${leaf}`;
  return new TypeError(`cannot order an item whose priority ${priority} among ${others}, whose priorities are of another type`);
}

function cannotOrder(item: unknown, priority: unknown): TypeError {
  const name = priority === null ? 'null' : typeof priority === 'number' ? 'NaN' : `a value of type ${typeof priority}`;
  if (Array.isArray(priority))
    return new TypeError('cannot order an array whose first element is no number, bigint, string, boolean, or array of those');
  if (!Object.is(item, priority)) return new TypeError(`cannot order an object whose \`priority\` is ${name}`);
  return new TypeError(`cannot order ${name}: give it as [priority, item], or an object with a \`priority\``);
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The key written last. Nothing but this worker's JavaScript touches it, and no user code runs while it is of
 * use.
 */
let bytes = new Uint8Array(256);
let view = new DataView(bytes.buffer);
let end = 0;

function reserve(more: number): void {
  if (end + more <= bytes.length) return;
  const larger = new Uint8Array(Math.max(bytes.length * 2, end + more));
  larger.set(bytes);
  bytes = larger;
  view = new DataView(bytes.buffer);
}

function write(parts: Parts): void {
  end = 0;
  writeParts(parts, false);
}

function writeParts(parts: Parts, tagged: boolean): void {
  let tag = tagged;
  for (const part of parts) {
    reserve(PREFIX + 2);
    if (typeof part === 'object') {
      if (tag) bytes[end++] = Part.ARRAY;
      writeParts(part, tag);
      reserve(1);
      bytes[end++] = Part.END;
    } else {
      if (tag) bytes[end++] = typeof part === 'string' ? Part.STRING : Part.NUMBER;
      if (typeof part === 'string') writeString(part);
      else if (typeof part === 'number') writeNumber(part);
      else writeBigint(part);
    }
    tag = true;
  }
}

function writeNumber(number: number): void {
  view.setFloat64(end, number === 0 ? 0 : number);
  if ((bytes[end] as number) & 0x80) for (let i = 0; i < 8; i++) bytes[end + i] = ~(bytes[end + i] as number);
  else bytes[end] = (bytes[end] as number) | 0x80;
  end += 8;
}

function writeBigint(value: bigint): void {
  let below = Number(value);
  if (below === Number.POSITIVE_INFINITY) below = Number.MAX_VALUE;
  if (Number.isFinite(below) && BigInt(below) > value) below = nextBelow(below);
  writeNumber(below);
  if (below === Number.NEGATIVE_INFINITY) writeMagnitude(-value, 0xff);
  else if (BigInt(below) !== value) writeMagnitude(value - BigInt(below), 0);
}

/** The length first, so that longer ones go behind. `mask` 0xff turns the order round. */
function writeMagnitude(value: bigint, mask: 0 | 0xff): void {
  const hex = value.toString(16);
  const length = (hex.length + 1) >> 1;
  const digits = hex.padStart(length * 2, '0');
  reserve(5 + length);
  bytes[end] = BEYOND;
  view.setUint32(end + 1, mask ? ~length : length);
  end += 5;
  for (let i = 0; i < length; i++) bytes[end++] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16) ^ mask;
}

/** The largest double below a finite one that is not 0. */
function nextBelow(number: number): number {
  const scratch = new DataView(new ArrayBuffer(8));
  scratch.setFloat64(0, number);
  scratch.setBigInt64(0, scratch.getBigInt64(0) + (number > 0 ? -1n : 1n));
  return scratch.getFloat64(0);
}

function writeString(text: string): void {
  reserve(text.length * 3 + 1);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[end++] = unit + 1;
    else {
      if (unit < 0x800) bytes[end++] = 0xc1 + (unit >> 6);
      else {
        bytes[end++] = 0xe1 + (unit >> 12);
        bytes[end++] = 0x81 + ((unit >> 6) & 63);
      }
      bytes[end++] = 0x81 + (unit & 63);
    }
  }
  bytes[end++] = Part.END;
}

/**
 * What an item is ordered by, for a queue that lies elsewhere: `ordering` must be the same for all that are in it
 * at a time. @throws TypeError it has no order
 */
export function keyOf(item: unknown): { ordering: number; key: Uint8Array } {
  if (Number.isNaN(item)) throw cannotOrder(item, item);
  const parts = partsOf(item);
  write(parts);
  return { ordering: shapeOf(parts), key: bytes.slice(0, end) };
}

// ── records with keys ────────────────────────────────────────────────────────────────────────────────

function isNumber(words: Int32Array, at: number): boolean {
  return words[(at >> 2) + 1] === Encoding.NUMBER;
}

/** Writes the key of `parts` to byte `at` of the scratch; where it ends. @throws MemoryError */
function putKey(heap: Heap, parts: Parts, at: number): number {
  write(parts);
  const { scratch, scratchI32, inlineBytes } = heap;
  const rest = end - PREFIX;
  scratchI32[at >> 2] = shapeOf(parts);
  scratchI32[(at >> 2) + 1] = end;
  if (rest <= inlineBytes) {
    const padded = at + PREFIX + Math.max(PREFIX, (end + 7) & ~7);
    for (let i = 0; i < end; i++) scratch[at + 8 + i] = bytes[i] as number;
    scratch.fill(0, at + 8 + end, padded);
    return padded;
  }
  const size = 8 + ((rest + 7) & ~7);
  const block = heap.allocate(size);
  const inFlight = inFlightFor(heap, block, rest, 0);
  const memory = heap.bytes(block + size);
  memory.set(bytes.subarray(PREFIX, end), block + 8);
  memory.fill(0, block + 8 + rest, block + size);
  heap.words(block + size)[block >> 2] = rest;
  scratch.set(bytes.subarray(0, PREFIX), at + 8);
  scratchI32[(at >> 2) + 1] = end | Key.OUT_OF_LINE;
  scratchI32[(at + HEADER) >> 2] = block;
  scratchI32[((at + HEADER) >> 2) + 1] = inFlight;
  return at + HEADER + 8;
}

function keyBytes(words: Int32Array, at: number): number {
  const length = words[(at >> 2) + 1] as number;
  if (length & Key.OUT_OF_LINE) return HEADER + 8;
  return PREFIX + Math.max(PREFIX, (length + 7) & ~7);
}

/**
 * Records of a PriorityQueue: each but a number with its key behind it. `encode` throws TypeError for what
 * has no order.
 */
export const keyedRecords: Required<RecordForm> = {
  encode(heap, value, at) {
    if (typeof value === 'number') {
      if (Number.isNaN(value)) throw cannotOrder(value, value);
      return plainRecords.encode(heap, value, at);
    }
    const parts = partsOf(value);
    const keyAt = plainRecords.encode(heap, value, at);
    try {
      return putKey(heap, parts, keyAt);
    } catch (error) {
      plainRecords.drop(heap, heap.scratchI32, at);
      throw error;
    }
  },

  bytes(words, at) {
    const record = recordBytes(words, at);
    return isNumber(words, at) ? record : record + keyBytes(words, at + record);
  },

  drop(heap, words, at) {
    plainRecords.drop(heap, words, at);
    if (isNumber(words, at)) return;
    const key = at + recordBytes(words, at);
    if ((words[(key >> 2) + 1] as number) & Key.OUT_OF_LINE) heap.core.refClose(words[((key + HEADER) >> 2) + 1] as number);
  },

  ordering(words, at) {
    return isNumber(words, at) ? Key.NUMBER : (words[(at + recordBytes(words, at)) >> 2] as number);
  },
};
