/** 002-P10: a daemonic thread does not keep the program alive. */
import { currentThread, main, sleep, Thread } from 'nogil';

export function task(): void {
  console.log(`${currentThread().name} is running`);
  sleep(1000);
  console.log(`${currentThread().name} is done`);
}

main(import.meta, () => {
  const t1 = new Thread({ target: task, name: '第一个线程' });
  t1.daemon = true;
  t1.start();
  console.log('主线程');
});
