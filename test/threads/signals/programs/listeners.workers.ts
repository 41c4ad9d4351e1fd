/**
 * A program with listeners for signals, by what they do: the argument. Prints 'ready' when a signal may come.
 */
import { main, Process, Queue, sleep, task } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';

/** Takes from a queue for ever; its listener says that it was told to end. */
export const handleTerm = task(import.meta, function handleTerm(never: Queue, ready: Queue<number>): void {
  process.on('SIGTERM', () => process.exit(43));
  ready.put(1);
  never.get();
});

/** Stays in this turn of the loop, and does not wait. */
function compute(seconds: number): void {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end);
}

const ways: Record<string, () => void> = {
  // Its default action is to end the program.
  none() {
    console.log('ready');
    new Queue().get();
  },
  removed() {
    const listener = () => console.log('heard');
    process.on('SIGINT', listener);
    process.off('SIGINT', listener);
    console.log('ready');
    new Queue().get();
  },
  again() {
    const listener = () => console.log('heard');
    process.on('SIGINT', listener);
    process.off('SIGINT', listener);
    process.on('SIGINT', listener);
    console.log('ready');
    new Queue().get();
  },
  exits() {
    process.on('SIGINT', () => process.exit(9));
    console.log('ready');
    new Queue().get();
  },
  throws() {
    process.on('SIGINT', () => {
      throw new TypeError('of the listener');
    });
    console.log('ready');
    try {
      new Queue().get();
    } catch (error) {
      console.log(String(error));
    }
  },
  // The loop runs it, once, and no later wait hears of that.
  idle() {
    process.on('SIGINT', (...args) => {
      console.log(JSON.stringify(args));
      clearInterval(alive);
      try {
        new Queue().get(true, 0.3);
      } catch (error) {
        console.log((error as Error).name);
      }
    });
    const alive = setInterval(() => {}, 1000);
    console.log('ready');
  },
  // What comes between two waits ends the second.
  computing() {
    process.on('SIGINT', () => console.log('heard'));
    console.log('ready');
    compute(1);
    try {
      new Queue().get();
    } catch (error) {
      console.log((error as Error).name);
    }
  },
  // Of each listener, once in all.
  two() {
    let times = 0;
    process.on('SIGINT', () => times++);
    process.once('SIGINT', () => console.log('once'));
    for (let i = 0; i < 2; i++) {
      console.log('ready');
      try {
        sleep(1000);
      } catch (error) {
        console.log((error as Error).name, times);
      }
    }
    setTimeout(() => console.log(times), 300);
  },
  child() {
    setStartMethod('spawn');
    const ready = new Queue<number>();
    const child = new Process({ target: handleTerm, args: [new Queue(), ready] });
    child.start();
    ready.get();
    child.terminate();
    child.join();
    console.log(child.exitcode);
  },
};

main(import.meta, () => ways[process.argv[2] as string]?.());
