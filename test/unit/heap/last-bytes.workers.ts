/**
 * A heap that is full but for one block of each size, and of one size none: whatever wants memory gets it, or
 * a MemoryError, and leaves nothing behind. So each allocation of each call fails once where others succeed.
 * Prints what was not as it should be.
 */
import {
  Barrier,
  Condition,
  configure,
  Event,
  heap,
  LifoQueue,
  Lock,
  Manager,
  MemoryError,
  main,
  Pipe,
  PriorityQueue,
  Queue,
  RawArray,
  RLock,
  Semaphore,
  SharedMemory,
  Value,
} from 'nogil';

/** Bytes of blocks of which each is a run of pages. */
const RUNS = [1_000_000, 150_000, 70_000, 40_000];
/** Of those that share pages with others of their size class: four classes to each doubling. */
const SHARED = [
  28_672, 20_480, 16_384, 10_240, 8192, 6144, 5120, 4096, 3584, 3072, 2560, 2048, 1792, 1536, 1280, 1024, 896, 768, 640, 512, 448,
  384, 320, 256, 224, 192, 160, 128, 112, 96, 80, 64,
];
/** Smaller ones, which no object has: of values of a list. */
const SMALL = [48, 32];
const CLASSES = [...SMALL, ...SHARED];
const ALL = [...RUNS, ...CLASSES];
/** Of an object's block, in front of its own words. */
const HEADER = 16;
/** Of such a value's block, in front of its text. */
const VALUE = 16;

interface Piece {
  close(): void;
}

/** Whether there was memory. */
function has(take: () => void): boolean {
  try {
    take();
    return true;
  } catch (error) {
    if (error instanceof MemoryError) return false;
    throw error;
  }
}

/** What takes blocks of this many bytes, and but for a moment nothing else. */
function smallBlocks(size: number): () => Piece {
  const list = Manager().list<unknown>(Array.from({ length: 6000 }, () => 0));
  // With the next one it has room for half as many again.
  list.append(0);
  const text = 'x'.repeat(size - VALUE);
  return () => {
    list.append(text);
    return { close: () => void list.pop() };
  };
}

/** What memory there is, in pieces that can be given back. */
class Ballast {
  readonly #pieces = new Map<number, Piece[]>(ALL.map((size) => [size, []]));
  readonly #small = new Map(SMALL.map((size) => [size, smallBlocks(size)]));
  readonly #handles: Piece[] = [];
  readonly #lock = new Lock();

