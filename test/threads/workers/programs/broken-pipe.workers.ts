/** Prints for ever, in a worker: to be read by somebody who leaves. */
import { main, Process, sleep, Thread } from 'nogil';

export function prints(): void {
  for (;;) {
    console.log('a line');
    sleep(0.001);
  }
}

export async function listens(): Promise<string> {
  const gone = new Promise<string>((resolve) => process.stdout.on('error', (error) => resolve(error.message)));
  const timer = setInterval(() => console.log('a line'), 1);
  const message = await gone;
  clearInterval(timer);
  return message;
}

main(import.meta, () => {
  const [, , scene] = process.argv;
  const worker =
    scene === 'thread' ? new Thread({ target: prints }) : new Process({ target: scene === 'listens' ? listens : prints });
  worker.start();
  if (scene === 'free') return;
  worker.join();
  console.error(`the worker heard: ${worker.result()}`);
});
