import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../../build/test/unit/queue/full-heap.workers.js', import.meta.url));

/** What the program saw, in a heap of its own: what small items have taken of it stays theirs. */
function report(scene: string): object {
  return JSON.parse(execFileSync(process.execPath, [program, scene], { encoding: 'utf8', timeout: 20_000 }));
}

describe('when the heap is full', () => {
  it.each(['large', 'small', 'handles', 'stack', 'numbersOnAStack', 'priorities', 'longPriorities'])(
    'of %s items put throws MemoryError, nothing is lost, and everything works after',
    (kind) => {
      const seen = Object.entries(report(kind));
      expect(seen.length).toBeGreaterThan(5);
      expect(seen.filter(([, right]) => right !== true)).toEqual([]);
    },
  );

  it('of locks and queues, no more objects can be made, and those that are there work', () => {
    const after = { lock: true, queue: true };
    expect(report('objects')).toEqual({ manyLocks: true, locksWork: true, queuesWork: true, after });
  });
});
