/** 001-P6: a daemonic process ends with the main process's code, although another process goes on. */
import { main, Process, sleep } from 'nogil';

export function foo(): void {
  console.log(123);
  sleep(1000);
  console.log('end123');
}

export function bar(p1: Process): void {
  console.log(456);
  // In place of the tutorial's longer sleep: while this process lives, that of foo must end.
  console.log(p1.join(60) ? 'foo is gone' : 'foo goes on');
  console.log('end456');
}

main(import.meta, () => {
  const p1 = new Process({ target: foo });
  const p2 = new Process({ target: bar, args: [p1] });
  p1.daemon = true;
  p1.start();
  p2.start();
  console.log('main-------');
});
