/** What threads print whose hook is the default, or fails itself; one that exits prints nothing. */
import { main, Process, setExcepthook, Thread } from 'nogil';
import { failInHook, failUnhooked } from '../excepthook.workers.js';

export function exits(): void {
  process.exit(4);
}

export function failsAsProcess(): void {
  setExcepthook(() => console.log('a hook is for threads'));
  throw new Error('of a process');
}

main(import.meta, () => {
  for (const target of [failUnhooked, failInHook, exits]) {
    const thread = new Thread({ target, name: target.name.replace(/\d$/, '') });
    thread.start();
    console.log(thread.join(60));
  }
  const process = new Process({ target: failsAsProcess, name: 'P' });
  process.start();
  console.log(process.join(60));
});
