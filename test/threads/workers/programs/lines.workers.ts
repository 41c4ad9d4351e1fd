/** Many workers print long lines at once, whole and in pieces. */
import { Event, main, Process, Thread } from 'nogil';

export const LENGTHS = [1, 100, 4095, 4096, 4097, 10_000, 70_000, 200_000];

export function chatter(letter: string, go: Event): void {
  go.wait(20);
  for (let round = 0; round < 6; round++) {
    for (const length of LENGTHS) {
      console.log(letter.repeat(length));
      process.stdout.write(letter.repeat(length >> 1));
      process.stdout.write(`${letter.repeat(length - (length >> 1))}\n${letter}`);
      process.stdout.write('\n');
    }
  }
}

export function unfinished(): void {
  process.stdout.write('in pieces');
  process.on('exit', () => process.stdout.write(', and without an end'));
}

main(import.meta, () => {
  const go = new Event();
  const workers = [...'abcd'].map(
    (letter, i) => new (i % 2 ? (Thread as unknown as typeof Process) : Process)({ target: chatter, args: [letter, go] }),
  );
  for (const worker of workers) worker.start();
  go.set();
  for (const worker of workers) worker.join(60);
  const last = new Process({ target: unfinished });
  last.start();
  last.join(60);
});
