/**
 * registerClass: instances of users' classes that arrive as such.
 */
import { type AnyClass, addClass, type ClassCodec } from '../codec/classes.ts';
import { ValueError } from '../errors.ts';
import { checkNames } from '../heap/options.ts';
import { urlOfModule } from '../platform/index.ts';
import type { AnyFunction } from './targets.ts';

/**
 * Lets instances of a class, and of subclasses that are not registered themselves, arrive as instances
 * wherever values travel. Without it they arrive as plain objects of their own properties. No constructor
 * runs, and `#private` fields are missing, unless `decode` makes the instance.
 *
 * Call it at the top level of the module of the class. The receiver finds the class by its name: workers that
 * are started later import the module first, others have it imported when an instance comes, where the
 * platform imports at once (Node from 22.12 on). Otherwise receiving is a TypeError that says which module to
 * import. Values may have cycles through instances; `decode` may then find one that is not filled yet, or, if
 * it answers an object of its own for one that was found so, is refused.
 *
 * @param name how the class is called between workers. Default: its own name, which a minifier may change
 * @throws ValueError another module has registered another class under the name
 */
export function registerClass<T extends object, S>(
  ctor: AnyClass<T>,
  codec: ClassCodec<T, S> = {},
  name: string = ctor.name,
): void {
  if (typeof ctor !== 'function' || typeof ctor.prototype !== 'object')
    throw new TypeError(`registerClass() needs a class, got ${ctor === null ? 'null' : typeof ctor}`);
  checkNames('registerClass', codec, ['encode', 'decode']);
  for (const [key, each] of Object.entries(codec))
    if (each !== undefined && typeof each !== 'function') throw new TypeError(`${key} must be a function, got ${typeof each}`);
  if (typeof name !== 'string' || name === '') throw new TypeError('a class without a name of its own needs one');
  const module = urlOfModule(undefined, registerClass as AnyFunction);
  const { encode, decode } = codec as ClassCodec<object> & ClassCodec<T, S>;
  const other = addClass({ ctor, name, module, encode, decode });
  if (other) throw new ValueError(`${other.module} has registered another class as '${name}': give one of them another name`);
}
