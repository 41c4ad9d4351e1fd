import { currentThread, type Event, getIdent, getNativeId, Local, mainThread, type Queue, Thread, task } from 'nogil';

/** Python's documentation's example of a subclass of local: its constructor runs in each thread. */
class MyLocal extends Local {
  declare number: number;
  declare words: string[];
  constructor(number: number, ...words: string[]) {
    super();
    this.number = number;
    this.words = words;
  }
  squared(): number {
    return this.number ** 2;
  }
}
export const mydata = new MyLocal(2, 'red');

/** What it finds, changes, and finds then. */
export const useLocal = task(import.meta, function useLocal(add: number): unknown[] {
  const found = [mydata.number, [...mydata.words]];
  mydata.number += add;
  mydata.words.push('mine');
  return [...found, mydata.squared(), mydata.words, 'other' in mydata];
});

export const numbers = task(import.meta, function numbers(): [ident: number, native: number] {
  return [getIdent(), getNativeId()];
});

/** Calls its target with super.run(), as Python's subclasses do. */
export class Logged extends Thread {
  constructor(
    target: (x: number) => number,
    x: number,
    readonly log: Queue<string>,
  ) {
    super({ target, args: [x] });
  }
  /** A name that the package must not need. */
  call = 'mine';
  override run(): unknown {
    this.log.put('before');
    const result = super.run();
    this.log.put('after');
    return result;
  }
}
task(import.meta, Logged);

export const triple = task(import.meta, function triple(x: number): number {
  return 3 * x;
});

export const joinAndSay = task(import.meta, function joinAndSay(other: Thread, ready: Queue<number>): unknown {
  ready.put(1);
  return [other.join(60), other.result()];
});

export const waitAndAnswer = task(import.meta, function waitAndAnswer(event: Event): string {
  return event.wait(20) ? 'the answer' : 'too late';
});

export const renameMain = task(import.meta, function renameMain(): string[] {
  mainThread().setName('mine');
  currentThread().setName('me');
  return [mainThread().name, mainThread().getName(), currentThread().getName()];
});
