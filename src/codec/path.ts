/** Names a part of a value the way one would write it in JavaScript: `.jobs[3].callback`. */

import { Node } from './wire.ts';

/**
 * One step from a container to what it holds: the key of a property, the index of an element of an array or a Set; for a Map
 * twice the index of the entry, plus 1 for its value.
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
