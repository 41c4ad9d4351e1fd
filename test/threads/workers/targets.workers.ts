import { AssertionError, type Lock, type Queue, task, ValueError } from 'nogil';

export const add = task(import.meta, function add(a: number, b: number): number {
  return a + b;
});

/** An arrow has a name only where it is assigned; this one gets one. */
export const nameless = task(import.meta, 'called otherwise', (text: string) => `${text}!`);

export const later = task(import.meta, async function later(value: string) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return `${value} later`;
});

export const withOptions = task(import.meta, function withOptions(first: string, options: { times: number; sep?: string }) {
  return Array(options.times)
    .fill(first)
    .join(options.sep ?? ',');
});

/** What arrives, and how it looks. */
export const look = task(import.meta, function look(...args: unknown[]) {
  return args.map((arg) =>
    typeof arg === 'object' && arg !== null ? `${arg.constructor.name} ${JSON.stringify(arg)}` : String(arg),
  );
});

export const change = task(import.meta, function change(list: number[], queue: Queue<number>, lock: Lock) {
  list.push(99);
  queue.put(list.length);
  lock.acquire();
  lock.release();
});

export const unsendable = task(import.meta, function unsendable() {
  return { callback: () => 1 };
});

class Custom extends ValueError {
  code = 42;
  details = { list: [1, 2] };
}

export const failing = task(import.meta, async function failing(kind: string) {
  if (kind === 'package') throw new AssertionError('of the package');
  if (kind === 'builtin') throw new RangeError('of the language');
  if (kind === 'custom') throw new Custom('with fields');
  if (kind === 'cause') throw new TypeError('outer', { cause: new RangeError('inner') });
  if (kind === 'value') throw { a: 'plain object' };
  if (kind === 'nothing') throw undefined;
  if (kind === 'unsendable') throw Object.assign(new Error('with a function'), { callback: () => 1 });
  if (kind === 'later')
    setTimeout(() => {
      throw new Error('outside of the target');
    });
  if (kind === 'rejection') void Promise.reject(new Error('nobody caught it'));
  await new Promise((resolve) => setTimeout(resolve, LATE_MS));
  return 'the target goes on';
});
const LATE_MS = 30_000;

export default function (name: string): string {
  return `hello ${name} of the default export`;
}

export function plainExport(name: string): string {
  return `hello ${name} of plainExport`;
}

export const notAFunction = 5;
