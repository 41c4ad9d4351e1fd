/** A guest whose main module, which its threads import, joins at its top level. */
import { heap, main, type Queue, Thread } from 'nogil';

heap.join(process.argv[2] as string, { timeout: 15 });

export function work(queue: Queue<string>): void {
  queue.put('from the thread');
}

main(import.meta, () => {
  const thread = new Thread({ target: work, args: [heap.lookup<Queue<string>>('to')] });
  thread.start();
  thread.join();
});
