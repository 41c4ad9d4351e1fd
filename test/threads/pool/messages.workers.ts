import { progress, type Semaphore, sleepAsync, type TaskSender, task, taskChannel } from 'nogil';

/** Sends as many messages. */
export const count = task(import.meta, function count(to: number): string {
  for (let i = 0; i < to; i++) progress({ i });
  return 'done';
});

export const countLater = task(import.meta, async function countLater(to: number): Promise<string> {
  const channel = taskChannel<number>();
  for (let i = 0; i < to; i++) {
    await sleepAsync(0.001);
    channel.send(i);
  }
  return 'done';
});

/** Sends, then waits until that has been heard. */
export const ask = task(import.meta, function ask(heard: Semaphore): boolean {
  progress('a question');
  return heard.acquire(true, 20);
});

export const sendAndDie = task(import.meta, function sendAndDie(): never {
  progress('last words');
  process.exit(1);
});

let kept: TaskSender | undefined;

export const keep = task(import.meta, function keep(): void {
  kept = taskChannel();
});

export const sendLate = task(import.meta, function sendLate(): string {
  try {
    kept?.send(1);
    return 'sent';
  } catch (error) {
    return (error as Error).message;
  }
});

export const sendFunction = task(import.meta, function sendFunction(): string {
  try {
    progress(() => 1);
    return 'sent';
  } catch (error) {
    return (error as Error).name;
  }
});
