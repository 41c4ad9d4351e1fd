import {
  type Event,
  FileExistsError,
  FileNotFoundError,
  type Queue,
  ShareableList,
  SharedMemory,
  sleep,
  task,
  ValueError,
} from 'nogil';

/** Whether this worker was the one who made it; its index is then in the first byte. */
export const makeNamed = task(import.meta, function makeNamed(index: number, start: Event, name: string): boolean {
  start.wait();
  try {
    using memory = new SharedMemory(name, true, 16);
    (memory.buf as Uint8Array)[0] = index + 1;
    return true;
  } catch (error) {
    if (error instanceof FileExistsError) return false;
    throw error;
  }
});

/** Whether this worker was the one who took the name away. */
export const unlinkNamed = task(import.meta, function unlinkNamed(_index: number, start: Event, memory: SharedMemory): boolean {
  start.wait();
  try {
    memory.unlink();
    return true;
  } catch (error) {
    if (error instanceof FileNotFoundError) return false;
    throw error;
  }
});

export interface Tally {
  made: number;
  unlinked: number;
}

/**
 * Makes or attaches to memory of one name, and unlinks what it has got; whoever of all that have it comes
 * first.
 */
export const contend = task(import.meta, function contend(_index: number, start: Event, name: string, rounds: number): Tally {
  start.wait();
  const tally = { made: 0, unlinked: 0 };
  const attempt = <T>(fn: () => T): T | undefined => {
    try {
      return fn();
    } catch (error) {
      if (error instanceof FileExistsError || error instanceof FileNotFoundError) return undefined;
      throw error;
    }
  };
  for (let i = 0; i < rounds; i++) {
    const made = attempt(() => new SharedMemory(name, true, 8));
    const memory = made ?? attempt(() => new SharedMemory(name));
    if (made !== undefined) tally.made++;
    if (memory !== undefined && attempt(() => memory.unlink() ?? true)) {
      tally.unlinked++;
      // The second who unlinks this very block would have taken the name from another one.
      if (Atomics.add(memory.buf as Uint8Array, 0, 1) !== 0) throw new ValueError('unlinked twice');
    }
    memory?.close();
  }
  return tally;
});

/**
 * Adds one to each byte of the memory of that name, over which the heap has grown since this worker began.
 */
export const addOne = task(import.meta, function addOne(name: string, ready: Event, go: Event): number {
  using memory = new SharedMemory(name);
  ready.set();
  go.wait();
  const buf = memory.buf as Uint8Array;
  for (let i = 0; i < buf.length; i++) buf[i] = (buf[i] as number) + 1;
  return memory.size;
});

export const describeSent = task(import.meta, function describeSent(memory: SharedMemory, queue: Queue<ShareableList>): [
  string,
  number,
  boolean,
  boolean,
  unknown[],
] {
  (memory.buf as Uint8Array)[0] = 42;
  using list = queue.get();
  list[0] = 'from the worker';
  return [memory.name, memory.size, memory instanceof SharedMemory, list instanceof ShareableList, [...list]];
});

/** Makes memory of that name, or attaches to it, and has it open until it is killed. */
export const keepOpen = task(import.meta, function keepOpen(name: string, create: boolean, has: Event): void {
  const memory = new SharedMemory(name, create, create ? 100_000 : 0);
  (memory.buf as Uint8Array)[1] = 1;
  has.set();
  while (memory.buf !== null) sleep(1000);
});

/** What an element may be at any time: whole, or the list is torn. */
export function checkElement(element: unknown): void {
  if (typeof element === 'number') return;
  const text = typeof element === 'string' ? element : new TextDecoder().decode(element as Uint8Array);
  if (!/^(.)\1*$/.test(text)) throw new ValueError(`torn: ${text}`);
}

/** Elements of all lengths up to 4000 bytes, each of one letter. */
function elementOf(i: number): string | Uint8Array | number {
  if (i % 5 === 0) return i;
  const length = 1 + ((i * 997) % 4000);
  const letter = String.fromCharCode(97 + (i % 26));
  return i % 5 === 1 ? new Uint8Array(length).fill(letter.charCodeAt(0)) : letter.repeat(length);
}

/** Reads and writes elements, and looks whether each is whole. */
export const useList = task(import.meta, function useList(index: number, list: ShareableList, rounds: number): number {
  for (let i = 0; i < rounds; i++) {
    list[i % list.length] = elementOf(i * 7 + index);
    for (const element of i % 8 === 0 ? list : [list.get((i * 3) % list.length)]) checkElement(element);
  }
  return rounds;
});

export const writeUntilKilled = task(import.meta, function writeUntilKilled(name: string, began: Event): void {
  const list = new ShareableList(undefined, { name });
  for (let i = 0; ; i++) {
    list[i % list.length] = elementOf(i);
    if (i === 10) began.set();
  }
});

/** Makes, attaches to and unlinks memory of one name until it is killed. */
export const churnUntilKilled = task(import.meta, function churnUntilKilled(name: string, began: Event): void {
  began.set();
  for (;;) contend(0, began, name, 10);
});

/** What is behind a list, for a death where no user's code can be. */
export function internalsOf(list: ShareableList) {
  const own = list as unknown as Record<string, unknown>;
  const ptr = own['~ptr'] as number;
  const heap = own['~heapOf'] as {
    tid: number;
    core: { lockInternal(lock: number): void; unlock(lock: number): void; lockOwner(lock: number): number };
  };
  return {
    tid: heap.tid,
    lock: () => heap.core.lockInternal(ptr),
    unlock: () => heap.core.unlock(ptr),
    owner: () => heap.core.lockOwner(ptr),
  };
}

/** Writes the first element as far as the decision, and has the lock until it is killed. */
export const stopInside = task(import.meta, function stopInside(list: ShareableList, has: Event): void {
  const { buffer, byteOffset } = list.buf as Uint8Array;
  const [pending, spare] = [2, 3];
  const words = new Int32Array(buffer, byteOffset);
  list[1] = 'new';
  internalsOf(list).lock();
  // The spare slot has what was written last.
  if (words[((words[spare] as number) >> 2) + 1] !== 3) throw new ValueError('the layout is another one');
  Atomics.store(words, pending, 1);
  has.set();
  for (;;) sleep(1000);
});
