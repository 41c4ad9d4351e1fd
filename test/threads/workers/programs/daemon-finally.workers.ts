/** The main thread ends while a daemonic thread is in a try block. */
import { Event, main, Thread } from 'nogil';

export function hold(inside: Event): void {
  try {
    inside.set();
    new Event().wait();
  } finally {
    console.log('the finally of a daemon');
  }
}

main(import.meta, () => {
  const inside = new Event();
  new Thread({ target: hold, args: [inside], daemon: true }).start();
  console.log(inside.wait(20) ? 'main ends' : 'too late');
});
