/**
 * Arbitrary values: primitives of every kind, trees that may go plain, and graphs with shared references and
 * cycles.
 */

import fc from 'fast-check';
import { typedArrays } from '../../support/typed-arrays.ts';

/** Any sequence of UTF-16 units, with the ones that encoders get wrong over-represented. */
const unit = fc.oneof(
  { arbitrary: fc.integer({ min: 0x20, max: 0x7e }), weight: 6 },
  { arbitrary: fc.integer({ min: 0, max: 0xff }), weight: 2 },
  { arbitrary: fc.integer({ min: 0, max: 0xffff }), weight: 2 },
  { arbitrary: fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfeff, 0xfffd, 0xffff), weight: 1 },
);

export const text: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.array(unit, { maxLength: 40 }).map((units) => String.fromCharCode(...units)), weight: 4 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 80 }), weight: 2 },
  {
    arbitrary: fc
      .tuple(fc.array(unit, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 300 }))
      .map(([units, times]) => String.fromCharCode(...units).repeat(times)),
    weight: 1,
  },
);

export const key: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: text, weight: 2 },
  { arbitrary: fc.constantFrom('a', 'b', 'id', 'name', 'kind', ''), weight: 3 },
  { arbitrary: fc.integer({ min: -3, max: 12 }).map(String), weight: 1 },
  {
    arbitrary: fc.constantFrom(
      '__proto__',
      '__proto_',
      'constructor',
      'toJSON',
      'hasOwnProperty',
      'length',
      'toString',
      '4294967295',
    ),
    weight: 1,
  },
);

export const number: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    127,
    128,
    255,
    256,
    65535,
    65536,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    -32,
    -33,
    -(2 ** 31),
    5e-324,
  ),
);

export const bigint: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.constantFrom(0n, -1n, 2n ** 63n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n - 1n, 2n ** 64n),
);

export const primitive: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: number, weight: 3 },
  { arbitrary: text, weight: 3 },
  { arbitrary: bigint, weight: 1 },
  { arbitrary: fc.constantFrom(undefined, null, true, false), weight: 2 },
);

/** Trees of plain objects and arrays. */
export const tree: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    primitive,
    fc.array(tie('node'), { maxLength: 8 }),
    fc.array(fc.tuple(key, tie('node')), { maxLength: 8 }).map(objectOf),
  ),
})).node;

/** Unlike an assignment, this makes `__proto__` an own property. */
export function objectOf(entries: [string, unknown][]): object {
  return Object.fromEntries(entries);
}

/** A value inside a graph: a primitive, or the node of that number (modulo how many there are). */
type Slot = { primitive: unknown } | { node: number };

const slot: fc.Arbitrary<Slot> = fc.oneof(
  { arbitrary: primitive.map((value) => ({ primitive: value })), weight: 2 },
  { arbitrary: fc.nat({ max: 30 }).map((node) => ({ node })), weight: 3 },
);
const slots = fc.array(slot, { maxLength: 6 });
const properties = fc.array(fc.tuple(key, slot), { maxLength: 5 });

type Resolve = (slot: Slot) => unknown;

/** How to create a node, and how to fill it once all nodes exist. */
interface Spec {
  create(buffers: ArrayBuffer[]): object;
  fill(target: never, resolve: Resolve): void;
}

const leaf = (arbitrary: fc.Arbitrary<(buffers: ArrayBuffer[]) => object>): fc.Arbitrary<Spec> =>
  arbitrary.map((create) => ({ create, fill() {} }));

const setAll = (target: object, entries: [string, Slot][], resolve: Resolve): void => {
  for (const [name, each] of entries) {
    Object.defineProperty(target, name, { value: resolve(each), enumerable: true, writable: true, configurable: true });
  }
};

class Custom {
  #hidden = 1;
  get computed(): number {
    return this.#hidden;
  }
}

const objects: fc.Arbitrary<Spec> = properties.map((entries) => ({
  create: () => ({}),
  fill: (target: object, resolve: Resolve) => setAll(target, entries, resolve),
}));

const arrays: fc.Arbitrary<Spec> = slots.map((items) => ({
  create: () => [],
  fill: (target: unknown[], resolve: Resolve) => void target.push(...items.map(resolve)),
}));

/** With holes, further properties, a length of its own. */
const oddArrays: fc.Arbitrary<Spec> = fc
  .tuple(
    fc.nat({ max: 12 }),
    fc.array(fc.tuple(fc.nat({ max: 9 }), slot), { maxLength: 4 }),
    fc.array(
      fc.tuple(
        key.filter((name) => name !== 'length' && !/^\d+$/.test(name)),
        slot,
      ),
      { maxLength: 3 },
    ),
  )
  .map(([length, items, entries]) => ({
    create: () => new Array(length),
    fill(target: unknown[], resolve: Resolve) {
      for (const [index, each] of items) target[index] = resolve(each);
      setAll(target, entries, resolve);
    },
  }));

