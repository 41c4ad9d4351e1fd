/**
 * Long chains of objects, each of which lives by a handle in the next one: whoever drops the last, by
 * whatever way, all are given back, and nobody runs out of stack over it.
 */
import { Event, heap, Process } from 'nogil';
import { describe, expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { runText } from '../../support/programs.ts';
import { chainOf, dropsChain, holdsChain, type LinkKind, works } from './chains.workers.ts';
import { heldWithoutWorkers, killSometime, LONG, until } from './queue-support.ts';

const chains = [
  ['queue', 5000],
  ['dict', 12000],
] as const;

function links(kind: LinkKind): number {
  return heap.stats().objects[kind === 'queue' ? 'Queue' : 'Dict'] ?? 0;
}

/**
 * Once is for nothing: the table of objects and the pages of its size never shrink. Then the heap has what it
 * had.
 */
function twice(round: () => void): void {
  round();
  const before = heldWithoutWorkers();
  round();
  until(() => JSON.stringify(heap.stats().objects) === JSON.stringify(before.objects), 'every object is gone');
  until(
    () => heldWithoutWorkers().bytesInUse <= before.bytesInUse,
    () => `the heap has ${heap.stats().bytesInUse}, and had ${before.bytesInUse}`,
  );
}

/** The supervisor lives, and starts workers, which work. */
function expectSupervisor(): void {
  const next = new Process({ target: works });
  next.start();
  expect(next.join(LONG)).toBe(true);
  expect(next.result()).toBe('works, number');
  next.close();
}

describe.each(chains)('a chain of %ss, %i in one another,', (kind, length) => {
  const holder = (how: 'sleeps' | 'returns' | 'exits', then: (worker: Process<typeof holdsChain>) => void, exitcode: number) =>
    twice(() => {
      const before = links(kind);
      const made = new Event();
      const worker = new Process({ target: holdsChain, args: [kind as LinkKind, length, how, made] });
      worker.start();
      expect(made.wait(LONG)).toBe(true);
      then(worker);
      expect(worker.join(LONG)).toBe(true);
      expect(worker.exitcode).toBe(exitcode);
      worker.close();
      made.close();
      until(() => links(kind) <= before, `every ${kind} of the chain is gone`);
      expectSupervisor();
    });

  test('goes with a worker that is killed', () => holder('sleeps', (worker) => worker.kill(), -9));

  test('goes with a worker that is terminated', () => holder('sleeps', (worker) => worker.terminate(), -15));

  test('goes with a worker that returns', () => holder('returns', () => {}, 0));

  test('goes with a worker that exits', () => holder('exits', () => {}, 3));

  test('goes when it is closed', () => {
    chainOf(kind, length).close();
    const before = held();
    chainOf(kind, length).close();
    expect(held()).toEqual(before);
    expectSupervisor();
  });

  test('goes when who closes it is killed over that', () => {
    const before = links(kind);
    for (let i = 0; i < 3; i++) {
      const made = new Event();
      const worker = new Process({ target: dropsChain, args: [kind as LinkKind, length, made] });
      worker.start();
      expect(made.wait(LONG)).toBe(true);
      killSometime(worker as Process<never>);
      worker.close();
      made.close();
      until(() => links(kind) <= before, `every ${kind} of the chain is gone`);
      expectSupervisor();
    }
  });

  test('goes when it is collected', async () => {
    const child = await runText(
      `
      const { setTimeout: sleep } = await import('node:timers/promises');
      const manager = nogil.Manager();
      const before = Object.values(heap.stats().objects).join();
      (function () {
        let head;
        for (let i = 0; i < ${length}; i++) {
          const next = ${kind === 'queue' ? 'new Queue()' : 'manager.dict()'};
          if (head) next.${kind === 'queue' ? 'put(head)' : "set('next', head)"};
          head?.close();
          head = next;
        }
        console.log(Object.values(heap.stats().objects).reduce((sum, each) => sum + each) >= ${length});
      })();
      for (let i = 0; i < 200 && Object.values(heap.stats().objects).join() !== before; i++) {
        gc();
        await sleep(10);
      }
      console.log(Object.values(heap.stats().objects).join() === before);
      manager.dict().close();
      const queue = new Queue();
      queue.put('works');
      console.log(queue.get());
      process.exit(0);
    `,
      '--expose-gc',
    );
    expect(child).toEqual({ code: 0, lines: ['true', 'true', 'works'], errors: '' });
  });
});
