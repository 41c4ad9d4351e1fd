/**
 * heap: the shared memory as users see it, with other programs in it.
 */
import { heap as ofProgram } from '../heap/inspect.ts';
import { type JoinOptions, join, joinAsync } from './join.ts';
import { lookup, publish, unpublish } from './names.ts';
import { type SharedHeap, share } from './share.ts';

/**
 * Handles in bulk; looks into the shared memory; and other programs of the same user and machine, which share
 * it.
 */
export const heap = {
  ...ofProgram,

  /**
   * Lets other programs of this user join this program's heap by a name, as guests: `heap.join(name)`. The
   * heap must be one between processes, which this makes it before the first use of the package.
   *
   * Guests use all classes, and may start threads. When one ends, in whatever way, what it held is repaired:
   * its locks are broken. They end for themselves; after the end of this program every call of theirs is a
   * RuntimeError. Sharing keeps no program alive.
   * @param name 1 to 64 letters, digits, '.', '_' and '-'; default: one that is made up
   * @returns the name, and `close()`, which lets nobody in any more; so does the program's end
   * @throws ValueError another kind of name; FileExistsError a program that runs has the name; OSError the
   * folder of names is not this user's alone; RuntimeError not the main thread of the program that made the
   * heap, a heap of threads only, no native part for this platform
   */
  share(name?: string): SharedHeap {
    return share(name);
  },

  /**
   * Makes the heap of the program that shares it by this name this program's own, before the first use of
   * the package. What `configure` said before does not matter. In the threads of a guest, which import the
   * main module, it does nothing.
   * @param options `timeout`: seconds to wait for a program with that name; default 0, null: for ever
   * @throws FileNotFoundError there is none; RuntimeError the package was used before, or another version of
   * it shares; not the main thread; it takes no guest; TimeoutError it does not answer for 20 seconds; OSError
   * as `share`
   */
  join(name: string, options?: JoinOptions): void {
    join(name, options);
  },

  /** The async twin of `join`. */
  joinAsync(name: string, options?: JoinOptions): Promise<void> {
    return joinAsync(name, options);
  },

  /**
   * Gives an object (or any value that can be sent, with handles in it) a name, by which every worker and
   * guest of this heap finds it. It lives at least as long as the name.
   * @returns the value
   * @throws ValueError the name is taken; TypeError it cannot be sent
   */
  publish<T>(name: string, value: T): T {
    return publish(name, value);
  },

  /** What was published by a name: a handle of one's own. @throws KeyError nothing was */
  // biome-ignore lint/suspicious/noExplicitAny: what has that name is the user's to say
  lookup<T = any>(name: string): T {
    return lookup(name) as T;
  },

  /** Takes a name away; the object stays as long as anybody has a handle. @throws KeyError there is no such name */
  unpublish(name: string): void {
    unpublish(name);
  },
};
