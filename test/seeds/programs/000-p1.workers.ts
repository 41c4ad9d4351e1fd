/** 000-P1: three producers, two daemonic consumers, and a queue that knows when all is eaten. */
import { JoinableQueue, main, Process, sleep } from 'nogil';
import { randint, SECOND } from '../clock.workers.js';

export function consumer(name: string, q: JoinableQueue<string | null>): void {
  for (;;) {
    const res = q.get();
    if (res === null) break;
    sleep(randint(1, 3) * SECOND);
    console.log(`消费者===》${name} 吃了 ${res}`);
    q.taskDone();
  }
}

export function producer(name: string, q: JoinableQueue<string | null>, food: string): void {
  for (let i = 0; i < 5; i++) {
    sleep(randint(1, 2) * SECOND);
    const res = `${food}${i}`;
    // Printed first, unlike in the tutorial: then the lines stand in the order in which things happen.
    console.log(`生产者者===》${name} 生产了 ${res}`);
    q.put(res);
  }
}

main(import.meta, () => {
  const q = new JoinableQueue<string | null>();

  const p1 = new Process({ target: producer, args: ['egon', q, '包子'] });
  const p2 = new Process({ target: producer, args: ['刘', q, '泔水'] });
  const p3 = new Process({ target: producer, args: ['杨', q, '米饭'] });

  const c1 = new Process({ target: consumer, args: ['alex', q] });
  const c2 = new Process({ target: consumer, args: ['梁', q] });
  c1.daemon = true;
  c2.daemon = true;

  for (const p of [p1, p2, p3, c1, c2]) p.start();

  p1.join();
  p2.join();
  p3.join();
  q.join();
  console.log('主进程结束');
});
