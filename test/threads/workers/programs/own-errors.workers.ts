/** Workers that look after their uncaught errors themselves. */
import { main, Process, sleepAsync, Thread } from 'nogil';

export async function exception(): Promise<string[]> {
  const heard: string[] = [];
  process.on('uncaughtException', (error, origin) => heard.push(`${origin}: ${error.message}`));
  setTimeout(() => {
    throw new Error('thrown');
  });
  void Promise.reject(new Error('rejected'));
  while (heard.length < 2) await sleepAsync(0.005);
  return heard.sort();
}

export async function rejection(): Promise<string[]> {
  const heard: string[] = [];
  process.on('unhandledRejection', (reason) => heard.push(String(reason)));
  void Promise.reject(new Error('rejected'));
  while (heard.length < 1) await sleepAsync(0.005);
  return heard;
}

export async function onlyRejections(): Promise<void> {
  process.on('unhandledRejection', () => {});
  setTimeout(() => {
    throw new Error('nobody listens');
  });
  await sleepAsync(20);
}

main(import.meta, () => {
  const told: unknown[] = [];
  for (const Kind of [Thread, Process])
    for (const target of [exception, rejection, onlyRejections] as (() => Promise<unknown>)[]) {
      const worker = new Kind({ target });
      worker.start();
      try {
        told.push(worker.result(20));
      } catch (error) {
        told.push(String(error));
      }
    }
  console.log(JSON.stringify(told));
});
