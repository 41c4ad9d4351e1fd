/** What `multithreading` needs of newer Nodes. */
import { availableParallelism } from 'node:os';

const here = globalThis as unknown as { navigator?: unknown };
here.navigator ??= { hardwareConcurrency: availableParallelism() };

const promises = Promise as unknown as { withResolvers?: unknown };
promises.withResolvers ??= function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
