import { type Event, type RawArray, type Array as SharedArray, sleep, task } from 'nogil';

export const countAll = task(import.meta, function countAll(_index: number, array: SharedArray<'i'>, rounds: number): void {
  for (let i = 0; i < rounds; i++) array.add(i % array.length, 1);
});

export const moveWithLock = task(
  import.meta,
  function moveWithLock(_index: number, array: SharedArray<'q'>, rounds: number): void {
    for (let i = 0; i < rounds; i++) {
      using _held = array.hold();
      array.set(0, array.get(0) - 1n);
      array.set(-1, array.get(-1) + 1n);
    }
  },
);

/** Doubles what is in the first, by view, and writes the classes into the second. */
export const double = task(import.meta, function double(raw: RawArray<'d'>, names: SharedArray<'c'>): number {
  const view = raw.view();
  for (let i = 0; i < view.length; i++) view[i] = (view[i] as number) * 2;
  names.value = new TextEncoder().encode(`${raw.constructor.name} ${names.constructor.name}`);
  return names.getLock().id;
});

export const dieWithLock = task(import.meta, function dieWithLock(array: SharedArray<'i'>, has: Event): void {
  array.acquire();
  has.set();
  for (;;) sleep(1000);
});
