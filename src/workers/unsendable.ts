/** What is sent in place of what cannot be sent. */
import { errorClassNamed, nearestErrorClass } from '../codec/error-classes.ts';
import { MaybeEncodingError } from '../errors.ts';

/** Causes of causes that are copied. */
const DEPTH = 8;

/**
 * The error that says so. If it was an error itself its `cause` is a copy of that: class, message, stack,
 * causes, and those of its fields that are primitives (`code`, `status`).
 */
export function unsendable(message: string, value: unknown): MaybeEncodingError {
  const error = new MaybeEncodingError(message);
  if (value instanceof Error) define(error, 'cause', copyOf(value, 0));
  return error;
}

function copyOf(error: Error, depth: number): Error {
  const ctor = errorClassNamed(nearestErrorClass(error)) ?? Error;
  const copy = Reflect.construct(Error, [text(error, 'message') ?? ''], ctor) as Error;
  for (const key of ['name', 'stack'] as const) {
    const value = text(error, key);
    if (value !== undefined && value !== copy[key]) define(copy, key, value);
  }
  for (const [key, { value, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (enumerable && !(key in copy) && isPrimitive(value)) Object.assign(copy, { [key]: value as unknown });
    if (key === 'cause' && depth < DEPTH) {
      if (value instanceof Error) define(copy, key, copyOf(value, depth + 1));
      else if (isPrimitive(value)) define(copy, key, value);
    }
    if (key === 'errors' && Array.isArray(value) && depth < DEPTH) {
      const errors = value.filter((each) => each instanceof Error).map((each) => copyOf(each, depth + 1));
      define(copy, key, errors);
    }
  }
  return copy;
}

/** A getter of the user's may throw. */
function text(error: Error, key: 'name' | 'message' | 'stack'): string | undefined {
  try {
    const value: unknown = error[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

function isPrimitive(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol', 'undefined'].includes(typeof value);
}
