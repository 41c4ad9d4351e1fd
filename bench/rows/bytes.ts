import type { Contender, Group, Row } from '../harness/row.ts';
import type { Target } from '../report/verdict.ts';
import { native } from '../rivals/native.ts';
import { python } from '../rivals/python.ts';
import { send } from '../ways/send.ts';

/** Of what may lie in memory at once where nothing makes the producer wait. */
const MOST_BYTES = 2 ** 27;

const OWN_ARRAY = 'an array of its own for each, which goes over without a copy';

const of = (length: number) => `bytes:${length}` as const;

/** What an API that answers a new array takes at least. */
function newArrays(length: number): Contender {
  return {
    name: 'a new array for each',
    by: 'plain',
    note: 'made and filled, one thread',
    open() {
      const source = new Uint8Array(length);
      return {
        run(count) {
          let sum = 0;
          const begin = performance.now();
          for (let i = 0; i < count; i++) {
            source[0] = i;
            sum += new Uint8Array(source)[0] as number;
          }
          const time = performance.now() - begin;
          let expected = 0;
          for (let i = 0; i < count; i++) expected += i & 0xff;
          if (sum !== expected) throw new Error(`the arrays add up to ${sum}, not to ${expected}`);
          return time * 1e6;
        },
      };
    },
  };
}

function contenders(length: number): Contender[] {
  const shape = of(length);
  return [
    send('put / get', { by: 'nogil', way: 'queue', shape }),
    send('put / get, maxsize 16', { by: 'nogil', way: 'queue', shape, options: { maxsize: 16 }, fullOnly: true }),
    send('put / getInto', { by: 'nogil', way: 'in-place', shape, options: { in: 'put', out: 'getInto' } }),
    send('reserve / getInto', { by: 'nogil', way: 'in-place', shape, options: { in: 'reserve', out: 'getInto' } }),
    send('reserve / lease', { by: 'nogil', way: 'in-place', shape, options: { in: 'reserve', out: 'lease' } }),
    send('Pipe: sendBytes / recvBytesInto', { by: 'nogil', way: 'pipe', shape, note: 'into an array that is used again' }),
    send('postMessage', { by: 'node', way: 'messages', shape, note: 'a copy; no back-pressure' }),
    send('receiveMessageOnPort', { by: 'node', way: 'receive-message', shape }),
    send('postMessage, transferred', { by: 'node', way: 'messages', shape, options: { transfer: true }, note: OWN_ARRAY }),
    send('receiveMessageOnPort, transferred', { by: 'node', way: 'receive-message', shape, options: { transfer: true } }),
    send('ringbuf.js', { by: 'ringbuf.js', way: 'ringbuf', shape, note: 'spins; the reader uses its array again' }),
    send('futex ring', { by: 'handmade', way: 'futex-ring', shape, note: 'the reader uses its array again' }),
    python('Python: multiprocessing.Queue', () => ['queue', 'bytes', length]),
    newArrays(length),
    native('C: ring', () => ['ring', length], 'two threads that spin'),
    native('C: ring, read in place', () => ['place', length], 'two threads that spin'),
    native('C: memcpy', () => ['memcpy', length], 'one copy, one thread'),
  ];
}

function row(name: string, what: string, length: number, targets: Target[]): Row {
  return {
    id: `bytes.${name}`,
    what,
    how: 'A Uint8Array; the consumer looks at its first bytes and its last, in a lease at those of the heap.',
    unit: 'perSecond',
    least: Math.min(10_000, 2 ** 22 / length),
    most: Math.min(1_000_000, MOST_BYTES / length),
    contenders: contenders(length),
    targets,
  };
}

const sized = (at: number) => of(at);

export const bytes: Group = {
  id: 'bytes',
  question: 'How fast can I send bytes?',
  how: `One worker sends Uint8Arrays to another; the main thread sleeps. From the first put to the last get. Each
array holds its number at both ends; the sums are checked. Rings whose reader uses one array again do less than
those that answer a new one: making one costs 0.6 µs.`,
  rows: [
    row('64', '64 bytes', 64, [
      { who: 'put / get', against: 'futex ring', times: 1.5 },
      { who: 'put / get', against: 'postMessage', times: 8 },
    ]),
    row('1k', '1 KiB', 1024, [
      { who: 'put / get', against: 'postMessage', times: 3 },
      { who: 'reserve / getInto', against: 'futex ring', times: 1.3 },
    ]),
    row('64k', '64 KiB', 65536, [
      { who: 'put / get', against: 'best rival', times: 1 },
      { who: 'reserve / lease', against: 'best rival', times: 3 },
      { who: 'reserve / lease', against: 'C: memcpy', times: 0.8 },
    ]),
    {
      id: 'bytes.sizes',
      what: '1 byte to 16 MiB',
      how: 'As above, one by one, for each length: how many bytes a second pass.',
      unit: 'bytesPerSecond',
      over: {
        name: 'length of an item',
        unit: 'bytes',
        full: [1, 8, 64, 512, 4096, 2 ** 15, 2 ** 18, 2 ** 21, 2 ** 24],
        quick: [1, 4096, 2 ** 24],
      },
      most: (at) => Math.max(4, Math.min(1_000_000, MOST_BYTES / at)),
      contenders: [
        send('put / get', { by: 'nogil', way: 'queue', shape: sized }),
        send('reserve / lease', { by: 'nogil', way: 'in-place', shape: sized, options: { in: 'reserve', out: 'lease' } }),
        send('postMessage', { by: 'node', way: 'messages', shape: sized }),
        send('postMessage, transferred', { by: 'node', way: 'messages', shape: sized, options: { transfer: true } }),
        send('ringbuf.js', { by: 'ringbuf.js', way: 'ringbuf', shape: sized }),
        send('futex ring', { by: 'handmade', way: 'futex-ring', shape: sized }),
        native('C: ring', (at) => ['ring', at]),
        native('C: memcpy', (at) => ['memcpy', at]),
      ],
    },
  ],
};
