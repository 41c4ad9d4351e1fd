/** The main thread is done at once; what ends the program is its argument. */
import { writeSync } from 'node:fs';
import { Event, main, Process, sleep, sleepAsync, Thread } from 'nogil';

export function forever(label: string, started: Event): void {
  process.on('exit', () => writeSync(1, `${label} ran its exit handler\n`));
  console.log(`${label} begins`);
  started.set();
  for (;;) sleep(0.01);
}

export function last(mainEnded: Event): void {
  mainEnded.wait(20);
  sleep(0.05);
  console.log('the last one ends');
}

export async function lastAsync(mainEnded: Event): Promise<void> {
  await mainEnded.waitAsync(20);
  await sleepAsync(0.05);
  console.log('the last one ends');
}

main(import.meta, () => {
  const [scene] = process.argv.slice(2);
  const started = [new Event(), new Event()] as [Event, Event];
  const mainEnded = new Event();
  new Process({ target: forever, args: ['daemonic process', started[0]], daemon: true }).start();
  new Thread({ target: forever, args: ['daemonic thread', started[1]], daemon: true }).start();
  for (const each of started) each.wait(20);
  if (scene === 'thread') new Thread({ target: last, args: [mainEnded] }).start();
  if (scene === 'process') new Process({ target: last, args: [mainEnded] }).start();
  if (scene === 'async') new Process({ target: lastAsync, args: [mainEnded] }).start();
  if (scene === 'exit') new Process({ target: last, args: [mainEnded] }).start();
  console.log('main ends');
  if (scene === 'exit') process.exit(3);
  mainEnded.set();
});
