/**
 * SharedMemory: bytes that any worker finds by their name.
 */
import { Kind } from '../../assembly/abi.ts';
import { ValueError } from '../errors.ts';
import { Member } from '../heap/members.ts';
import { AdoptionToken, registerShared, Shared } from '../heap/shared.ts';
import { STATE, type State } from '../heap/show.ts';
import { checkInteger } from '../sync/flavour.ts';
import { contentsOf, createBlock, findBlock, MEMORY_TAG, unlinkBlock } from './block.ts';

/** A name, or undefined. @throws TypeError, ValueError */
export function checkName(name: unknown): string | undefined {
  if (name === undefined || name === null) return undefined;
  if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${typeof name}`);
  if (name === '' || name.includes('\0')) throw new ValueError('name must have a character, and no NUL');
  return name;
}

function open(given: unknown, create: boolean, size: number): AdoptionToken {
  checkInteger('size', size, 0);
  if (create && size === 0) throw new ValueError('size must be a positive number, to create shared memory');
  const name = checkName(given);
  if (create) return createBlock(name, size);
  if (name === undefined) throw new ValueError('shared memory without a name can only be created');
  return findBlock(name);
}

/**
 * Bytes in the shared memory, and a name under which any worker of the program finds them. They live until
 * the name is gone (`unlink`) and nobody has a handle to them; handles also travel, as all do.
 *
 * Unlike Python's: names are the program's, not the operating system's, and end with it; there is nothing to
 * track. `size` is exact, not rounded to pages. `unlink` takes a name only from the memory that this is a
 * handle to, never from another that was given it since.
 * @example
 * ```ts
 * import { main, Process, SharedMemory } from 'nogil';
 *
 * export function draw(name: string) {
 *   const frame = new SharedMemory(name); // found by its name
 *   frame.buf?.fill(255);
 *   frame.close();
 * }
 *
 * main(import.meta, () => {
 *   const frame = new SharedMemory('frame', true, 16);
 *   const process = new Process({ target: draw, args: ['frame'] });
 *   process.start();
 *   process.join();
 *   console.log(frame.buf?.[15]); // prints 255
 *   frame.unlink();
 * });
 * ```
 */
export class SharedMemory extends Shared {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  readonly #id: number;
  readonly #generation: number;

  /**
   * Makes a block of `size` zeros, or attaches to the one of that name.
   * @param name undefined or null: a new one; only with `create`
   * @param size in bytes; only with `create`
   * @throws ValueError a negative size, or 0 with `create`; no name without it; an empty name or one with a
   * NUL
   * @throws FileExistsError the name is taken; FileNotFoundError there is no such name; MemoryError
   */
  constructor(name?: string | null, create?: boolean, size?: number);
  /** @internal */
  constructor(name?: string | null | AdoptionToken, create?: boolean, size?: number);
  constructor(name?: string | null | AdoptionToken, create = false, size = 0) {
    const { heap, ref } = name instanceof AdoptionToken ? name : open(name, create, size);
    super(heap, ref);
    const { core } = heap;
    const contents = contentsOf(heap, this[Member.PTR]);
    this.#name = contents.name;
    this.#bytes = contents.bytes;
    this.#id = core.objectId(this[Member.PTR]);
    this.#generation = core.objectGeneration(this[Member.PTR]);
  }

  /** Given or, as Python does, made up: `psm_` and eight digits. */
  get name(): string {
    return this.#name;
  }

  /** In bytes. */
  get size(): number {
    return this.#bytes.length;
  }

  /**
   * The bytes themselves, for typed arrays and DataViews (`new Float64Array(shm.buf.buffer,
   * shm.buf.byteOffset, n)`); null after `close`. It stays good while the heap grows. Do not use one that was
   * taken before the last handle was closed: the memory becomes something else.
   */
  get buf(): Uint8Array | null {
    return this[Member.PTR] === 0 ? null : this.#bytes;
  }

  /**
   * Takes the name away: nobody finds it any more, while open handles stay good. Also after `close`. @throws
   * FileNotFoundError it was taken away already
   */
  unlink(): void {
    const { core } = this[Member.HEAP];
    unlinkBlock(
      this[Member.HEAP],
      this.#name,
      (block) => core.objectId(block) === this.#id && core.objectGeneration(block) === this.#generation,
    );
  }

  /** @internal */
  override [STATE](): State {
    const { name, size } = this;
    return { text: '', fields: { name, size } };
  }

  override toString(): string {
    return `<${this.constructor.name} '${this.name}', ${this[Member.PTR] === 0 ? 'closed' : `${this.size} bytes`}>`;
  }
}

registerShared(MEMORY_TAG, SharedMemory, Kind.ARRAY);
