/** 000-P5: a daemonic thread ends with the program. */
import { main, sleep, Thread } from 'nogil';

export function sayhi(name: string): void {
  // Longer than any test: only the end of the program can end it.
  sleep(1000);
  console.log(`${name} say hello`);
}

main(import.meta, () => {
  const t = new Thread({ target: sayhi, args: ['egon'] });
  t.setDaemon(true);
  t.start();
  console.log('主线程');
  console.log(t.isAlive());
});
