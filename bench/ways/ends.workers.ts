/** One end of a way, in its worker. */
import { workerData } from 'node:worker_threads';
import { clock, reply, serve } from '../harness/agents.ts';
import { type ShapeName, shapeOf } from './shapes.ts';
import type { Way } from './way.ts';

export interface Orders {
  way: string;
  side: 'near' | 'far';
  end: unknown;
  shape: ShapeName;
  batch: number;
  options: object;
}

export interface Taken {
  end: number;
  sum: number;
}

const { way: name, side, end, shape, batch, options } = workerData as Orders;
const { way } = (await import(new URL(`./${name}.js`, import.meta.url).href)) as { way: Way<object, unknown> };
const job = { shape: shapeOf(shape), batch, options };

if (side === 'near') {
  const produce = await way.producer(end, job);
  serve<{ count: number }>(async ({ count }) => {
    const begin = clock();
    await produce(count);
    reply(begin);
  });
} else {
  const take = await way.consumer(end, job);
  serve<{ count: number }>(async ({ count }) => {
    reply('ready');
    const sum = await take(count);
    reply({ end: clock(), sum } satisfies Taken);
  });
}
reply('ready');
