/**
 * Namespace: attributes in shared memory.
 */
import { ClassTag, Kind, Part, Put } from '../../assembly/abi.ts';
import { AttributeError } from '../errors.ts';
import { AdoptionToken, registerShared } from '../heap/shared.ts';
import { Table } from './dict.ts';
import { methodsOf, withContents } from './properties.ts';

const MISSING: unique symbol = Symbol('missing');

/**
 * An object whose attributes are the same in every worker: `ns.x = 1`, `ns.x`, `'x' in ns`, `delete ns.x`, `{
 * ...ns }`. Each access is atomic, `ns.x += 1` are two: count in a Value, or in a dict with `update`. Values
 * are snapshots. A missing attribute is an AttributeError, as in Python.
 *
 * `close`, `handle` and `toString` are methods and cannot be attributes. Names with an underscore are like
 * all others; Python's proxies keep those to themselves.
 * @example
 * ```ts
 * import { AttributeError, Manager } from 'nogil';
 *
 * const settings = Manager().Namespace({ depth: 3 });
 * settings.depth = 4;
 * console.log(settings.depth); // prints 4
 * try {
 *   (settings as { width?: number }).width;
 * } catch (error) {
 *   console.log(error instanceof AttributeError); // prints true
 * }
 * ```
 */
export class Namespace extends Table {
  // biome-ignore lint/suspicious/noExplicitAny: what an attribute holds is the user's to say
  [name: string]: any;

  /**
   * Makes a namespace of no manager's; `manager.Namespace()` makes the same with types.
   * @param init the attributes at first. Default: none
   * @throws TypeError a value cannot be sent; MemoryError
   */
  constructor(init?: object | null);
  /** @internal */
  constructor(init?: object | AdoptionToken | null);
  constructor(init?: object | AdoptionToken | null) {
    super(init instanceof AdoptionToken ? init : undefined);
    const self = withContents<this>(this, {
      owns: (name) => !METHODS.has(name),
      get: (name) => {
        const value = this.read(name, MISSING);
        if (value !== MISSING) return value;
        // What the language itself asks for, of any object.
        if (name === 'then' || name === 'toJSON' || name in Object.prototype) return Reflect.get(Object.prototype, name);
        throw new AttributeError(`'Namespace' object has no attribute '${name}'`);
      },
      set: (name, value) => void this.write(name, value, Put.ALWAYS, 'set'),
      has: (name) => this.contains(name),
      delete: (name) => {
        if (!this.remove(name, 'delete')) throw new AttributeError(`'Namespace' object has no attribute '${name}'`);
      },
      names: () => this.all(Part.KEYS) as string[],
    });
    if (!(init instanceof AdoptionToken) && init)
      for (const [name, value] of Object.entries(init)) Reflect.set(self, name, value);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return self;
  }
}

const METHODS = methodsOf(Namespace);

registerShared(ClassTag.NAMESPACE, Namespace, Kind.TABLE);
