/** Asks for processes when it is too late: the heap is there already. */
import { Lock, main } from 'nogil';
import { getContext, setStartMethod } from 'nogil/multiprocessing';

main(import.meta, () => {
  new Lock();
  for (const ask of [() => setStartMethod('spawn'), () => getContext('spawn')]) {
    try {
      ask();
    } catch (error) {
      console.log(`${(error as Error).name}: ${(error as Error).message}`);
    }
  }
});
