/**
 * Blocks: what a SharedMemory is a handle to. One is made as an Array of bytes without a lock is, and holds
 *
 *     ╒═══════════════════════════╤══════╤═══════════════╤═══════════════╤════════════════╕
 *     │ the Array's header, 8 B   │ size │ units of name │ `size` bytes  │ name, UTF-16   │
 *     ╘═══════════════════════════╧══════╧═══════════════╧═══════════════╧════════════════╛
 *                                                        at a multiple of 16
 *
 * The words of the lock that such an Array does not use are a lock of the package's own: short, never held
 * over code of the user's, spun for where a thread must not sleep. When its holder dies, the next one takes
 * it over, and sees to what it guards.
 */
import { ClassTag, Kind, LockField, LockFlag } from '../../assembly/abi.ts';
import { FileExistsError, FileNotFoundError } from '../errors.ts';
import { type Heap, theHeap } from '../heap/heap.ts';
import { AdoptionToken, refAgain, Shared } from '../heap/shared.ts';
import { HEADER, makeNumbers, NO_LOCK } from '../sync/numbers.ts';
import { namesOf } from './names.ts';

/** Bytes of the two words in front of the bytes. */
const FIELDS = 8;
/** The class that a name's handle becomes; memory.ts registers it. */
export const MEMORY_TAG = ClassTag.SHARED_MEMORY;

/** What is in a block, found by its address. */
export interface Contents {
  name: string;
  bytes: Uint8Array;
}

/** Where the name lies, in bytes behind the fields. */
function nameOffset(size: number): number {
  return size + (size & 1);
}

export function contentsOf(heap: Heap, block: number): Contents {
  const fields = heap.core.valueData(block) + HEADER;
  const size = heap.loadWord(fields);
  const units = heap.loadWord(fields + 4);
  const at = fields + FIELDS;
  const { buffer } = heap.bytes(at + nameOffset(size) + 2 * units);
  const name = String.fromCharCode(...new Uint16Array(buffer, at + nameOffset(size), units));
  return { name, bytes: new Uint8Array(buffer, at, size) };
}

function makeBlock(name: string, size: number): AdoptionToken {
  const existing = makeNumbers(Kind.ARRAY, 'B', FIELDS + nameOffset(size) + 2 * name.length, NO_LOCK);
  const { heap, ref } = existing;
  const block = heap.core.refObject(ref);
  heap.storeWord(block + LockField.FLAGS, LockFlag.TAKE_OVER);
  const fields = heap.core.valueData(block) + HEADER;
  heap.storeWord(fields, size);
  heap.storeWord(fields + 4, name.length);
  const at = fields + FIELDS + nameOffset(size);
  const units = new Uint16Array(heap.bytes(at + 2 * name.length).buffer, at, name.length);
  for (let i = 0; i < units.length; i++) units[i] = name.charCodeAt(i);
  return existing;
}

/**
 * A block that others find by its name, from when it is complete.
 * @param name undefined: one that nobody has
 * @param fill writes what is in it at first
 * @throws FileExistsError, MemoryError, and what `fill` throws
 */
export function createBlock(name: string | undefined, size: number, fill?: (bytes: Uint8Array) => void): AdoptionToken {
  const heap = theHeap();
  const { core } = heap;
  const names = namesOf(heap);
  // Before a large block is made for nothing. Who comes first is decided below.
  if (name !== undefined && names.has(name)) throw taken(name);
  for (;;) {
    const wanted = name ?? `psm_${crypto.randomUUID().slice(0, 8)}`;
    const existing = makeBlock(wanted, size);
    const block = core.refObject(existing.ref);
    let entered = false;
    try {
      fill?.(contentsOf(heap, block).bytes);
      entered = names.enter(wanted, { tag: MEMORY_TAG, id: core.objectId(block), gen: core.objectGeneration(block) });
    } finally {
      if (!entered) core.refClose(existing.ref);
    }
    if (entered) return existing;
    if (name !== undefined) throw taken(name);
  }
}

/** The block of that name. @throws FileNotFoundError */
export function findBlock(name: string): AdoptionToken {
  const heap = theHeap();
  const found = namesOf(heap).find(name);
  if (found === undefined) throw notFound(name);
  try {
    return new AdoptionToken(heap, refAgain(heap.core, Shared.addressOf(found)));
  } finally {
    found.close();
  }
}

/** Runs `fn` under a block's lock. */
export function locked<T>({ core }: Heap, block: number, fn: () => T): T {
  core.lockInternal(block);
  try {
    return fn();
  } finally {
    core.unlock(block);
  }
}

/**
 * Takes the name from the block that `isIt` knows by its address. @throws FileNotFoundError the name is
 * another's, or nobody's
 *
 * As long as the name is this block's, only those who unlink this very block take it away, and of those one
 * at a time is under the block's lock: so what has been looked at there is what is deleted, and never a new
 * block that has taken the name meanwhile.
 */
export function unlinkBlock(heap: Heap, name: string, isIt: (block: number) => boolean): void {
  const names = namesOf(heap);
  const withFound = (fn: (block: number) => boolean): boolean => {
    const found = names.find(name);
    if (found === undefined) return false;
    try {
      const block = Shared.addressOf(found);
      return isIt(block) && fn(block);
    } finally {
      found.close();
    }
  };
  const remove = () => {
    names.delete(name);
    return true;
  };
  if (!withFound((block) => locked(heap, block, () => withFound(remove)))) throw notFound(name);
}

function taken(name: string): FileExistsError {
  return new FileExistsError(`there is shared memory called '${name}' already`);
}

function notFound(name: string): FileNotFoundError {
  return new FileNotFoundError(`no shared memory is called '${name}'`);
}
