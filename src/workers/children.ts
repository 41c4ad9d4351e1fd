/**
 * What a process does for those it started before it ends: Python's multiprocessing and threading do it at
 * exit.
 */
import { activeChildren } from './process.ts';
import { enumerate, Thread } from './thread.ts';

const endings = new Set<() => void>();

/** Has `end` called when this process's own code is over, before its children are terminated. */
export function beforeChildrenEnd(end: () => void): void {
  endings.add(end);
}

/**
 * Terminates the daemons among this process's children, and waits for all children, and for its threads that
 * are not daemons.
 */
export async function endChildren(): Promise<void> {
  for (const end of endings) end();
  for (;;) {
    const children = activeChildren();
    for (const child of children) if (child.daemon) child.terminate();
    const threads = enumerate().filter((thread): thread is Thread => thread instanceof Thread && !thread.daemon);
    const waited = [...children, ...threads];
    if (waited.length === 0) return;
    for (const each of waited) await each.joinAsync();
  }
}
