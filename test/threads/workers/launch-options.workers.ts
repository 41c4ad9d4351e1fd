import { Process, Thread, task } from 'nogil';

export const told = task(import.meta, function told(): unknown {
  return { flags: process.execArgv, env: { ...process.env, NOGIL_PROCESS: undefined } };
});

export const print = task(import.meta, function print(...lines: string[]): number {
  for (const line of lines) console.log(line);
  process.stdout.write('no end');
  console.error('on the other');
  return lines.length;
});

/** Prints from a thread and from a process of its own. */
export const printAround = task(import.meta, function printAround(): void {
  for (const worker of [new Thread({ target: print, args: ['thread'] }), new Process({ target: print, args: ['child'] })]) {
    worker.start();
    worker.join(60);
  }
});

export const printAndDie = task(import.meta, function printAndDie(): never {
  console.log('last words');
  process.exit(3);
});

/** Fills the memory. */
export const fill = task(import.meta, function fill(): number {
  const all: number[][] = [];
  for (;;) all.push(new Array(1e5).fill(1.5));
});

/** How deep a recursion goes. */
export const depth = task(import.meta, function depth(): number {
  let reached = 0;
  const go = (): void => {
    reached++;
    go();
  };
  try {
    go();
  } catch {
    // It is over.
  }
  return reached;
});
