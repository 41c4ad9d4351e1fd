/** A worker prints while the main thread is blocked, and goes on when somebody outside has seen it. */
import { existsSync } from 'node:fs';
import { main, Process, sleep } from 'nogil';

export function speak(): void {
  console.log('the worker speaks');
  console.error('the worker complains');
  // Not from standard input, which a process of the operating system has not.
  while (!existsSync(process.argv[2] as string)) sleep(0.01);
  console.log('somebody has heard it');
}

main(import.meta, () => {
  const worker = new Process({ target: speak });
  worker.start();
  worker.join();
  console.log('joined');
});
