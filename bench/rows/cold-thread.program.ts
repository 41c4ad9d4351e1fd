/** A program that starts one Thread: prints the nanoseconds from here to its end. */
const begin = performance.now();
const { Thread } = await import('nogil');
const { nothing } = await import('./tasks.ts');
const thread = new Thread({ target: nothing });
thread.start();
thread.join();
console.log((performance.now() - begin) * 1e6);
process.exit(0);

export {};
