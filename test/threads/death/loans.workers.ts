import { type Connection, type Lease, type Queue, type RawValue, type Slot, task } from 'nogil';

/** Bytes of item `number`: in a stage, in a block, in a run of pages. */
const LENGTHS = [40, 20_000, 300, 200_000, 2048, 2049];

export function lengthOf(number: number): number {
  return LENGTHS[number % LENGTHS.length] as number;
}

/** Writes an item: who sent it, its number, and the number's low byte all over the rest. */
function write({ bytes }: Slot, hand: number, number: number): void {
  bytes.fill(number);
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(0, hand);
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(4, number);
}

/** What an item says, if it is whole. */
export function read(bytes: Uint8Array): { hand: number; number: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [hand, number] = [view.getInt32(0), view.getInt32(4)];
  const isWhole = bytes.length === lengthOf(number) && bytes.subarray(8).every((byte) => byte === (number & 255));
  if (!isWhole) throw new Error(`item ${number} of ${hand} is torn: ${bytes.length} bytes`);
  return { hand, number };
}

/** Sends items for ever, from 0 on, and says in shared memory how far it came. */
export const send = task(
  import.meta,
  async function send(queue: Queue<unknown> | Connection, done: RawValue<'i'>, way: 'reserve' | 'async', hand: number) {
    for (let number = 0; ; number++) {
      // One that comes to nothing, longer and shorter than the others.
      queue.reserve((number * 1000) % 7000)[Symbol.dispose]();
      const slot = way === 'async' ? await queue.reserveAsync(lengthOf(number)) : queue.reserve(lengthOf(number) + 100);
      write(slot, hand, number);
      if (way === 'async') await slot.commitAsync();
      else slot.commit(lengthOf(number));
      done.value = number + 1;
    }
  },
);

/** Takes items for ever, and says which ones it had. */
export const take = task(
  import.meta,
  async function take(queue: Queue<unknown> | Connection, taken: Queue<number>, way: 'lease' | 'async' | 'into' | 'two') {
    const into = new Uint8Array(200_000);
    for (;;) {
      if (way === 'into') {
        taken.put(read(into.subarray(0, queue.getInto(into))).number);
        continue;
      }
      const leases: Lease[] = [way === 'async' ? await queue.leaseAsync() : queue.lease()];
      if (way === 'two') leases.push(queue.lease());
      for (const lease of leases) taken.put(read(lease.bytes).number);
      for (const lease of leases) lease.release();
    }
  },
);

/** Has a slot and a lease, says so, and does nothing more. */
export const hold = task(import.meta, function hold(queue: Queue<unknown>, ready: Queue<number>, length: number) {
  const slot = queue.reserve(length);
  const lease = queue.lease();
  slot.bytes.fill(1);
  ready.put(lease.bytes.length);
  for (;;) ready.join(1);
});

/**
 * Makes one call that has to wait. If it does so without blocking, it waits when it says that it is ready.
 */
export const waitFor = task(
  import.meta,
  async function waitFor(
    queue: Queue<unknown>,
    ready: Queue<number>,
    what: 'reserve' | 'commit' | 'lease' | 'into',
    async: boolean,
  ) {
    const slot = what === 'commit' ? queue.reserve(100_000) : undefined;
    // Whoever waits for the room of a commit has seen some.
    if (slot !== undefined) queue.put('in');
    const waits = !async ? undefined : what === 'reserve' ? queue.reserveAsync(100_000) : slot?.commitAsync();
    ready.put(1);
    if (async) await waits;
    else if (what === 'reserve') queue.reserve(100_000);
    else if (what === 'commit') slot?.commit();
    else if (what === 'lease') queue.lease();
    else queue.getInto(new Uint8Array(10));
  },
);

/** Leases one item, and answers its length. */
export const leaseOne = task(import.meta, function leaseOne(queue: Queue<unknown>, ready: Queue<number>) {
  ready.put(1);
  using lease = queue.lease(20);
  return lease.bytes.length;
});

export const getOne = task(import.meta, function getOne(queue: Queue<unknown>) {
  return queue.get();
});

/** Waits for bytes only, and answers whether it was refused. */
export const refuse = task(import.meta, function refuse(queue: Queue<unknown>, ready: Queue<number>) {
  ready.put(1);
  try {
    queue.lease();
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
});
