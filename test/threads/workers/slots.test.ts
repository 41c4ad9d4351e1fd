import { Process, Queue, Thread } from 'nogil';
import { expect, test } from 'vitest';
import { held } from '../../support/held.ts';
import { LONG, until } from '../../support/until.ts';
import { nothing, withHandler } from './lifecycle.workers.ts';

async function runSome(count: number): Promise<void> {
  using queue = new Queue<string>();
  const workers = Array.from({ length: count }, (_, i) =>
    i % 2 ? new Thread({ target: withHandler, args: [queue] }) : new Process({ target: nothing }),
  );
  for (const worker of workers) worker.start();
  for (const worker of workers) {
    expect(await worker.joinAsync(LONG)).toBe(true);
    worker.close();
  }
}

test('fifty workers leave nothing behind', async () => {
  // The first one brings the supervisor, which has a place in the heap of its own.
  await runSome(1);
  await until(() => held().objects.Worker === undefined);
  const before = held();
  for (let i = 0; i < 10; i++) await runSome(5);
  await until(
    () => JSON.stringify(held()) === JSON.stringify(before),
    () => `${JSON.stringify(held())} is ${JSON.stringify(before)}`,
  );
});
