import type { Group } from '../harness/row.ts';
import { channel } from '../rivals/multithreading.ts';
import { native } from '../rivals/native.ts';
import { python } from '../rivals/python.ts';
import { send } from '../ways/send.ts';

const shape = 'number';
const BATCH = 100;

export const numbers: Group = {
  id: 'numbers',
  question: 'How fast can I send numbers?',
  how: `One worker sends 0, 1, 2, … to another; the main thread sleeps. From the first put to the last get; the
consumer adds them up, and the sum is checked.`,
  rows: [
    {
      id: 'numbers.single',
      what: 'Numbers, one by one',
      how: 'put and get of integers below 2^32, in the default queue, which has no limit, and in one of 1024 places.',
      unit: 'perSecond',
      least: 20_000,
      most: 2_000_000,
      contenders: [
        send('put / get', { by: 'nogil', way: 'queue', shape }),
        send('put / get, maxsize 1024', { by: 'nogil', way: 'queue', shape, options: { maxsize: 1024 }, fullOnly: true }),
        send('Pipe: send / recv', { by: 'nogil', way: 'pipe', shape }),
        send('postMessage', { by: 'node', way: 'messages', shape, note: 'no back-pressure' }),
        send('receiveMessageOnPort', { by: 'node', way: 'receive-message', shape }),
        send('ringbuf.js', { by: 'ringbuf.js', way: 'ringbuf', shape, note: 'spins, never sleeps' }),
        send('futex ring', { by: 'handmade', way: 'futex-ring', shape, note: 'spins, then sleeps' }),
        channel('multithreading: channel', 'number'),
        python('Python: multiprocessing.Queue', () => ['queue', 'number', 0]),
        native('C: ring', () => ['ring', 4], 'two threads that spin'),
        native('C: queue of two robust mutexes', () => ['queue', 1], 'two threads that spin'),
      ],
      targets: [
        { who: 'put / get', against: 'ringbuf.js', times: 3 },
        { who: 'put / get', against: 'postMessage', times: 6 },
      ],
    },
    {
      id: 'numbers.batches',
      what: `Numbers, ${BATCH} at a time`,
      how: `putMany of arrays of ${BATCH}, getMany of ${BATCH}, or both of a typed array; the others send an array, or ${BATCH} words, at a time.`,
      unit: 'perSecond',
      least: 20_000,
      most: 5_000_000,
      contenders: [
        send('putMany / getMany', { by: 'nogil', way: 'queue', shape, batch: BATCH }),
        send('putMany / getMany, maxsize 1024', {
          by: 'nogil',
          way: 'queue',
          shape,
          batch: BATCH,
          options: { maxsize: 1024 },
          fullOnly: true,
        }),
        send('putMany(Float64Array) / getManyInto', { by: 'nogil', way: 'typed-batches', shape, batch: BATCH }),
        send('postMessage of arrays', { by: 'node', way: 'messages', shape, batch: BATCH }),
        send('receiveMessageOnPort of arrays', { by: 'node', way: 'receive-message', shape, batch: BATCH }),
        send('ringbuf.js', { by: 'ringbuf.js', way: 'ringbuf', shape, batch: BATCH, note: 'a Uint32Array; spins' }),
      ],
      targets: [{ who: 'putMany / getMany', against: 'postMessage of arrays', times: 3 }],
    },
  ],
};
