/**
 * What became of the shared memory when it makes no sense: a trap of the core's as an error. The core says
 * which word it was (assembly/checks.ts); of a trap that the engine made (an address outside of the memory,
 * say) nobody knows more than which object the call was on. Each engine has other words for those.
 */
import { HeapCorruptError } from '../errors.ts';

/** Of a core's exports; see CoreExports. */
interface Core {
  corruptWord(): number;
}

/**
 * Names in the order of Kind (assembly/abi.ts). Not the classes' own: which of them a program has imported
 * does not matter here.
 */
const KINDS =
  ',Lock,RLock,Semaphore,Condition,Event,Barrier,Queue,Worker,Value,LifoQueue,PriorityQueue,Dict,List,Connection,Array'.split(
    ',',
  );
/** Bytes of the header before an object, and of the largest object. */
const HEADER = 16;
const LARGEST = 512;
const OVER = 'the shared memory was written over: ';

/**
 * What a call is to throw that the engine has thrown `error` out of: that, unless it was a trap. `object`:
 * what the call was on, or 0.
 */
export function explained(error: unknown, core: Core, memory: WebAssembly.Memory, object: number): unknown {
  const { RuntimeError } = WebAssembly as unknown as { RuntimeError: new () => Error };
  if (!(error instanceof RuntimeError)) return error;
  const words = new Int32Array((memory as unknown as { buffer: ArrayBuffer }).buffer);
  return corrupt(words, core.corruptWord() >>> 0, object, error);
}

/** The error for a word of an object (0: nobody knows which) that cannot be what it is. */
export function corrupt(words: Int32Array, word: number, object: number, cause?: unknown): HeapCorruptError {
  const header = (object - HEADER) >> 2;
  const name = header > 0 && (object & 15) === 0 ? KINDS[words[header] as number] : undefined;
  const id = name ? words[header + 1] : undefined;
  const offset = word - object;
  let text = word ? `the word at ${word}` : 'an address that lies outside of it';
  if (name)
    text = offset >= -HEADER && offset < LARGEST ? `byte ${offset} of ${name} ${id}, ${text}` : `${text}, used by ${name} ${id}`;
  if (word) text += ` is ${words[word >> 2]}, which it cannot be`;
  return new HeapCorruptError(OVER + text, { cause, word, id, class: name });
}

/** @throws HeapCorruptError always: an address that was read in the shared memory is none. */
export function strayAddress(address: number, bytes: number): never {
  hasNo(`${bytes} bytes at ${address}`);
}

/** @throws HeapCorruptError always: the shared memory speaks of what is not there. */
export function hasNo(what: string): never {
  throw new HeapCorruptError(`${OVER}it has no ${what}`);
}