const maps: fc.Arbitrary<Spec> = fc.array(fc.tuple(slot, slot), { maxLength: 4 }).map((entries) => ({
  create: () => new Map(),
  fill(target: Map<unknown, unknown>, resolve: Resolve) {
    for (const [one, other] of entries) target.set(resolve(one), resolve(other));
  },
}));

const sets: fc.Arbitrary<Spec> = slots.map((items) => ({
  create: () => new Set(),
  fill(target: Set<unknown>, resolve: Resolve) {
    for (const item of items) target.add(resolve(item));
  },
}));

const dates = leaf(
  fc.oneof(fc.date(), fc.constant(new Date(NaN)), fc.constant(new Date(-8.64e15))).map((date) => () => new Date(date.getTime())),
);
const regexps = leaf(
  fc
    .tuple(fc.constantFrom('', 'a+', 'a/b', '\ud800', '\u{1f600}', '(?<n>x)\\k<n>'), fc.constantFrom('', 'g', 'imsuy', 'dg', 'v'))
    .map(([source, flags]) => () => {
      const regexp = new RegExp(source, flags);
      regexp.lastIndex = 3;
      return regexp;
    }),
);
const boxes = leaf(fc.oneof(number, text, bigint, fc.boolean()).map((value) => () => Object(value)));

type ViewClass = new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;

const views = leaf(
  fc
    .tuple(fc.constantFrom<ViewClass[]>(DataView, ...typedArrays), fc.nat({ max: 3 }), fc.nat({ max: 4 }), fc.nat({ max: 3 }))
    .map(
      ([View, buffer, start, length]) =>
        (buffers: ArrayBuffer[]) =>
          new View(buffers[buffer] as ArrayBuffer, start * 8, length),
    ),
);
const buffers = leaf(fc.nat({ max: 3 }).map((index) => (all: ArrayBuffer[]) => all[index] as ArrayBuffer));

const customs: fc.Arbitrary<Spec> = properties.map((entries) => ({
  create: () => new Custom(),
  fill: (target: object, resolve: Resolve) => setAll(target, entries, resolve),
}));
const bare: fc.Arbitrary<Spec> = properties.map((entries) => ({
  create: () => Object.create(null),
  fill: (target: object, resolve: Resolve) => setAll(target, entries, resolve),
}));

const errors: fc.Arbitrary<Spec> = fc
  .tuple(
    fc.constantFrom(Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError),
    fc.option(text, { nil: undefined }),
    fc.option(slot, { nil: undefined }),
    fc.array(
      fc.tuple(
        key.filter((name) => name !== '__proto__' && name !== 'stack' && name !== 'name'),
        slot,
      ),
      { maxLength: 3 },
    ),
  )
  .map(([ErrorClass, message, cause, entries]) => ({
    create: () => new ErrorClass(message),
    fill(target: Error, resolve: Resolve) {
      if (cause !== undefined)
        Object.defineProperty(target, 'cause', { value: resolve(cause), writable: true, configurable: true });
      setAll(target, entries, resolve);
    },
  }));
const aggregates: fc.Arbitrary<Spec> = slots.map((items) => ({
  create: () => new AggregateError([], 'many'),
  fill: (target: AggregateError, resolve: Resolve) => void target.errors.push(...items.map(resolve)),
}));

/** Graphs of what structuredClone takes and gives back as the codec does. */
export const graph: fc.Arbitrary<unknown> = graphOf(
  fc.oneof(
    { arbitrary: objects, weight: 4 },
    { arbitrary: arrays, weight: 3 },
    fc.oneof(oddArrays, maps, sets, dates, regexps, boxes),
    fc.oneof(views, buffers),
    fc.oneof(customs, bare),
  ),
);

/**
 * With errors, of which structuredClone loses a part; compared with the original, so without what changes its
 * class.
 */
export const graphWithErrors: fc.Arbitrary<unknown> = graphOf(
  fc.oneof(objects, arrays, maps, sets, { arbitrary: errors, weight: 3 }, aggregates),
);

function graphOf(spec: fc.Arbitrary<Spec>): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.array(spec, { minLength: 1, maxLength: 20 }), fc.uint8Array({ minLength: 64, maxLength: 64 }))
    .map(([specs, bytes]) => {
      const shared = Array.from({ length: 4 }, (_, i) => Uint8Array.from(bytes, (byte) => byte ^ i).buffer as ArrayBuffer);
      const nodes = specs.map((each) => each.create(shared));
      const resolve: Resolve = (each) => ('node' in each ? nodes[each.node % nodes.length] : each.primitive);
      specs.forEach((each, i) => void each.fill(nodes[i] as never, resolve));
      return nodes[0];
    });
}
