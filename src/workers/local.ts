/**
 * Local: attributes of each worker's own.
 */
import { AttributeError } from '../errors.ts';

/**
 * An object whose attributes belong to the worker that set them. Workers share no objects anyway, so this is an empty object in each
 * that, as in Python, throws `AttributeError` for an attribute that was not set here.
 */
export class Local {
  [name: string]: unknown;

  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: the proxy is the object.
    return new Proxy(this, {
      get(target, name, receiver) {
        // Symbols and `then` are what the language itself asks for, of any object.
        if (typeof name === 'symbol' || name === 'then' || Reflect.has(target, name)) return Reflect.get(target, name, receiver);
        throw new AttributeError(`'${target.constructor.name}' object has no attribute '${name}'`);
      },
      deleteProperty(target, name) {
        if (!Reflect.has(target, name)) throw new AttributeError(String(name));
        return Reflect.deleteProperty(target, name);
      },
    });
  }
}

/** Python's name for `new Local()`. */
export function local(): Local {
  return new Local();
}
