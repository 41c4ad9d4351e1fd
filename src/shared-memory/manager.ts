/**
 * SharedMemoryManager: unlinks at its end what it has made.
 */
import '../symbols.ts';
import { AssertionError, FileNotFoundError } from '../errors.ts';
import { STATE, type State, showable } from '../heap/show.ts';
import { ShareableList, type ShareableValue } from './list.ts';
import { SharedMemory } from './memory.ts';

/**
 * Makes shared memory whose names are gone with `shutdown`, or at the end of `using manager = new
 * SharedMemoryManager()`; open handles stay good. As there is no server process, there is no `start` either,
 * and if its worker is killed the names stay.
 * @example
 * ```ts
 * import { FileNotFoundError, SharedMemory, SharedMemoryManager } from 'nogil';
 *
 * let name: string;
 * {
 *   using manager = new SharedMemoryManager();
 *   name = manager.SharedMemory(64).name;
 * }
 * try {
 *   new SharedMemory(name);
 * } catch (error) {
 *   console.log(error instanceof FileNotFoundError); // prints true
 * }
 * ```
 */
export class SharedMemoryManager implements Disposable {
  #made: SharedMemory[] | undefined = [];

  /** @internal */
  [STATE](): State {
    const made = this.#made?.length ?? 0;
    return {
      text: this.#made === undefined ? 'shut down' : `made=${made}`,
      fields: { made, shutdown: this.#made === undefined },
    };
  }

  #keep<M extends SharedMemory>(make: () => M): M {
    if (this.#made === undefined) throw new AssertionError('the manager was shut down');
    const made = make();
    this.#made.push(made);
    return made;
  }

  /**
   * Shared memory whose name is gone with `shutdown`. @param size bytes, all zero @throws as SharedMemory;
   * AssertionError after `shutdown`
   */
  SharedMemory(size: number): SharedMemory {
    return this.#keep(() => new SharedMemory(undefined, true, size));
  }

  /** A list whose name is gone with `shutdown`. @throws as ShareableList; AssertionError after `shutdown` */
  ShareableList<T extends ShareableValue = ShareableValue>(values?: Iterable<T> | null): ShareableList<T> {
    return this.#keep(() => new ShareableList<T>(values));
  }

  /** Unlinks all that it has made and that was not yet. Twice is fine. */
  shutdown(): void {
    const made = this.#made ?? [];
    this.#made = undefined;
    for (const memory of made) {
      try {
        memory.unlink();
      } catch (error) {
        if (!(error instanceof FileNotFoundError)) throw error;
      }
    }
  }

  /** `shutdown`, at the end of a block: `using manager = new SharedMemoryManager()`. */
  [Symbol.dispose](): void {
    this.shutdown();
  }
}

showable(SharedMemoryManager);
