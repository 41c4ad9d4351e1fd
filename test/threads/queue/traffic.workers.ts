import { type Queue, task } from 'nogil';

/** An item that says where it comes from and whether it is whole. */
export interface Parcel {
  from: number;
  number: number;
  payload: Uint8Array | string;
  sum: number;
}

/**
 * Mostly small; now and then one that does not fit into the ring, into the staging area, into any piece of
 * the ring.
 */
export function sizeOf(from: number, number: number): number {
  const turn = (number * 7 + from) % 97;
  if (turn === 0) return 3 * 2 ** 20 + number;
  if (turn < 3) return 70_000 + number;
  if (turn < 10) return 2030 + (number % 20);
  return (number * 31) % 257;
}

function checksum(payload: Uint8Array | string): number {
  let sum = payload.length;
  const step = 1 + (payload.length >> 16);
  for (let i = 0; i < payload.length; i += step) {
    sum = (Math.imul(sum, 31) + (typeof payload === 'string' ? payload.charCodeAt(i) : (payload[i] as number))) | 0;
  }
  return sum;
}

export function parcel(from: number, number: number): Parcel {
  const size = sizeOf(from, number);
  const payload =
    number % 3 === 0 ? 'aé日'.charAt(number % 9 && number % 2).repeat(size) : new Uint8Array(size).fill(number + from);
  return { from, number, payload, sum: checksum(payload) };
}

export function isWhole({ from, number, payload, sum }: Parcel): boolean {
  return payload.length === sizeOf(from, number) && checksum(payload) === sum;
}

export type PutMode = 'put' | 'putMany' | 'putAsync' | 'putManyAsync';
export type GetMode = 'get' | 'getMany' | 'iterate' | 'getAsync' | 'getManyAsync';

export const produce = task(
  import.meta,
  async function produce(queue: Queue<Parcel>, from: number, count: number, mode: PutMode) {
    const batch = 10;
    for (let number = 0; number < count; number += batch) {
      const parcels = Array.from({ length: Math.min(batch, count - number) }, (_, i) => parcel(from, number + i));
      if (mode === 'putMany') queue.putMany(parcels);
      else if (mode === 'putManyAsync') await queue.putManyAsync(parcels);
      else {
        for (const each of parcels) {
          if (mode === 'put') queue.put(each);
          else await queue.putAsync(each);
        }
      }
    }
  },
);

/** What a consumer saw: [producer, number] in the order in which they came, and how many were not whole. */
export interface Harvest {
  seen: [number, number][];
  broken: number;
}

/** Takes items until the queue is shut down. */
export const consume = task(import.meta, async function consume(queue: Queue<Parcel>, mode: GetMode): Promise<Harvest> {
  const harvest: Harvest = { seen: [], broken: 0 };
  const look = (parcel: Parcel) => {
    harvest.seen.push([parcel.from, parcel.number]);
    if (!isWhole(parcel)) harvest.broken++;
    queue.taskDone();
  };
  try {
    if (mode === 'iterate') for (const each of queue) look(each);
    else if (mode === 'get') for (;;) look(queue.get());
    else if (mode === 'getMany') for (;;) queue.getMany(5).forEach(look);
    else if (mode === 'getAsync') for await (const each of queue) look(each);
    else for (;;) (await queue.getManyAsync(7)).forEach(look);
  } catch (error) {
    if ((error as Error).name !== 'ShutDown') throw error;
  }
  return harvest;
});
