import type { Contender, Group } from '../harness/row.ts';
import { channel } from '../rivals/multithreading.ts';
import { python } from '../rivals/python.ts';
import { send } from '../ways/send.ts';
import type { ShapeName } from '../ways/shapes.ts';

const BATCH = 100;
const MOST = 200_000;

function contenders(shape: ShapeName): Contender[] {
  return [
    send('put / get', { by: 'nogil', way: 'queue', shape }),
    send('put / get, maxsize 1024', { by: 'nogil', way: 'queue', shape, options: { maxsize: 1024 }, fullOnly: true }),
    send('postMessage', { by: 'node', way: 'messages', shape, note: 'no back-pressure' }),
    send('receiveMessageOnPort', { by: 'node', way: 'receive-message', shape }),
    send('ringbuf.js + msgpackr', { by: 'ringbuf.js', way: 'ringbuf', shape, note: 'spins, never sleeps' }),
    send('futex ring + msgpackr', { by: 'handmade', way: 'futex-ring', shape }),
  ];
}

function batches(shape: ShapeName): Contender[] {
  return [
    send('putMany / getMany', { by: 'nogil', way: 'queue', shape, batch: BATCH }),
    send('putMany / getMany, maxsize 1024', {
      by: 'nogil',
      way: 'queue',
      shape,
      batch: BATCH,
      options: { maxsize: 1024 },
      fullOnly: true,
    }),
    send('postMessage of arrays', { by: 'node', way: 'messages', shape, batch: BATCH }),
    send('receiveMessageOnPort of arrays', { by: 'node', way: 'receive-message', shape, batch: BATCH }),
    send('ringbuf.js + msgpackr of arrays', { by: 'ringbuf.js', way: 'ringbuf', shape, batch: BATCH }),
    send('futex ring + msgpackr of arrays', { by: 'handmade', way: 'futex-ring', shape, batch: BATCH }),
  ];
}

const NESTED = 'three levels, 20 values, in it an array of five objects';
const one = 'The consumer adds up numbers of each object, of its beginning and of its end.';

export const objects: Group = {
  id: 'objects',
  question: 'How fast can I send objects and strings?',
  how: `One worker makes and sends objects, all of one shape, to another; the main thread sleeps. From the first put
to the last get; sums over their contents are checked.`,
  rows: [
    {
      id: 'objects.small',
      what: 'Objects { id, name, text of 32 }, one by one',
      how: one,
      unit: 'perSecond',
      least: 3000,
      most: MOST,
      contenders: [
        ...contenders('object'),
        {
          ...send('written and read by hand', {
            by: 'handmade',
            way: 'by-hand',
            shape: 'object',
            note: 'futex ring; knows keys and types',
          }),
          kind: 'reference',
        },
        channel('multithreading: channel', 'object'),
        python('Python: multiprocessing.Queue', () => ['queue', 'object', 0], 'a dict of the same'),
      ],
      targets: [{ who: 'put / get', against: 'best rival', times: 2.5 }],
    },
    {
      id: 'objects.small-batches',
      what: `Objects { id, name, text of 32 }, ${BATCH} at a time`,
      how: one,
      unit: 'perSecond',
      least: 3000,
      most: MOST,
      contenders: batches('object'),
      targets: [{ who: 'putMany / getMany', against: 'postMessage of arrays', times: 3 }],
    },
    {
      id: 'objects.nested',
      what: 'Nested objects, one by one',
      how: `${NESTED}. ${one}`,
      unit: 'perSecond',
      least: 3000,
      most: MOST / 4,
      contenders: contenders('nested'),
      targets: [{ who: 'put / get', against: 'best rival', times: 2 }],
    },
    {
      id: 'objects.nested-batches',
      what: `Nested objects, ${BATCH} at a time`,
      how: `${NESTED}. ${one}`,
      fullOnly: true,
      unit: 'perSecond',
      least: 3000,
      most: MOST / 4,
      contenders: batches('nested'),
    },
    {
      id: 'objects.text',
      what: 'Strings of 32 characters, one by one',
      how: 'The consumer adds up the codes of the first and the last character.',
      fullOnly: true,
      unit: 'perSecond',
      least: 3000,
      most: MOST * 2,
      contenders: contenders('text'),
    },
  ],
};
