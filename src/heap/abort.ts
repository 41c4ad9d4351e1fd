/**
 * Abort: one listener a signal, however many wait with it.
 *
 * A signal's own list of listeners is searched at each removal, and Node warns of more than ten.
 */
type Listener = () => void;

const listeners = new WeakMap<AbortSignal, Set<Listener>>();
const NONE: Listener = () => {};

/**
 * Calls `listener` once when `signal` is aborted; answers how to stop that. The signal is not aborted yet.
 */
export function onAbort(signal: AbortSignal | undefined, listener: Listener): Listener {
  if (signal === undefined) return NONE;
  let all = listeners.get(signal);
  if (all === undefined) {
    all = new Set();
    listeners.set(signal, all);
    signal.addEventListener('abort', fire, { once: true });
  }
  const mine = all;
  mine.add(listener);
  return () => {
    if (!mine.delete(listener) || mine.size > 0 || listeners.get(signal) !== mine) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', fire);
  };
}

function fire({ currentTarget }: globalThis.Event): void {
  const signal = currentTarget as AbortSignal;
  const all = listeners.get(signal);
  listeners.delete(signal);
  // One may end another's wait: that is deleted before its turn.
  for (const listener of all ?? []) {
    all?.delete(listener);
    listener();
  }
}
