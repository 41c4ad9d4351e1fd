/**
 * The compiled core, ready at once and synchronously: it is embedded, so importing the package reads no file and awaits nothing.
 */
import { instantiateSync } from '@assemblyscript/loader';
import type { CoreExports } from './generated/exports.ts';
import { WASM_BASE64 } from './generated/wasm.ts';

export type { CoreExports };

let compiled: WebAssembly.Module | undefined;

/** The core's module, compiled once in each thread that needs it; workers get their starter's. */
export function coreModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const binary = atob(WASM_BASE64);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    compiled = new WebAssembly.Module(bytes);
  }
  return compiled;
}

/** An instance over `memory`. The loader's own wrappers count arguments at each call: the bare exports are what we want. */
export function instantiateCore(module: WebAssembly.Module, memory: WebAssembly.Memory): CoreExports {
  const imports = { env: { memory }, atomics: { monotonic: () => performance.now() } };
  return instantiateSync(module, imports).instance.exports as unknown as CoreExports;
}
