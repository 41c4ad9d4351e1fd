/** 001-P16: each producer waits until all is eaten; the consumers are daemons. */
import { getpid, JoinableQueue, main, Process, sleep } from 'nogil';
import { randint, SECOND } from '../clock.workers.js';

export function consumer(q: JoinableQueue<string>): void {
  for (;;) {
    const res = q.get();
    sleep((randint(1, 3) * SECOND) / 4);
    console.log(`${getpid()} 吃 ${res}`);
    q.taskDone();
  }
}

export function producer(name: string, q: JoinableQueue<string>): void {
  for (let i = 0; i < 10; i++) {
    sleep((randint(1, 3) * SECOND) / 4);
    const res = `${name}${i}`;
    // Printed first, unlike in the tutorial: then the lines stand in the order in which things happen.
    console.log(`${getpid()} 生产了 ${res}`);
    q.put(res);
  }
  q.join();
  // Beyond the tutorial: where in the order a producer ends.
  console.log(`${name} 结束`);
}

main(import.meta, () => {
  const q = new JoinableQueue<string>();
  const p1 = new Process({ target: producer, args: ['包子', q] });
  const p2 = new Process({ target: producer, args: ['骨头', q] });
  const p3 = new Process({ target: producer, args: ['泔水', q] });

  const c1 = new Process({ target: consumer, args: [q] });
  const c2 = new Process({ target: consumer, args: [q] });
  c1.daemon = true;
  c2.daemon = true;

  for (const p of [p1, p2, p3, c1, c2]) p.start();

  p1.join();
  p2.join();
  p3.join();
  console.log('主');
});
