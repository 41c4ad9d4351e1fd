/**
 * Scopes: what closes the handles that a piece of code came by.
 *
 * Ancestry: tf.tidy of TensorFlow.js; the local frames of JNI (PushLocalFrame, 1997).
 *
 * A scope gathers as long as its own synchronous code runs: what other async tasks of this worker come by is
 * theirs. `tidy` knows when that ends. `scope` cannot see an `await` inside of its block; a microtask that
 * runs meanwhile tells. Such a scope closes nothing, since nobody can say any more whose the handles are.
 * Code that awaits needs none: the collector has its turns.
 */
import '../symbols.ts';
import { gatherInto } from './held.ts';
import { keepHandle, leaveScope, type Shared, sharedIn } from './shared.ts';

class Scope implements Disposable {
  /** undefined: it is over. */
  #handles: Set<Shared> | undefined = new Set();
  #outer: Set<Shared> | undefined;
  #lapsed = false;

  constructor() {
    scopes.push(this);
    this.#outer = gatherInto(this.#handles) as Set<Shared> | undefined;
  }

  /** Its code is over, or waits: what comes now is somebody else's. */
  leave(): void {
    const index = scopes.indexOf(this);
    if (index < 0) return;
    scopes.splice(index, 1);
    // Out of order after a generator's yield: then the inner one goes on gathering.
    if (index === scopes.length) gatherInto(this.#outer);
  }

  lapse(): void {
    this.#lapsed = true;
    this.#handles = undefined;
  }

  /** Closes what it has gathered. @param result what goes to the scope around it, or stays */
  end(result?: unknown): void {
    const handles = this.#handles;
    this.#handles = undefined;
    if (handles === undefined || handles.size === 0) return;
    const stays = result === undefined ? undefined : handlesIn(result);
    for (const handle of handles) {
      if (stays?.has(handle)) this.#outer?.add(handle);
      else leaveScope(handle);
    }
  }

  /** Its result comes later: whoever is around then is not who was around it. */
  detach(): void {
    this.#outer = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#lapsed) warnOfAwait();
    this.leave();
    this.end();
  }
}

/** Those whose code runs, the innermost last. */
const scopes: Scope[] = [];

let watching = false;

/** No synchronous code is under way when a microtask runs: who is in a scope then, waits in it. */
function watchForAwait(): void {
  if (watching) return;
  watching = true;
  queueMicrotask(() => {
    watching = false;
    for (const scope of scopes.splice(0)) scope.lapse();
    gatherInto(undefined);
  });
}

let warned = false;

function warnOfAwait(): void {
  if (warned) return;
  warned = true;
  console.warn(
    'nogil: a heap.scope() whose block awaits (or yields) closes nothing, since other tasks of this worker may have come by ' +
      `handles meanwhile. Use heap.tidy(() => ...) around what does not await.\n${new Error().stack?.split('\n').slice(2).join('\n')}`,
  );
}

/** All handles in a value, however deep: in own fields, arrays, maps and sets. */
function handlesIn(value: unknown): Set<Shared> {
  const found = new Set<Shared>();
  const seen = new Set<object>();
  const rest = [value];
  while (rest.length > 0) {
    const each = rest.pop();
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null || seen.has(each)) continue;
    seen.add(each);
    const handle = sharedIn(each);
    // Its own fields are the package's, or parts of it.
    if (handle !== undefined) found.add(handle);
    else if (each instanceof Map) for (const [key, item] of each) rest.push(key, item);
    else if (each instanceof Set) for (const item of each) rest.push(item);
    else if (!ArrayBuffer.isView(each) && !(each instanceof ArrayBuffer)) pushFields(each, rest);
  }
  return found;
}

/** Of data fields: a getter might do anything. */
function pushFields(object: object, rest: unknown[]): void {
  for (const key of Reflect.ownKeys(object)) {
    const field = Object.getOwnPropertyDescriptor(object, key)?.value as unknown;
    if ((typeof field === 'object' && field !== null) || typeof field === 'function') rest.push(field);
  }
}

/** @see heap.scope */
export function scope(): Disposable {
  const made = new Scope();
  watchForAwait();
  return made;
}

/** @see heap.tidy */
export function tidy<T>(fn: () => T): T {
  if (typeof fn !== 'function') throw new TypeError(`tidy() takes a function, got ${typeof fn}`);
  const made = new Scope();
  let result: T;
  try {
    result = fn();
  } catch (error) {
    made.leave();
    made.end(error);
    throw error;
  }
  made.leave();
  if (Object.prototype.toString.call(result) !== '[object Promise]') {
    made.end(result);
    return result;
  }
  made.detach();
  const settled = (result as PromiseLike<unknown>).then(
    (value) => {
      made.end(value);
      return value;
    },
    (error: unknown) => {
      made.end(error);
      throw error;
    },
  );
  return settled as T;
}

/** @see heap.keep */
export function keep<T>(value: T): T {
  for (const handle of handlesIn(value)) keepHandle(handle);
  return value;
}

/** A value that came while others' may have come, too: its handles are the scope's that is asked for it. */
export function gathered<T>(value: T): T {
  const outer = gatherInto(undefined);
  gatherInto(outer);
  if (outer !== undefined) for (const handle of handlesIn(value)) outer.add(handle);
  return value;
}
