/** A program that starts one bare Worker: prints the nanoseconds from here to its end. */
const begin = performance.now();
const { Worker } = await import('node:worker_threads');
const worker = new Worker(new URL('./empty.workers.js', import.meta.url));
worker.on('exit', () => {
  console.log((performance.now() - begin) * 1e6);
  process.exit(0);
});

export {};
