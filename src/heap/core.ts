/**
 * The compiled core, ready at once and synchronously: it is embedded, so importing the package reads no file
 * and awaits nothing.
 */
import { instantiateSync } from '@assemblyscript/loader';
import { embeddedModule } from './embedded.ts';
import { guardCalls } from './generated/calls.ts';
import type { CoreExports } from './generated/exports.ts';

export type { CoreExports };

let compiled: WebAssembly.Module | undefined;

/** The core's module, compiled once in each thread that needs it; workers get their starter's. */
export function coreModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(embeddedModule());
  return compiled;
}

/**
 * An instance over `memory`. The loader's own wrappers count arguments at each call: the bare exports are
 * what we want.
 */
export function instantiateCore(module: WebAssembly.Module, memory: WebAssembly.Memory): CoreExports {
  const imports = { env: { memory }, atomics: { monotonic: () => performance.now() } };
  return guardCalls(instantiateSync(module, imports).instance.exports as unknown as CoreExports);
}
