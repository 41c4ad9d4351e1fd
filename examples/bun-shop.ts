/**
 * The bun shop: three producers put five items each into a JoinableQueue, two daemon consumers eat them, and
 * the shop closes when every item has been counted off. The consumers wait for more for ever; being daemons,
 * they end with the program.
 *
 *     npm run example:bun-shop
 */
import { JoinableQueue, main, Process, sleep } from 'nogil';

export function consumer(name: string, queue: JoinableQueue<string>): void {
  for (;;) {
    const item = queue.get();
    sleep(0.01 + Math.random() * 0.05);
    console.log(`${name} eats ${item}`);
    queue.taskDone();
  }
}

export function producer(name: string, food: string, queue: JoinableQueue<string>): void {
  for (let i = 0; i < 5; i++) {
    sleep(0.01 + Math.random() * 0.03);
    const item = `${food} ${i} made by ${name}`;
    queue.put(item);
    console.log(`${name} has made ${food} ${i}`);
  }
}

main(import.meta, () => {
  const queue = new JoinableQueue<string>();

  const producers = [
    new Process({ target: producer, args: ['egon', 'bun', queue] }),
    new Process({ target: producer, args: ['liu', 'soup', queue] }),
    new Process({ target: producer, args: ['yang', 'rice', queue] }),
  ];
  const consumers = ['alex', 'wupeiqi'].map((name) => new Process({ target: consumer, args: [name, queue], daemon: true }));

  for (const each of [...producers, ...consumers]) each.start();
  for (const each of producers) each.join();
  queue.join();
  console.log('everything is eaten, the shop closes');
});
