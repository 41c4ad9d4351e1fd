import { type Dict, type Event, heap, Manager, Queue, sleep, task } from 'nogil';

export type Link = Queue<unknown> | Dict<string, unknown>;
export type LinkKind = 'queue' | 'dict';

let manager: ReturnType<typeof Manager> | undefined;

/** It has a dict of its own: one for all chains. */
export function theManager(): ReturnType<typeof Manager> {
  manager ??= Manager();
  return manager;
}

/** A chain of as many, each of which lives by the next one only: the last, which alone has a handle here. */
export function chainOf(kind: LinkKind, length: number): Link {
  let head: Link | undefined;
  for (let i = 0; i < length; i++) {
    const next: Link = kind === 'queue' ? new Queue<unknown>() : theManager().dict<string, unknown>();
    if (head && next instanceof Queue) next.put(head);
    else if (head) (next as Dict<string, unknown>).set('next', head);
    head?.close();
    head = next;
  }
  return head as Link;
}

/** For the garbage collector not to be faster. */
const kept: unknown[] = [];

/** Has a chain, and nothing else is told of it. Then it sleeps, or returns, or ends the process. */
export const holdsChain = task(
  import.meta,
  function holdsChain(kind: LinkKind, length: number, how: 'sleeps' | 'returns' | 'exits', made: Event): void {
    kept.push(chainOf(kind, length));
    made.set();
    if (how === 'exits') process.exit(3);
    if (how === 'sleeps') sleep(1000);
  },
);

/** Drops a chain, and is killed over it, or not. */
export const dropsChain = task(import.meta, function dropsChain(kind: LinkKind, length: number, made: Event): void {
  const chain = chainOf(kind, length);
  made.set();
  chain.close();
  sleep(1000);
});

/** Makes and uses objects: whether that works. */
export const works = task(import.meta, function works(): string {
  const queue = new Queue<string>();
  queue.put('works');
  const word = queue.get();
  queue.close();
  return `${word}, ${typeof heap.stats().bytesInUse}`;
});
