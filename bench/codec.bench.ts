/**
 * What a value costs on its way into bytes and out of them: this package's codec against JSON, v8.serialize
 * and msgpackr by itself.
 *
 * The codec works on shared memory, as in a queue: it writes to the start of its scratch, and reads from
 * there what the core has put there. The others work on whatever they return. This file looks inside the
 * package, and is bundled with what it looks at.
 */
import { isDeepStrictEqual } from 'node:util';
import v8 from 'node:v8';
import { Packr } from 'msgpackr/pack';
import { Encoding } from '../assembly/abi.ts';
import { Codec } from '../src/codec/index.ts';
import { inTurn } from './in-turn.ts';
import { nanoseconds, type Row, type Table } from './report.ts';

/** Different objects of one shape, so that nothing profits from meeting the same object again. */
const VARIANTS = 64;

/** Both directions of one way to encode. */
interface Contender {
  encode(value: unknown): unknown;
  /** Leaves the encoded value where `decode` will read it. */
  store(value: unknown): void;
  decode(): unknown;
}

function nogil(): Contender {
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

function functions<T>(encode: (value: unknown) => T, decode: (encoded: T) => unknown): Contender {
  let stored: T;
  return {
    encode,
    store(value) {
      stored = encode(value);
    },
    decode: () => decode(stored),
  };
}

/** msgpackr answers a view on a buffer that it goes on to fill; only what is kept has to be copied. */
function msgpackr(options: ConstructorParameters<typeof Packr>[0]): Contender {
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

const rivals: Record<string, () => Contender> = {
  JSON: () => functions(JSON.stringify, JSON.parse as (text: string) => unknown),
  'v8.serialize': () => functions(v8.serialize, v8.deserialize),
  msgpackr: () => msgpackr({ useRecords: false }),
  'msgpackr structuredClone': () => msgpackr({ structuredClone: true }),
};

class Job {
  id: number;
  name: string;
  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }
}

const shapes: Record<string, (i: number) => unknown> = {
  number: (i) => i * 1.5,
  'short string': (i) => `bun number ${i}`,
  '{id, name, 32 characters}': (i) => ({ id: i, name: `name ${i & 15}`, text: `abcdefghijklmnopqrstuvwxyz0123${10 + i}` }),
  'nested object': (i) => ({
    order: { id: i, paid: true, total: 12.5 * i },
    customer: { name: 'Ægir Jónsson', address: { street: 'Laugavegur 1', city: 'Reykjavík', zip: null } },
    lines: [1, 2, 3].map((n) => ({ sku: `sku-${n}`, count: n, price: n * 1.25, tags: ['a', 'b'] })),
  }),
  '100 numbers': (i) => Array.from({ length: 100 }, (_, n) => n * i + 0.5),
  'class instance': (i) => new Job(i, `name ${i & 15}`),
  'with Date and Map': (i) => ({ id: i, when: new Date(i), map: new Map([['a', i]]) }),
};

/** Calls for about this long make a round, in milliseconds. */
const ROUND = 12;

/** Nanoseconds for one call, in a loop over different values. */
function round(call: (i: number) => unknown, calls: number): number {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) sink = call(i % VARIANTS);
  return ((performance.now() - begin) * 1e6) / calls;
}
/** Keeps what was made from being optimised away. */
export let sink: unknown;

async function duel(what: string, ours: (i: number) => unknown, rival: (i: number) => unknown, rounds: number): Promise<Row> {
  const calls = Math.max(100, Math.round((ROUND * 1e6) / Math.max(round(ours, 2000), round(rival, 2000))));
  const figures = await inTurn(rounds, 2, { ours: () => round(ours, calls), rival: () => round(rival, calls) });
  return { what, unit: nanoseconds, ...figures };
}

function carries(contender: Contender, value: unknown): boolean {
  try {
    contender.store(value);
    return isDeepStrictEqual(contender.decode(), structuredClone(value));
  } catch {
    return false;
  }
}

/** One table a rival; a shape that does not come out of the rival as structuredClone gives it is left out. */
export async function* codec(quick: boolean): AsyncGenerator<Table> {
  for (const [name, create] of Object.entries(rivals)) {
    const rows: Row[] = [];
    for (const [shape, make] of Object.entries(shapes)) {
      const values = Array.from({ length: VARIANTS }, (_, i) => make(i + 1));
      const [ours, rival] = [nogil(), create()];
      if (!carries(ours, values[0])) throw new Error(`the codec does not carry ${shape}`);
      if (!carries(rival, values[0])) continue;
      const rounds = quick ? 3 : 15;
      rows.push(
        await duel(
          `encode ${shape}`,
          (i) => ours.encode(values[i]),
          (i) => rival.encode(values[i]),
          rounds,
        ),
      );
      ours.store(values[0]);
      rival.store(values[0]);
      rows.push(await duel(`decode ${shape}`, ours.decode, rival.decode, rounds));
    }
    yield { title: `one value, against ${name}`, rival: name, rows };
  }
}
