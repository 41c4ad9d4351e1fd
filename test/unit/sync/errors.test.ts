/** The errors' places among each other are Python's. */
import * as nogil from 'nogil';
import { ThreadError } from 'nogil/threading';
import { expect, test } from 'vitest';

const names: Record<string, unknown> = { ...nogil };

/** Class, and the class it is derived from. */
const hierarchy: [keyof typeof nogil, keyof typeof nogil | 'Error'][] = [
  ['RuntimeError', 'Error'],
  ['ValueError', 'Error'],
  ['AssertionError', 'Error'],
  ['AttributeError', 'Error'],
  ['KeyError', 'Error'],
  ['IndexError', 'Error'],
  ['EOFError', 'Error'],
  ['OSError', 'Error'],
  ['BrokenPipeError', 'OSError'],
  ['Empty', 'Error'],
  ['Full', 'Error'],
  ['ShutDown', 'Error'],
  ['BrokenBarrierError', 'RuntimeError'],
  ['BrokenLockError', 'RuntimeError'],
  ['DeadlockError', 'RuntimeError'],
  ['ProcessError', 'Error'],
  ['BufferTooShort', 'ProcessError'],
  ['TimeoutError', 'ProcessError'],
];

test.each(hierarchy)('%s is derived from %s', (name, base) => {
  const ctor = names[name] as new (message: never) => Error;
  const parent = base === 'Error' ? Error : (names[base] as typeof Error);
  expect(Object.getPrototypeOf(ctor)).toBe(parent);
  expect(new ctor('why' as never).name).toBe(name);
});

test('ThreadError is another name of RuntimeError', () => {
  expect(ThreadError).toBe(nogil.RuntimeError);
});
