/** 002-P6: a thread from a class. */
import { main, sleep, Thread } from 'nogil';
import { SECOND } from '../clock.workers.js';

export class MyThread extends Thread {
  override run(): void {
    console.log(`${this.name} is running`);
    sleep(3 * SECOND);
  }
}

main(import.meta, () => {
  const t = new MyThread();
  t.start();
  console.log('主线程');
});
