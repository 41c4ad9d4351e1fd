/**
 * Everything, for the build: one file loads in a third of the time of many, and each worker pays for it. The
 * entry points of dist/ are generated from these names.
 */
import * as futures from './futures.ts';
import * as index from './index.ts';
import * as multiprocessing from './multiprocessing.ts';
import * as queue from './queue.ts';
import * as sched from './sched.ts';
import * as threading from './threading.ts';

export { runProcess } from './entry/process.ts';
export { runSupervisor } from './entry/supervisor.ts';
export { runWorker } from './entry/worker.ts';
export * as inspectorCore from './inspector/core.ts';
export { loadNative, whyNoNative } from './platform/index.ts';
export * as redisCore from './redis/core.ts';
export { futures, index, multiprocessing, queue, sched, threading };

/**
 * What classes are called shows in messages and default names, and whoever bundles this again may minify it.
 */
function nameClasses(): void {
  const named = new Set<unknown>();
  for (const [name, value] of [index, multiprocessing, queue, threading, futures].flatMap((module) => Object.entries(module))) {
    // An alias comes after the name.
    if (typeof value !== 'function' || named.has(value)) continue;
    named.add(value);
    Object.defineProperty(value, 'name', { value: name, configurable: true });
  }
}
// It takes 0.4 ms, which each worker would pay.
if (index.Lock.name !== 'Lock') nameClasses();
