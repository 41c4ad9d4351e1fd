/** Nothing but an async call keeps the program alive. */
import { main, Process, Queue, sleep } from 'nogil';

export function putLater(queue: Queue<string>): void {
  sleep(0.1);
  queue.put('it came');
}

main(import.meta, async () => {
  const queue = new Queue<string>();
  new Process({ target: putLater, args: [queue], daemon: true }).start();
  console.log(await queue.getAsync());
});
