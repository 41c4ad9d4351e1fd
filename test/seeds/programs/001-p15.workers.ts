/** 001-P15: one end signal for each of two consumers, of which the tutorial forgets to start the second. */
import { getpid, main, Process, sleep } from 'nogil';
import { Queue } from 'nogil/multiprocessing';
import { randint, SECOND } from '../clock.workers.js';

export function consumer(q: Queue<string | null>): void {
  for (;;) {
    const res = q.get();
    if (res === null) break;
    sleep(randint(1, 3) * SECOND);
    console.log(`${getpid()} 吃 ${res}`);
  }
}

export function producer(name: string, q: Queue<string | null>): void {
  for (let i = 0; i < 2; i++) {
    sleep(randint(1, 3) * SECOND);
    const res = `${name}${i}`;
    q.put(res);
    console.log(`${getpid()} 生产了 ${res}`);
  }
}

main(import.meta, () => {
  const q = new Queue<string | null>();
  const p1 = new Process({ target: producer, args: ['包子', q] });
  const p2 = new Process({ target: producer, args: ['骨头', q] });
  const p3 = new Process({ target: producer, args: ['泔水', q] });

  const c1 = new Process({ target: consumer, args: [q] });
  const c2 = new Process({ target: consumer, args: [q] });

  p1.start();
  p2.start();
  p3.start();
  c1.start();

  p1.join();
  p2.join();
  p3.join();
  q.put(null);
  q.put(null);
  console.log('主');

  // Beyond the tutorial: what is left behind.
  c1.join();
  console.log(`left ${q.qsize()}, c1 ${c1.exitcode}, c2 alive ${c2.isAlive()}`);
});
