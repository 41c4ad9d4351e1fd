/** One end of a round trip, in its worker. */
import { workerData } from 'node:worker_threads';
import { reply, serve } from '../harness/agents.ts';
import { type ShapeName, shapeOf } from '../ways/shapes.ts';
import type { Trip, Trips } from './trip.ts';

export interface Orders {
  trip: string;
  side: 'near' | 'far';
  end: unknown;
  shape: ShapeName;
}

const { trip: name, side, end, shape } = workerData as Orders;
const { trip } = (await import(new URL(`./${name}.js`, import.meta.url).href)) as { trip: Trip<unknown> };

if (side === 'near') {
  const ping = trip.ping(end, shapeOf(shape));
  serve<Trips>(async (job) => reply(await ping(job)));
} else {
  const pong = trip.pong(end);
  serve<Trips>(async (job) => {
    reply('ready');
    await pong(job);
  });
}
reply('ready');
