/**
 * The compiled core, ready at once and synchronously: it is embedded, so importing the package reads no file
 * and awaits nothing.
 */
import { instantiateSync } from '@assemblyscript/loader';
import { coreBetween, untilEnded, type Waits } from '../platform/index.ts';
import { explained } from './corrupt.ts';
import { embeddedModule } from './embedded.ts';
import { guardCalls } from './generated/calls.ts';
import type { CoreExports } from './generated/exports.ts';
import { signalled } from './interrupt.ts';

export type { CoreExports };

let compiled: WebAssembly.Module | undefined;
let compiledBetween: WebAssembly.Module | undefined;

/** The core's module, compiled once in each thread that needs it; workers get their starter's. */
export function coreModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(embeddedModule());
  return compiled;
}

/** The same for a memory between processes of the operating system. */
export function coreModuleBetween(): WebAssembly.Module {
  compiledBetween ??= new WebAssembly.Module(coreBetween() as BufferSource);
  return compiledBetween;
}

/**
 * An instance over `memory`. The loader's own wrappers count arguments at each call: the bare exports are
 * what we want. `waits`: for a memory between processes, whose core asks for them. `ended`: in a guest, see
 * ProcessLink.
 */
export function instantiateCore(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  waits?: Waits,
  ended?: Int32Array,
): CoreExports {
  const atomics = {
    monotonic: () => performance.now(),
    signalled,
    futexWait: waits?.wait ?? never,
    futexWake: waits?.notify ?? never,
  };
  const imports = { env: { memory }, atomics };
  const raw = instantiateSync(module, imports).instance.exports as unknown as CoreExports;
  const core = guardCalls(raw, (error, object) => explained(error, raw, memory, object));
  return ended === undefined ? core : untilEnded(core, ended);
}

function never(): never {
  throw new Error('this memory is not between processes');
}
