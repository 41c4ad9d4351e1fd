import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../../build/test/unit/queue/full-heap.workers.js', import.meta.url));
const report = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 20_000 }));

describe('when the heap is full', () => {
  it.each(['large', 'small', 'handles'])(
    'of %s items put throws MemoryError, nothing is lost, and everything works after',
    (kind) => {
      const wrong = Object.entries(report[kind]).filter(([, right]) => right !== true);
      expect(wrong).toEqual([]);
    },
  );

  it('of locks and queues, no more objects can be made, and those that are there work', () => {
    expect(report.objects).toEqual({ manyLocks: true, locksWork: true, queuesWork: true });
    expect(report.after).toEqual({ lock: true, queue: true });
  });
});
