/** Names a part of a value the way one would write it in JavaScript: `.jobs[3].callback`. */

import { Node } from './node.ts';

/**
 * One step from a container to what it holds: the key of a property, the index of an element of an array or a
 * Set; for a Map twice the index of the entry, plus 1 for its value.
 */
export type Step = string | number;

export function formatStep(container: object, kind: Node, step: Step): string {
  if (typeof step === 'string')
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  if (kind === Node.SET) return `.values()[${step}]`;
  if (kind !== Node.MAP) return `[${step}]`;
  if (step % 2 === 0) return `.keys()[${step / 2}]`;
  const key = nth(Map.prototype.keys.call(container), (step - 1) / 2);
  return typeof key === 'string' || typeof key === 'number' ? `.get(${JSON.stringify(key)})` : `.values()[${(step - 1) / 2}]`;
}

function nth(items: Iterable<unknown>, index: number): unknown {
  for (const item of items) if (index-- === 0) return item;
}

const CANNOT_SEND = /^(cannot send .+?)(?: \(at (.+)\))?(: memory is shared .*)?$/;

/**
 * Makes `error`, if it says what cannot travel, say it in its reader's terms: of `names`, the name of the
 * first part, by its path, that holds it.
 */
export function inTermsOf(names: Record<string, string>, error: unknown): unknown {
  const found = error instanceof TypeError ? CANNOT_SEND.exec(error.message) : null;
  if (found === null) return error;
  const [, what, path = '', hint = ''] = found;
  const part = Object.keys(names).find((each) => path.startsWith(each));
  if (part !== undefined) (error as Error).message = `${what} (at ${names[part]}${path.slice(part.length)})${hint}`;
  return error;
}

/**
 * The error for what cannot travel.
 *
 * @param what with its article: `a function`
 * @param path empty for the value itself
 */
export function cannotSend(what: string, path: string): TypeError {
  const hint = /\bSharedArrayBuffer\b/.test(what)
    ? ': memory is shared through a Value, an Array or another handle; to send a copy, send slice() of a view'
    : '';
  return new TypeError(`cannot send ${what}${path && ` (at ${path})`}${hint}`);
}
