/** Processes that start processes: each ends after its children. */
import { currentProcess, main, Process } from 'nogil';

export function descend(depth: number): void {
  const { name } = currentProcess();
  console.log(`${name} begins`);
  process.on('exit', () => console.log(`${name} ends`));
  if (depth > 0) new Process({ target: descend, args: [depth - 1] }).start();
}

main(import.meta, () => {
  const child = new Process({ target: descend, args: [2] });
  child.start();
  console.log(`joined ${child.join(60)}`);
});
