/** What is sent. A shape goes to workers by its name. */

export interface Shape<T> {
  /** Bytes of one; undefined: they are no byte arrays. */
  readonly length?: number;
  /** Item number `i`. Bytes are made once and sent again and again: both sides take a copy. */
  make(i: number): T;
  /** What of an item that arrived is added up: it looks at its beginning and at its end. */
  number(item: T): number;
  /** What `number` of item `i` must be. */
  expected(i: number): number;
}

/** Arrays of a batch must be different ones: what is met twice in one message is sent once. */
const VARIANTS = 128;
/** Bytes of all that is sent again and again: it stays in the caches, as the source of C's memcpy does. */
const MOST_SOURCE = 2 ** 18;

function bytes(length: number): Shape<Uint8Array> {
  const variants = Math.max(1, Math.min(VARIANTS, MOST_SOURCE / length));
  const made = Array.from({ length: variants }, () => new Uint8Array(length).fill(0xa5));
  const last = length - 1;
  return {
    length,
    make(i) {
      const array = made[i % made.length] as Uint8Array;
      array[0] = i;
      if (length >= 4) {
        array[1] = i >>> 8;
        array[2] = i >>> 16;
      }
      array[last] = i;
      return array;
    },
    number(array) {
      const low = array[0] as number;
      return (length >= 4 ? low | ((array[1] as number) << 8) | ((array[2] as number) << 16) : low) + (array[last] as number);
    },
    expected: (i) => (length >= 4 ? i & 0xffffff : i & 0xff) + (i & 0xff),
  };
}

const numbers: Shape<number> = { make: (i) => i, number: (item) => item, expected: (i) => i };

const NAMES = Array.from({ length: 16 }, (_, i) => `name ${i}`);
const TEXTS = Array.from({ length: VARIANTS }, (_, i) => `${i} and so many more letters`.padEnd(32, '.'));

interface Small {
  id: number;
  name: string;
  text: string;
}

const objects: Shape<Small> = {
  make: (i) => ({ id: i, name: NAMES[i & 15] as string, text: TEXTS[i % VARIANTS] as string }),
  number: (item) => item.id + item.text.length,
  expected: (i) => i + 32,
};

interface Line {
  sku: string;
  count: number;
}

interface Order {
  id: number;
  paid: boolean;
  total: number;
  currency: string;
  customer: { name: string; email: string; age: number; address: { street: string; city: string; zip: number } };
  lines: Line[];
}

/** Three levels, 20 values, an array of five objects. */
const nested: Shape<Order> = {
  make: (i) => ({
    id: i,
    paid: (i & 1) === 0,
    total: i * 1.25,
    currency: 'ISK',
    customer: {
      name: NAMES[i & 15] as string,
      email: 'somebody@example.is',
      age: i & 63,
      address: { street: TEXTS[i % VARIANTS] as string, city: 'Reykjavík', zip: 101 },
    },
    lines: [
      { sku: 'bread', count: i & 7 },
      { sku: 'butter', count: 2 },
      { sku: 'cheese', count: 3 },
      { sku: 'coffee', count: 4 },
      { sku: 'milk', count: i & 15 },
    ],
  }),
  number: (item) => item.id + (item.lines[4] as Line).count + item.customer.address.zip,
  expected: (i) => i + (i & 15) + 101,
};

const texts: Shape<string> = {
  make: (i) => TEXTS[i % VARIANTS] as string,
  number: (item) => item.charCodeAt(0) + item.charCodeAt(31),
  expected: (i) => (TEXTS[i % VARIANTS] as string).charCodeAt(0) + 46,
};

/** `bytes` has its length behind a colon: `bytes:1024`. */
export type ShapeName = 'number' | 'text' | 'object' | 'nested' | `bytes:${number}`;

export function shapeOf(name: ShapeName): Shape<unknown> {
  if (name.startsWith('bytes:')) return bytes(Number(name.slice(6))) as Shape<unknown>;
  return { number: numbers, text: texts, object: objects, nested }[name as 'number'] as Shape<unknown>;
}

export function sumOf(shape: Shape<unknown>, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += shape.expected(i);
  return sum;
}

export function batchOf(shape: Shape<unknown>, from: number, count: number): unknown[] {
  const items = new Array<unknown>(count);
  for (let i = 0; i < count; i++) items[i] = shape.make(from + i);
  return items;
}
