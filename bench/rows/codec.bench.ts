/**
 * What a value costs on its way into bytes and out of them: this package's codec by itself.
 *
 * The codec works on shared memory, as in a queue: it writes to the start of its scratch, and reads from
 * there what the core has put there. The others work on whatever they return. This file looks inside the
 * package, and is bundled with what it looks at.
 */
import { isDeepStrictEqual } from 'node:util';
import v8 from 'node:v8';
import { Encoding } from '../../assembly/abi.ts';
import { Codec } from '../../src/codec/index.ts';
import type { Contender, Group, Row } from '../harness/row.ts';
import { load } from '../rivals/load.ts';

/** Different objects of one shape, so that nothing profits from meeting the same object again. */
const VARIANTS = 64;

/** Both directions of one way to encode. */
interface Way {
  encode(value: unknown): unknown;
  /** Leaves the encoded value where `decode` will read it. */
  store(value: unknown): void;
  decode(): unknown;
}

function nogil(): Way {
  const shared = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(16384));
  const bridge = { retain() {}, revive: (handle: object) => handle };
  const codec = new Codec(shared(), bridge);
  // Another worker's codec, with a scratch of its own.
  const received = shared();
  const receiver = new Codec(received, bridge);
  let encoding: Encoding = Encoding.UNDEFINED;
  let end = 0;
  return {
    encode: (value) => codec.encode(value),
    store(value) {
      encoding = codec.encode(value);
      end = codec.end - codec.start;
      received.set(codec.target.subarray(codec.start, codec.end));
    },
    decode: () => (encoding === Encoding.NUMBER ? codec.number : receiver.decode(encoding, received, 0, end, [])),
  };
}

function functions<T>(encode: (value: unknown) => T, decode: (encoded: T) => unknown): Way {
  let stored: T;
  return {
    encode,
    store(value) {
      stored = encode(value);
    },
    decode: () => decode(stored),
  };
}

interface Msgpackr {
  Packr: new (options: object) => { pack(value: unknown): Buffer; unpack(bytes: Buffer): unknown };
}

/** msgpackr answers a view on a buffer that it goes on to fill; only what is kept has to be copied. */
async function msgpackr(options: object): Promise<Way> {
  const { Packr } = await load<Msgpackr>('msgpackr');
  const packr = new Packr({ ...options, useToJSON: false });
  let stored: Buffer;
  return {
    encode: (value) => packr.pack(value),
    store(value) {
      stored = Buffer.from(packr.pack(value));
    },
    decode: () => packr.unpack(stored),
  };
}

const ways: { name: string; by: Contender['by']; create: () => Way | Promise<Way> }[] = [
  { name: 'nogil', by: 'nogil', create: nogil },
  { name: 'JSON', by: 'node', create: () => functions(JSON.stringify, JSON.parse as (text: string) => unknown) },
  { name: 'v8.serialize', by: 'node', create: () => functions(v8.serialize, v8.deserialize) },
  { name: 'msgpackr', by: 'msgpackr', create: () => msgpackr({ useRecords: false }) },
  { name: 'msgpackr, structuredClone', by: 'msgpackr', create: () => msgpackr({ structuredClone: true }) },
];

class Job {
  id: number;
  name: string;
  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }
}

const shapes: Record<string, { what: string; make(i: number): unknown }> = {
  number: { what: 'a number', make: (i) => i * 1.5 },
  text: { what: 'a short string', make: (i) => `bun number ${i}` },
  object: {
    what: '{ id, name, text of 32 }',
    make: (i) => ({ id: i, name: `name ${i & 15}`, text: `abcdefghijklmnopqrstuvwxyz0123${10 + i}` }),
  },
  nested: {
    what: 'a nested object',
    make: (i) => ({
      order: { id: i, paid: true, total: 12.5 * i },
      customer: { name: 'Ægir Jónsson', address: { street: 'Laugavegur 1', city: 'Reykjavík', zip: null } },
      lines: [1, 2, 3].map((n) => ({ sku: `sku-${n}`, count: n, price: n * 1.25, tags: ['a', 'b'] })),
    }),
  },
  numbers: { what: 'an array of 100 numbers', make: (i) => Array.from({ length: 100 }, (_, n) => n * i + 0.5) },
  instance: { what: "a class's instance", make: (i) => new Job(i, `name ${i & 15}`) },
  rich: { what: 'an object with a Date and a Map', make: (i) => ({ id: i, when: new Date(i), map: new Map([['a', i]]) }) },
};

/** Keeps what was made from being optimised away. */
export let sink: unknown;

function contender({ name, by, create }: (typeof ways)[number], make: (i: number) => unknown): Contender {
  return {
    name,
    by,
    async open() {
      const way = await create();
      const values = Array.from({ length: VARIANTS }, (_, i) => make(i + 1));
      way.store(values[0]);
      if (!isDeepStrictEqual(way.decode(), structuredClone(values[0])))
        throw new Error('does not carry it as structuredClone does');
      const time = (count: number, call: (i: number) => unknown) => {
        const begin = performance.now();
        for (let i = 0; i < count; i++) sink = call(i % VARIANTS);
        return (performance.now() - begin) * 1e6;
      };
      const timed = { encode: (i: number) => way.encode(values[i]), decode: () => way.decode() };
      return {
        gives: 'figure',
        run() {
          const calls = 3000;
          return { encode: time(calls, timed.encode) / calls, decode: time(calls, timed.decode) / calls };
        },
      };
    },
  };
}

const QUICK = ['object', 'nested'];

function row(id: string, what: string, make: (i: number) => unknown): Row {
  return {
    ...(!QUICK.includes(id) && { fullOnly: true }),
    id: `codec.${id}`,
    what,
    how: "3000 calls in a loop of one thread over 64 values; what comes out is compared with structuredClone's copy before.",
    unit: 'time',
    contenders: ways.map((way) => contender(way, make)),
    parts: { encode: { what: `To bytes: ${what}` }, decode: { what: `From bytes: ${what}` } },
  };
}

export const codec: Group = {
  id: 'codec',
  question: 'What does it cost to encode a value?',
  how: `The codec by itself, without a queue, against what else makes bytes of values. What does not carry a value as
structuredClone does has no figure.`,
  rows: Object.entries(shapes).map(([id, { what, make }]) => row(id, what, make)),
};
