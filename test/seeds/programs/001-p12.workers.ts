/** 001-P12: the consumer waits for more than there is, and the program never ends. */
import { getpid, main, Process, sleep } from 'nogil';
import { Queue } from 'nogil/multiprocessing';
import { randint, SECOND } from '../clock.workers.js';

export function consumer(q: Queue<string>): void {
  for (;;) {
    const res = q.get();
    sleep(randint(1, 3) * SECOND);
    console.log(`${getpid()} 吃 ${res}`);
  }
}

export function producer(q: Queue<string>): void {
  for (let i = 0; i < 10; i++) {
    sleep(randint(1, 3) * SECOND);
    const res = `包子${i}`;
    q.put(res);
    console.log(`${getpid()} 生产了 ${res}`);
  }
}

main(import.meta, () => {
  const q = new Queue<string>();
  const p1 = new Process({ target: producer, args: [q] });
  const c1 = new Process({ target: consumer, args: [q] });
  p1.start();
  c1.start();
  console.log('主');
});
