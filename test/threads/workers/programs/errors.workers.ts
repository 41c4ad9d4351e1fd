/** Workers fail, and the program goes on. */
import { main, Process, Thread, ValueError } from 'nogil';

export function breaks(): void {
  throw new ValueError('thrown by the target');
}

export async function breaksLater(): Promise<void> {
  setTimeout(() => {
    throw new Error('thrown outside of the target');
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

export function rejects(): Promise<void> {
  void Promise.reject(new Error('caught by nobody'));
  return new Promise((resolve) => setTimeout(resolve, 60_000));
}

export function throwsText(): void {
  throw 'only text';
}

main(import.meta, () => {
  for (const target of [breaks, breaksLater, rejects, throwsText]) {
    const thread = new Thread({ target, name: `thread ${target.name}` });
    const process = new Process({ target, name: `process ${target.name}` });
    for (const worker of [thread, process]) {
      worker.start();
      worker.join(60);
    }
    console.log(target.name, process.exitcode);
  }
  console.log('the program goes on');
});
