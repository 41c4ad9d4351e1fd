/**
 * What a live shared object must offer so that it can travel inside a value, and what the codec asks of those
 * who own such objects. The codec itself knows no class of them.
 */

/**
 * The method by which an object says that it travels as a handle. From the global symbol registry, so that
 * two copies of the package in one thread (two bundles, ESM beside CommonJS) know each other's objects.
 */
export const SEND: unique symbol = Symbol.for('nogil.send') as never;

/** Names one shared object, whichever worker asks. */
export interface HandleRef {
  /** The class of the object: an unsigned 16-bit number. */
  tag: number;
  /** An unsigned 32-bit number. */
  id: number;
  /** Tells the object from earlier ones under the same id: an unsigned 32-bit number. */
  gen: number;
}

/**
 * A live shared object that may travel inside values. It may be callable; an own or an inherited method will
 * do.
 */
export interface Sendable {
  /**
   * Answers the handle, or throws if the object is closed. It retains nothing: the bytes own no reference
   * until whoever keeps them counts it.
   */
  readonly [SEND]: () => HandleRef;
}

/** Supplied by whoever makes a `Codec`. */
export interface HandleBridge {
  /**
   * Makes the live object of a received handle, with a reference of its own. Called once for each distinct
   * handle of a value, however often the value mentions it.
   */
  revive(handle: HandleRef): object;
  /**
   * The error for a value of so many bytes, which nobody can keep: asked before they are gathered. undefined:
   * there is none.
   */
  tooLong?(bytes: number): Error | undefined;
  /** Imports a module at once, if that can be: it may register the class of what has come. */
  load?(url: string): void;
}
