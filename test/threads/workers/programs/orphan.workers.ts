/** A process asks after its parent, which is no more. */
import { currentProcess, main, Process, parentProcess, Queue } from 'nogil';

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

export async function child(asked: Queue<string>, answers: Queue<unknown>): Promise<void> {
  const before = parentProcess();
  asked.put('begun');
  while (parentProcess()?.isAlive()) await new Promise((resolve) => setTimeout(resolve, 1));
  const parent = parentProcess();
  answers.put([
    parent?.name,
    parent?.pid === before?.pid,
    parent?.isAlive(),
    parent?.join(),
    await parent?.joinAsync(),
    before?.join(60),
  ]);
}

export async function middle(asked: Queue<string>, answers: Queue<unknown>): Promise<void> {
  new Process({ target: child, args: [asked, answers] }).start();
  // Until it is killed.
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

export async function ofMain(): Promise<unknown[]> {
  const parent = parentProcess();
  return [
    parent?.name,
    parent?.isAlive(),
    parent?.join(0.001),
    await parent?.joinAsync(0.001),
    outcome(() => currentProcess().join()),
  ];
}

main(import.meta, () => {
  const asked = new Queue<string>();
  const answers = new Queue<unknown>();
  const process = new Process({ target: middle, args: [asked, answers], name: 'the middle one' });
  process.start();
  asked.get(true, 20);
  process.kill();
  console.log(JSON.stringify(answers.get(true, 20)));
  const other = new Process({ target: ofMain });
  other.start();
  console.log(JSON.stringify(other.result(20)));
  console.log(outcome(() => currentProcess().join()));
});
