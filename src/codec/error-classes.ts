/**
 * The error classes that both sides know by name. An error arrives as an instance of the nearest class of its
 * prototype chain that stands here.
 */

// biome-ignore lint/suspicious/noExplicitAny: a constructor is called here with no arguments of its own, or not at all
export type ErrorClass = abstract new (...args: any[]) => Error;

interface Registry {
  classes: Map<string, ErrorClass>;
  names: Map<object, string>;
}
const REGISTRY = Symbol.for('nogil.errors');
const global = globalThis as { [REGISTRY]?: Registry };
// One for all copies of the package in this thread.
global[REGISTRY] ??= { classes: new Map(), names: new Map() };
const { classes, names } = global[REGISTRY];

/**
 * Lets instances of `errorClass` keep their class when they are sent, so that `instanceof` holds in the
 * receiver, which must have registered it too. The constructor is not run there: message, own fields and
 * cause are set on an object of that class, while private fields (`#field`) are missing. Registering another
 * class under a name replaces the former for what arrives.
 *
 * @param name what the class is called between the workers; give one where a minifier renames classes
 * differently per file
 */
export function registerErrorClass(errorClass: ErrorClass, name: string = errorClass.name): void {
  classes.set(name, errorClass);
  names.set(errorClass.prototype, name);
}

const standard: ErrorClass[] = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
const { SuppressedError } = globalThis as { SuppressedError?: ErrorClass };
if (SuppressedError !== undefined) standard.push(SuppressedError);
for (const errorClass of standard) registerErrorClass(errorClass);
const standardNames = new Set(classes.keys());

/**
 * On the wire; it is no class of errors that could be registered, since it has its message and name in
 * internal slots.
 */
export const DOM_EXCEPTION = 'DOMException';

/** Whether `value` is of a class registered under `name`, of whichever copy of the package. */
export function isOfErrorClass(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (let prototype = Object.getPrototypeOf(value); prototype !== null; prototype = Object.getPrototypeOf(prototype))
    if (names.get(prototype) === name) return true;
  return false;
}

/** The name of the nearest registered class of an error. */
export function nearestErrorClass(error: object): string {
  if (Object.prototype.toString.call(error) === '[object DOMException]') return DOM_EXCEPTION;
  for (let prototype = Object.getPrototypeOf(error); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const name = names.get(prototype);
    if (name !== undefined) return name;
  }
  // An error of another realm has other prototypes; structuredClone goes by its name, too.
  const { name } = error as Error;
  return standardNames.has(name) ? name : 'Error';
}

export function errorClassNamed(name: string): ErrorClass | undefined {
  return classes.get(name);
}
