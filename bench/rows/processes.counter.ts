/**
 * Loaded ahead of a program (`node --import`): counts the calls of the native part's `wait` and `notify`, in
 * this process. Each is one call of the kernel, but for waits whose word had changed already.
 */
interface Addon {
  wait(p: number, expected: number, timeoutMs: number): number;
  notify(p: number, count: number): number;
}

const KEY = Symbol.for('bench.futex calls');
const global = globalThis as { [KEY]?: number };
global[KEY] = 0;

const { dlopen } = process;
process.dlopen = (module: object, ...more: [string, number?]) => {
  dlopen.call(process, module, ...(more as [string]));
  const addon = (module as { exports: Addon }).exports;
  const { wait, notify } = addon;
  if (wait === undefined || notify === undefined) return;
  addon.wait = (p, expected, timeoutMs) => {
    global[KEY] = (global[KEY] as number) + 1;
    return wait(p, expected, timeoutMs);
  };
  addon.notify = (p, count) => {
    global[KEY] = (global[KEY] as number) + 1;
    return notify(p, count);
  };
};
