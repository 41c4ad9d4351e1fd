/** 000-P2: a thread from a function. */
import { main, Thread } from 'nogil';

export function sayhi(name: string): void {
  console.log(`${name} say hello`);
}

main(import.meta, () => {
  const t = new Thread({ target: sayhi, args: ['egon'] });
  t.start();
  console.log('主线程');
});
