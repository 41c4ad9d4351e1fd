import { type Connection, type Dict, type List, type Lock, Manager, type Queue, type Semaphore, task } from 'nogil';

/** What goes round: the only handles of an end of a pipe and of a lock. */
export interface Parcel {
  end: Connection;
  lock: Lock;
}

function close({ end, lock }: Parcel): void {
  end.close();
  lock.close();
}

/** Takes items out and puts them in again, until it is killed. */
export const forward = task(import.meta, function forward(items: Queue<Parcel>, turns: Semaphore): void {
  for (;;) {
    const item = items.get();
    items.put(item);
    close(item);
    turns.release();
  }
});

/** The same, several at once. */
export const forwardMany = task(import.meta, function forwardMany(items: Queue<Parcel>, turns: Semaphore): void {
  for (;;) {
    const some = items.getMany(3);
    items.putMany(some);
    some.forEach(close);
    turns.release();
  }
});

/** The same without blocking. */
export const forwardAsync = task(import.meta, async function forwardAsync(items: Queue<Parcel>, turns: Semaphore): Promise<void> {
  for (;;) {
    const item = await items.getAsync();
    await items.putAsync(item);
    close(item);
    turns.release();
  }
});

/** Sends what it receives to the other end of the same pipe. */
export const forwardByPipe = task(import.meta, function forwardByPipe(r: Connection, w: Connection, turns: Semaphore): void {
  for (;;) {
    const item = r.recv() as Parcel;
    w.send(item);
    close(item);
    turns.release();
  }
});

/** Takes one out of a dict and puts it in again. */
export const forwardByDict = task(import.meta, function forwardByDict(items: Dict<number, Parcel>, turns: Semaphore): void {
  for (let i = 0; ; i++) {
    const [first] = items.keys() as [number];
    const [key, item]: [number, Parcel] = i % 3 === 0 ? items.popitem() : [first, items.pop(first)];
    items.set(key, item);
    close(item);
    turns.release();
  }
});

/** Replaces each by a copy of itself, one by one and all at once. */
export const renewInDict = task(import.meta, function renewInDict(items: Dict<number, Parcel>, turns: Semaphore): void {
  for (;;) {
    for (const [key, item] of items) {
      items.set(key, item);
      close(item);
    }
    const all = items.items();
    items.update(all);
    for (const [, item] of all) close(item);
    turns.release();
  }
});

/** Takes one out of a list and puts it in again, somewhere else. */
export const forwardByList = task(import.meta, function forwardByList(items: List<Parcel>, turns: Semaphore): void {
  for (let i = 0; ; i++) {
    const item = items.pop(i % 2 === 0 ? 0 : -1);
    if (i % 3 === 0) items.insert(1, item);
    else items.append(item);
    close(item);
    turns.release();
  }
});

/** Replaces each by a copy of itself, and turns the order round. */
export const renewInList = task(import.meta, function renewInList(items: List<Parcel>, turns: Semaphore): void {
  for (;;) {
    for (let i = 0; i < items.length; i++) {
      const item = items.at(i);
      items.set(i, item);
      close(item);
    }
    items.reverse();
    turns.release();
  }
});

/** Fills a dict and a list with copies, and clears them. */
export const fillAndClear = task(
  import.meta,
  function fillAndClear(items: Dict<number, Parcel>, dict: Dict<number, Parcel>, list: List<Parcel>, turns: Semaphore): void {
    for (;;) {
      for (const [key, item] of items) {
        dict.set(key, item);
        list.extend([item, item]);
        close(item);
      }
      dict.delete(1);
      dict.clear();
      list.clear();
      turns.release();
    }
  },
);

/** Makes a dict with copies in it, which lives in a list only, and closes that. */
export const makeAndClose = task(import.meta, function makeAndClose(items: Dict<number, Parcel>, turns: Semaphore): void {
  const manager = Manager();
  for (;;) {
    const all = items.items();
    const dict = manager.dict(all);
    const list = manager.list([dict]);
    dict.close();
    list.close();
    for (const [, item] of all) close(item);
    turns.release();
  }
});
