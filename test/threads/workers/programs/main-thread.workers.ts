/** The main thread as a thread. */
import { currentThread, main, mainThread, Process, Queue, sleepAsync, Thread } from 'nogil';

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

export function waits(done: Queue<string>, what: string): void {
  const early = mainThread().join(0.01);
  done.put(`${what}: ${early} ${mainThread().join(20)}`);
}

export async function waitsAsync(done: Queue<string>, what: string): Promise<void> {
  done.put(`${what}, async: ${await mainThread().joinAsync(20)}`);
}

export async function withThreads(done: Queue<string>): Promise<void> {
  new Thread({ target: waits, args: [done, 'process'] }).start();
  new Thread({ target: waitsAsync, args: [done, 'process'] }).start();
  await sleepAsync(0.2);
  done.put('the code of the process is over');
}

main(import.meta, () => {
  const thread = currentThread();
  console.log(outcome(() => thread.join()));
  console.log(outcome(() => thread.setDaemon(true)));
  console.log(outcome(() => thread.start()));
  console.log(new Thread({ name: '' }).name.replace(/\d+/, 'N'), new Process({ name: '' }).name);
  void thread.joinAsync().catch((error) => console.log(String(error)));
  const done = new Queue<string>();
  const process = new Process({ target: withThreads, args: [done] });
  process.start();
  process.join();
  for (const line of done.getMany().sort()) console.log(line);
  new Thread({ target: prints, args: [done] }).start();
  setTimeout(() => {
    console.log('the code of the program is over');
  }, 300);
});

export function prints(): void {
  console.log(`main: ${mainThread().join(0.01)} ${mainThread().join(20)}`);
}
