import { Process, Queue, type Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { end, LONG } from '../sync/support.ts';
import { startHalf } from './starting.workers.ts';

describe.each(['thread', 'process'] as const)('a %s whose parent dies while it starts it', (kind) => {
  test('ends, as if it had been killed', () => {
    using children = new Queue<Thread | Process>();
    const parent = new Process({ target: startHalf, args: [children, kind] });
    parent.start();
    const child = children.get(true, LONG);
    expect(child.isAlive()).toBe(true);
    expect(child.join(0.05)).toBe(false);
    parent.kill();
    end(parent);
    expect(child.join(LONG)).toBe(true);
    expect(child.isAlive()).toBe(false);
    if (child instanceof Process) expect(child.exitcode).toBe(-9);
  });
});
