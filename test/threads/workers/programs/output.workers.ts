/** A worker prints while the main thread is blocked, and goes on when somebody outside has seen it. */
import { readSync } from 'node:fs';
import { main, Process } from 'nogil';

export function speak(): void {
  console.log('the worker speaks');
  console.error('the worker complains');
  readSync(0, Buffer.alloc(1));
  console.log('somebody has heard it');
}

main(import.meta, () => {
  const worker = new Process({ target: speak });
  worker.start();
  worker.join();
  console.log('joined');
});
