/**
 * What a value costs on its way into bytes and out of them: this package's codec against JSON, v8.serialize and msgpackr by
 * itself, in one run. Nanoseconds for one value, and as a multiple of what the codec takes.
 *
 *   node --import tsx bench/codec.bench.ts
 *
 * Every figure is the median of many batches of `BATCH` calls: a clock around a single call would measure the clock.
 * The codec works on shared memory, as in a queue: it writes to the start of its scratch, and reads from there what the core
 * has put there. The others work on whatever they return. A dash: the value does not come out as structuredClone gives it.
 */

import { isDeepStrictEqual } from 'node:util';
import v8 from 'node:v8';
import { Packr } from 'msgpackr/pack';
import { Bench } from 'tinybench';
import { Encoding } from '../assembly/abi.ts';
import { Codec } from '../src/codec/index.ts';

const BATCH = 500;
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

const contenders: Record<string, () => Contender> = {
  nogil,
  JSON: () => functions(JSON.stringify, JSON.parse as (text: string) => unknown),
  'v8.serialize': () => functions(v8.serialize, v8.deserialize),
  msgpackr: () => msgpackr({ useRecords: false }),
  'msgpackr records': () => msgpackr({ useRecords: true }),
  'msgpackr bundleStrings': () => msgpackr({ useRecords: false, bundleStrings: true }),
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

/** Nanoseconds for one call. */
async function measure(call: (i: number) => unknown): Promise<number> {
  const bench = new Bench({ time: 120, warmupTime: 60, iterations: 20, warmupIterations: 10 });
  let sink: unknown;
  bench.add('batch', () => {
    for (let i = 0; i < BATCH; i++) sink = call(i % VARIANTS);
  });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result === undefined || !('latency' in result)) throw new Error('the benchmark did not run', { cause: { result, sink } });
  return (result.latency.p50 * 1e6) / BATCH;
}

function carries(contender: Contender, value: unknown): boolean {
  try {
    contender.store(value);
    return isDeepStrictEqual(contender.decode(), structuredClone(value));
  } catch {
    return false;
  }
}

for (const [shape, make] of Object.entries(shapes)) {
  const values = Array.from({ length: VARIANTS }, (_, i) => make(i + 1));
  const rows: Record<string, Record<string, string>> = {};
  let own: [encode: number, decode: number] | undefined;
  for (const [name, create] of Object.entries(contenders)) {
    const contender = create();
    if (!carries(contender, values[0])) {
      rows[name] = { 'encode ns': '-', 'decode ns': '-' };
      continue;
    }
    const encode = await measure((i) => contender.encode(values[i]));
    contender.store(values[0]);
    const decode = await measure(() => contender.decode());
    own ??= [encode, decode];
    rows[name] = {
      'encode ns': encode.toFixed(0),
      'decode ns': decode.toFixed(0),
      'encode ×': (encode / own[0]).toFixed(2),
      'decode ×': (decode / own[1]).toFixed(2),
    };
  }
  console.log(`\n${shape}`);
  console.table(rows);
}
