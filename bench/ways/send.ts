/** A contender of a row: one producer, one consumer, each in a worker of its own, and a way between them. */
import { Agent, closeAll } from '../harness/agents.ts';
import type { Contender } from '../harness/row.ts';
import type { By } from '../rivals/parties.ts';
import type { Orders, Taken } from './ends.workers.ts';
import { type ShapeName, shapeOf, sumOf } from './shapes.ts';
import type { Way } from './way.ts';

export interface Sending {
  /** The file in bench/ways/. */
  way: string;
  by: By;
  /** A function of the place, for a curve. */
  shape: ShapeName | ((at: number) => ShapeName);
  /** 1 (the default): one by one. */
  batch?: number;
  options?: object;
  note?: string;
  upTo?: number;
  fullOnly?: true;
}

export function send(name: string, sending: Sending): Contender {
  const { by, way, note, upTo, fullOnly, batch = 1, options = {} } = sending;
  return {
    name,
    by,
    ...(note !== undefined && { note }),
    ...(upTo !== undefined && { upTo }),
    ...(fullOnly && { fullOnly }),
    async open(at) {
      const shapeName = typeof sending.shape === 'function' ? sending.shape(at) : sending.shape;
      const shape = shapeOf(shapeName);
      const module = (await import(new URL(`./${way}.js`, import.meta.url).href)) as { way: Way<object, unknown> };
      const channel = await module.way.open(options, shape);
      const agent = (side: 'near' | 'far') => {
        const orders: Orders = { way, side, end: channel[side], shape: shapeName, batch, options };
        return new Agent('ways/ends.workers.js', orders, channel.transfer?.[side === 'near' ? 0 : 1]);
      };
      const [near, far] = [agent('near'), agent('far')];
      const close = async () => {
        await closeAll([near, far]);
        channel.close?.();
      };
      try {
        await Promise.all([near.answer(), far.answer()]);
      } catch (error) {
        await close();
        throw error;
      }
      /** Nanoseconds from the first item's beginning to the last one's end. */
      const once = async (count: number) => {
        await far.ask({ count });
        const taken = far.answer<Taken>();
        const [begin, { end, sum }] = await Promise.all([near.ask<number>({ count }), taken]);
        const expected = sumOf(shape, count);
        if (sum !== expected) throw new Error(`${count} items add up to ${sum}, not to ${expected}`);
        return end - begin;
      };
      return {
        async run(count) {
          // The first one after the others' turns finds cold caches and sleeping cores: it does not count.
          await once(Math.max(batch, count >> 2));
          return once(count);
        },
        close,
      };
    },
  };
}
