/** What is thrown for bytes that no value was ever written as: whoever has errors of their own says which. */
let make = (what: string, cause: unknown): Error => new TypeError(what, { cause });

export function onMalformed(maker: (what: string, cause: unknown) => Error): void {
  make = maker;
}

/** @param cause what reading them threw */
export function malformed(what: string, cause?: unknown): Error {
  return make(what, cause);
}
