import { type Event, type Thread, task } from 'nogil';

/** A name that can be told to be whole: a digit, as often as it says. */
export function nameOf(i: number): string {
  const length = 1 + ((i * 37) % 400);
  return `${length}:${String(i % 10).repeat(length)}`;
}

export function isWhole(name: string): boolean {
  const [length = '', digits = ''] = name.split(':');
  return digits.length === Number(length) && new Set(digits).size === 1;
}

/** Gives `thread` other names until it is told to stop; how many. */
export const rename = task(import.meta, function rename(thread: Thread, over: Event, first: number): number {
  let i = first;
  for (; !over.isSet(); i++) thread.name = nameOf(i);
  return i - first;
});

/** Reads its name `count` times: those that were wrong. */
export const readNames = task(import.meta, function readNames(thread: Thread, count: number): string[] {
  const wrong: string[] = [];
  for (let i = 0; i < count; i++) {
    const { name } = thread;
    if (!isWhole(name) && wrong.length < 10) wrong.push(name);
  }
  return wrong;
});

/** Renames and reads until somebody kills it. */
export const renameForEver = task(import.meta, function renameForEver(thread: Thread, ready: Event): void {
  ready.set();
  for (let i = 0; ; i++) {
    thread.name = nameOf(i);
    thread.name;
  }
});
