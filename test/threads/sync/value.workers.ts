import { type RawValue, type Semaphore, task, type Value } from 'nogil';

export const addOften = task(import.meta, function addOften(_index: number, value: Value<'i'>, rounds: number): void {
  for (let i = 0; i < rounds; i++) value.add(1);
});

export const addBig = task(import.meta, function addBig(_index: number, value: Value<'q'>, rounds: number): void {
  for (let i = 0; i < rounds; i++) value.update((n) => n + 2n ** 33n);
});

export const addWithLock = task(import.meta, function addWithLock(_index: number, value: Value<'i'>, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    using _held = value.getLock().hold();
    value.value += 1;
  }
});

/** Takes the value's lock, says so, and keeps it until it is told to let go. */
export const hold = task(import.meta, function hold(value: Value<'i'>, held: Semaphore, letGo: Semaphore): number {
  const lock = value.getLock();
  lock.acquire();
  held.release();
  letGo.acquire();
  value.getObj().value = 5;
  lock.release();
  return lock.id;
});

/** Writes all there is to see of a value into itself. */
export const look = task(import.meta, function look(raw: RawValue<'d'>, value: Value<'d'>): [number, number, string] {
  const seen: [number, number, string] = [raw.value, value.value, `${raw.constructor.name} ${value.constructor.name}`];
  raw.value = -seen[0];
  value.value = -seen[1];
  return seen;
});
