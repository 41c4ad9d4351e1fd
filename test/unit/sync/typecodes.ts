import type { Typecode } from 'nogil';

/** Those of integers that JavaScript has as numbers, how many bits they keep, and whether they are signed. */
export const integers: [code: Typecode, bits: number, signed: boolean][] = [
  ['c', 8, false],
  ['b', 8, true],
  ['B', 8, false],
  ['h', 16, true],
  ['H', 16, false],
  ['i', 32, true],
  ['I', 32, false],
  ['l', 32, true],
  ['L', 32, false],
];
export const codes: Typecode[] = [...integers.map(([code]) => code), 'q', 'Q', 'f', 'd'];

/** An integer as a value of the typecode. */
export function itemOf(code: Typecode, n: number): number | bigint {
  return code === 'q' || code === 'Q' ? BigInt(n) : n;
}
