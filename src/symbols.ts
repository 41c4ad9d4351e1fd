/**
 * `Symbol.dispose` and `Symbol.asyncDispose`, where an engine does not have them (WebKit, Node before 20.5). A
 * class that is defined before them has a method "undefined" instead, so each file that names them imports this
 * one. The values are those that compilers take in their absence.
 */
for (const name of ['dispose', 'asyncDispose'] as const) {
  // Not assigned: intrinsics may be frozen.
  if (!Symbol[name]) Reflect.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}

export {};
