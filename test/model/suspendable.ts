/**
 * Makes a compiled core suspendable: Asyncify at the imports of the seam, and two functions that move the
 * module's globals to and from memory.
 *
 * With them a suspended worker lies in memory altogether, so a state is a stretch of bytes: to go back to it,
 * copy it back.
 */
import type Binaryen from 'binaryen';

export const SAVE_GLOBALS = 'modelSaveGlobals';
export const LOAD_GLOBALS = 'modelLoadGlobals';
/** The exported constant that tells how many bytes they move. */
export const GLOBALS_BYTES = 'modelGlobalsBytes';

export async function makeSuspendable(binary: Uint8Array, suspending: readonly string[]): Promise<Uint8Array> {
  // Only when it is needed: it takes 1.5 GB.
  const { default: binaryen } = await import('binaryen');
  const module = binaryen.readBinary(binary);
  // What asc emits and no more: with all of them Binaryen writes types of the GC proposal, which Node 20 does
  // not read.
  const { Atomics: Threads, BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt } = binaryen.Features;
  module.setFeatures(Threads | BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt);
  addGlobalsAccess(binaryen, module);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(0);
  binaryen.setDebugInfo(true);
  binaryen.setPassArgument('asyncify-imports', suspending.join(','));
  module.runPasses(['asyncify']);
  if (!module.validate()) throw new Error('the suspendable module is not valid');
  const result = module.emitBinary();
  module.dispose();
  return result;
}

function addGlobalsAccess(binaryen: typeof Binaryen, module: Binaryen.Module): void {
  const saves: number[] = [];
  const loads: number[] = [];
  let bytes = 0;
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const { name, type, mutable, module: from } = binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    if (!mutable) continue;
    if (from) throw new Error(`global ${name} is imported: the model does not know it`);
    const place = module.local.get(0, binaryen.i32);
    const access = accessors(binaryen, module, type);
    saves.push(access.store(bytes, 4, place, module.global.get(name, type)));
    loads.push(module.global.set(name, access.load(bytes, 4, module.copyExpression(place))));
    bytes += type === binaryen.i64 || type === binaryen.f64 ? 8 : 4;
  }
  for (const [name, body] of [
    [SAVE_GLOBALS, saves],
    [LOAD_GLOBALS, loads],
  ] as const) {
    module.addFunction(name, binaryen.i32, binaryen.none, [], module.block(null, body));
    module.addFunctionExport(name, name);
  }
  module.addGlobal(GLOBALS_BYTES, binaryen.i32, false, module.i32.const(bytes));
  module.addGlobalExport(GLOBALS_BYTES, GLOBALS_BYTES);
}

function accessors(binaryen: typeof Binaryen, module: Binaryen.Module, type: Binaryen.Type) {
  switch (type) {
    case binaryen.i32:
      return module.i32;
    case binaryen.i64:
      return module.i64;
    case binaryen.f32:
      return module.f32;
    case binaryen.f64:
      return module.f64;
    default:
      throw new Error('a global that is not a number');
  }
}
