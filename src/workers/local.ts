/**
 * Local: attributes of each worker's own.
 */
import { SEND } from '../codec/index.ts';
import { AttributeError } from '../errors.ts';

/** What the language asks of any object. */
const ASKED = new Set<string>(['then', 'toJSON']);

/**
 * An object whose attributes belong to the worker that set them; one that was not set here is an
 * `AttributeError`, as in Python.
 *
 * Make it at the top level of a module: each worker that imports the module has its own, and the constructor
 * of a subclass runs in each with the same arguments. It cannot be sent, since nothing of it is shared
 * (Python's can be an argument of a thread, where it is as empty as it is here).
 * @example
 * ```ts
 * import { Local, main, Thread } from 'nogil';
 *
 * const mine = new Local();
 *
 * export function set() {
 *   mine.x = 1;
 * }
 *
 * main(import.meta, () => {
 *   mine.x = 0;
 *   const thread = new Thread({ target: set });
 *   thread.start();
 *   thread.join();
 *   console.log(mine.x); // prints 0
 * });
 * ```
 */
export class Local {
  [name: string]: unknown;

  /**
   * Makes an object without attributes. @throws TypeError when a subclass is given arguments and has no
   * constructor to take them
   */
  constructor(...nothing: never[]) {
    if (nothing.length > 0) throw new TypeError('Initialization arguments are not supported');
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return new Proxy(this, {
      get(target, name, receiver) {
        if (name === SEND) return refuse;
        if (typeof name === 'symbol' || ASKED.has(name) || Reflect.has(target, name)) return Reflect.get(target, name, receiver);
        throw missing(target, name);
      },
      has: (target, name) => name === SEND || Reflect.has(target, name),
      deleteProperty(target, name) {
        if (!Reflect.has(target, name)) throw missing(target, name);
        return Reflect.deleteProperty(target, name);
      },
    });
  }
}

function missing(target: object, name: string | symbol): AttributeError {
  return new AttributeError(`'${target.constructor.name}' object has no attribute '${String(name)}'`);
}

function refuse(): never {
  throw new TypeError(
    'cannot send a Local: its attributes are this worker’s. Make it at the top level of a module, and each worker that imports it has its own',
  );
}

/** Python's name for `new Local()`. */
export function local(): Local {
  return new Local();
}
