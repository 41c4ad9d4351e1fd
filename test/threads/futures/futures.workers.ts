import { type Semaphore, task } from 'nogil';

export const pow = task(import.meta, function pow(a: number, b: number): number {
  return a ** b;
});

export const fail = task(import.meta, function fail(text: string): never {
  throw new RangeError(text);
});

export const hold = task(import.meta, function hold(here: Semaphore, gate: Semaphore, value: number): number {
  here.release();
  gate.acquire(true, 20);
  return value;
});

export const exit = task(import.meta, function exit(): never {
  process.exit(1);
});

let prepared = 0;

export const prepare = task(import.meta, function prepare(value: number): void {
  prepared = value;
});

export const whatIsPrepared = task(import.meta, function whatIsPrepared(): number {
  return prepared;
});

export const failToPrepare = task(import.meta, function failToPrepare(): never {
  throw new RangeError('not prepared');
});

export const later = task(import.meta, async function later(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return x + 1;
});
