/**
 * Names by which programs find a heap, and objects in it.
 */
import { KeyError, ValueError } from '../errors.ts';
import { theHeap } from '../heap/heap.ts';
import { namesOf } from '../shared-memory/names.ts';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** A name that is a file's, too. @throws TypeError, ValueError */
export function checkShareName(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${typeof name}`);
  if (!NAME.test(name) || name.startsWith('.'))
    throw new ValueError(
      `a heap's name has 1 to 64 letters, digits, '.', '_' and '-', and no '.' at its beginning, got '${name}'`,
    );
  return name;
}

function checkObjectName(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${typeof name}`);
  return name;
}

/** @see heap.publish */
export function publish<T>(name: string, value: T): T {
  if (!namesOf(theHeap()).publish(checkObjectName(name), value)) throw new ValueError(`the name '${name}' is taken`);
  return value;
}

/** @see heap.lookup */
export function lookup(name: string): unknown {
  const found = namesOf(theHeap()).published(checkObjectName(name));
  if (found === undefined) throw new KeyError(`nothing is published as '${name}'`);
  return found[0];
}

/** @see heap.unpublish */
export function unpublish(name: string): void {
  if (!namesOf(theHeap()).unpublish(checkObjectName(name))) throw new KeyError(`nothing is published as '${name}'`);
}