  #of(size: number): Piece[] {
    return this.#pieces.get(size) as Piece[];
  }

  /** Takes all there is. Each size class has had its page before the large blocks take what is left. */
  fill(): void {
    const take = (size: number) => has(() => this.#of(size).push(this.#small.get(size)?.() ?? new RawArray('B', size - HEADER)));
    if (this.#handles.length === 0) CLASSES.forEach(take);
    for (const size of ALL) while (take(size)) {}
    this.#fillHandles();
  }

  #fillHandles(): void {
    const handle = this.#lock.handle();
    while (has(() => this.#handles.push(Lock.from(handle)))) {}
  }

  /** Lets go of a block of each of these sizes. `only`: the handles beside them are taken again. */
  free(sizes: readonly number[], only: boolean): void {
    for (const size of sizes) this.#of(size).pop()?.close();
    if (only) this.#fillHandles();
  }
}

/** What there is room for in the full heap: of each size a block, of all but one, of one alone, of none. */
const rooms: { name: string; sizes: number[]; only: boolean }[] = [
  { name: 'with all', sizes: ALL, only: false },
  { name: 'with none', sizes: [], only: true },
  { name: 'with small ones', sizes: CLASSES, only: false },
  { name: 'with handles', sizes: [64], only: false },
  ...CLASSES.map((size) => ({ name: `without ${size}`, sizes: CLASSES.filter((each) => each !== size), only: false })),
  ...CLASSES.map((size) => ({ name: `with ${size} alone`, sizes: [size], only: true })),
];

configure({ maximumBytes: 2 ** 23 });
main(import.meta, async () => {
  const manager = Manager();
  const [queue, stack, priorities] = [new Queue<unknown>(), new LifoQueue<unknown>(), new PriorityQueue<[string, unknown]>()];
  const [dict, list] = [manager.dict<string, unknown>(), manager.list<unknown>()];
  const [r, w] = Pipe(false);
  const lock = new Lock();
  const bytes = new Uint8Array(3000).fill(1);
  const large = new Uint8Array(60_000).fill(2);
  const longKey = 'k'.repeat(300);
  for (let i = 0; i < 20; i++) {
    dict.set(`there ${i}`, i % 2 ? bytes.subarray(0, 200) : i);
    list.append(i % 2 ? bytes.subarray(0, 200) : i);
  }

  const same = (got: unknown, sent: Uint8Array) => {
    if (!(got instanceof Uint8Array) || Buffer.compare(got, sent) !== 0) throw new Error('what comes is not what went');
  };
  const passed = (length: number, value: number) => {
    const slot = queue.reserve(length);
    slot.bytes.fill(value);
    slot.commit();
    same(queue.getNowait(), new Uint8Array(length).fill(value));
  };

  /** Each wants memory, and gives back what it got. */
  const calls: Record<string, () => void> = {
    'new Lock': () => new Lock().close(),
    'new RLock': () => new RLock().close(),
    'new Semaphore': () => new Semaphore(1).close(),
    'new Event': () => new Event().close(),
    'new Condition': () => new Condition().close(),
    'new Barrier': () => new Barrier(2).close(),
    'new Value': () => new Value('i').close(),
    'new RawArray': () => new RawArray('i', 100).close(),
    'new Queue': () => new Queue().close(),
    'new LifoQueue': () => new LifoQueue().close(),
    'new PriorityQueue': () => new PriorityQueue().close(),
    'new SharedMemory': () => {
      const memory = new SharedMemory(undefined, true, 5000);
      memory.close();
      memory.unlink();
    },
    Pipe: () => {
      for (const end of Pipe()) end.close();
    },
    'Manager().dict': () => manager.dict({ a: bytes, [longKey]: 1 }).close(),
    'Manager().list': () => manager.list([bytes, 1, { lock }]).close(),
    'Lock.from': () => Lock.from(lock.handle()).close(),
    'queue.reserve, small': () => passed(100, 3),
    'queue.reserve, large': () => passed(3000, 4),
    'queue.reserve, given up': () => queue.reserve(3000)[Symbol.dispose](),
    'queue.put, bytes': () => {
      queue.put(bytes);
      same(queue.getNowait(), bytes);
    },
    'queue.put, large': () => {
      queue.put(large);
      same(queue.getNowait(), large);
    },
    'queue.put, handles': () => {
      queue.put({ lock, bytes });
      (queue.getNowait() as { lock: Lock }).lock.close();
    },
    'queue.putMany': () => {
      queue.putMany([bytes, large, { lock }, 'x'.repeat(1000)]);
      (queue.getMany(4)[2] as { lock: Lock }).lock.close();
    },
    'stack.put': () => {
      stack.put(large);
      same(stack.getNowait(), large);
    },
    'stack.put, handles': () => {
      stack.put([lock]);
      (stack.getNowait() as Lock[])[0]?.close();
    },
    'priorities.put': () => {
      priorities.put([longKey, large]);
      same(priorities.getNowait()[1], large);
    },
    'pipe.send': () => {
      w.send({ bytes, lock });
      (r.recv() as { lock: Lock }).lock.close();
    },
    'dict.set': () => {
      dict.set(longKey, large);
      same(dict.pop(longKey), large);
    },
    'dict.set, handles': () => {
      dict.set('new', { lock, bytes });
      dict.delete('new');
    },
    'dict.update': () => {
      dict.update({ [longKey]: bytes, other: 1.5 });
      dict.delete(longKey);
      dict.delete('other');
    },
    'dict.items': () => dict.items(),
    'dict.values': () => dict.values(),
    'list.append': () => {
      list.append(large);
      same(list.pop(), large);
    },
    'list.extend': () => {
      list.extend([bytes, { lock }, 1]);
      for (let i = 0; i < 3; i++) (list.pop() as { lock?: Lock }).lock?.close();
    },
    'list.insert': () => {
      list.insert(3, bytes);
      list.pop(3);
    },
    'list.copy': () => list.copy(),
    'list.slice': () => list.slice(2, 9),
    'list.reverse': () => list.reverse(),
  };

  const sizesNow = () => String([queue.qsize(), stack.qsize(), priorities.qsize(), dict.size, list.length, r.poll()]);
  // What a first call keeps (a stage, a segment, a chunk of the table) is there before.
  for (const call of Object.values(calls)) call();
  const ballast = new Ballast();
  const wrong: string[] = [];
  const count = { served: 0, refused: 0 };
  for (const [name, call] of Object.entries(calls)) {
    for (const room of rooms) {
      const where = `${name} ${room.name}`;
      // Or each refusal would have the collector look for handles that nobody has.
      await new Promise((resolve) => setImmediate(resolve));
      ballast.fill();
      ballast.free(room.sizes, room.only);
      const before = heap.stats();
      const sizes = sizesNow();
      try {
        count[has(call) ? 'served' : 'refused']++;
        // A list's cells may be elsewhere, in a block of another size, but once.
        const once = heap.stats().bytesInUse;
        has(call);
        const kept = heap.stats().bytesInUse - Math.max(once, before.bytesInUse);
        if (kept > 0) wrong.push(`${where} keeps ${kept} bytes`);
      } catch (error) {
        wrong.push(`${where}: ${error}`);
      }
      const objects = JSON.stringify(heap.stats().objects);
      if (objects !== JSON.stringify(before.objects)) wrong.push(`${where}: ${JSON.stringify(before.objects)} became ${objects}`);
      const now = sizesNow();
      if (now !== sizes) wrong.push(`${where}: ${sizes} became ${now}`);
    }
  }
  console.log(JSON.stringify({ wrong, ...count }));
});
