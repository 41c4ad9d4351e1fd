/** The main thread as a thread. */
import { currentThread, main, mainThread, Process, Queue, Thread } from 'nogil';

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

export function waits(done: Queue<string>, what: string, begun: Queue<string>): void {
  const early = mainThread().join(0.01);
  begun.put('joined in vain');
  done.put(`${what}: ${early} ${mainThread().join(60)}`);
}

export async function waitsAsync(done: Queue<string>, what: string): Promise<void> {
  done.put(`${what}, async: ${await mainThread().joinAsync(20)}`);
}

export async function withThreads(done: Queue<string>): Promise<void> {
  const begun = new Queue<string>();
  new Thread({ target: waits, args: [done, 'process', begun] }).start();
  new Thread({ target: waitsAsync, args: [done, 'process'] }).start();
  await begun.getAsync();
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
  void done.getAsync().then(() => console.log('the code of the program is over'));
});

export function prints(begun: Queue<string>): void {
  const early = mainThread().join(0.01);
  begun.put('joined in vain');
  console.log(`main: ${early} ${mainThread().join(60)}`);
}
