/**
 * Node: signals that the program listens for, while its main thread is blocked. Node runs their listeners from
 * its event loop, which does not turn then. The native part keeps the signals that come (native/signals.c), for
 * whoever is first: the blocked thread, or its loop.
 */
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { loadNative, type Native } from './native.ts';

/** Those by which people, terminals and service managers end a program. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Only once a listener's signal is caught. */
let native: Native | undefined;

export function watchSignals(caught: () => void): void {
  if (!isMainThread) return;
  const look = (event: string | symbol) => {
    const signal = SIGNALS.find((each) => each === event);
    if (signal !== undefined && catchSignal(constants.signals[signal])) caught();
  };
  // Behind Node's own listener, which asks the system for the signal.
  process.on('newListener', look);
  for (const signal of SIGNALS) if (process.listenerCount(signal) > 0) look(signal);
}

function catchSignal(number: number): boolean {
  const loaded = loadNative();
  if (!loaded?.catchSignal(number)) return false;
  if (native === undefined) {
    native = loaded;
    loaded.hearSignals(() => {
      while (takeSignal() !== undefined);
    });
  }
  return true;
}

export function hasSignal(): boolean {
  return native?.hasSignal() ?? false;
}

export function takeSignal(): string | undefined {
  const number = native?.takeSignal() ?? 0;
  const signal = SIGNALS.find((each) => constants.signals[each] === number);
  // As Node does it.
  if (signal !== undefined) (process as NodeJS.EventEmitter).emit(signal, signal, number);
  return signal;
}
