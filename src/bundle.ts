/**
 * Everything, for the build: one file loads in a third of the time of many, and each worker pays for it. The
 * entry points of dist/ are generated from these names.
 */
export { runSupervisor } from './entry/supervisor.ts';
export { runWorker } from './entry/worker.ts';
export * as index from './index.ts';
export * as multiprocessing from './multiprocessing.ts';
export * as queue from './queue.ts';
export * as sched from './sched.ts';
export * as threading from './threading.ts';
