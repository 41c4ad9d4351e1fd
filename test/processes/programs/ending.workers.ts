/** Ends by itself, with a daemonic process and a daemonic thread asleep for ever. */
import { main, Process, Queue, Thread } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';
import { takeForever } from '../children.workers.js';

main(import.meta, () => {
  setStartMethod('spawn');
  const [never, ready] = [new Queue(), new Queue<number>()];
  new Process({ target: takeForever, args: [never, ready], daemon: true }).start();
  new Thread({ target: takeForever, args: [never, ready], daemon: true }).start();
  console.log(JSON.stringify([ready.get(), ready.get()]));
  if (process.argv[2] === 'exit') process.exit(3);
});
