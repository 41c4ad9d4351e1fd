/**
 * Node: a guest whose host is no more. Nobody repairs the heap from then on, so whatever a guest asks of it
 * is an error: its waits, which its supervisor has ended (sleepNoMore), and every other call of the core.
 *
 * What is only given back is let be, since that is done by finalizers, `finally` and ends of threads, which
 * have nobody to catch an error.
 */
import { RuntimeError } from '../errors.ts';
import { loadNative, type Native } from './native.ts';
import type { Waits } from './platform.ts';

const hasEnded = (ended: Int32Array) => Atomics.load(ended, 0) !== 0;

function over(): RuntimeError {
  return new RuntimeError('the program that shared this heap has ended, and the heap with it');
}

export function waitsUntilEnded(own: Waits, ended: Int32Array): Waits {
  return {
    wait(p, expected, timeoutMs) {
      if (hasEnded(ended)) throw over();
      const result = own.wait(p, expected, timeoutMs);
      // Not what has happened, but the end of all sleeps.
      if (hasEnded(ended)) throw over();
      return result;
    },
    notify: own.notify,
  };
}

/** What gives something back, and the lock under which threads print: nothing happens. */
const NOTHING = new Set(
  'refClose refCloseOwn release unlock lockInternal nodeFree cellBatchClose boxedDrop loanEnd workerEnd free'.split(' '),
);
/** What waiting loops leave their gates with, and what says where something is: as ever. */
const EVER = new Set(
  `gateEnter gateLeave gateWakeAll gateWakeHere multiWaitLeave doorbell slotOf slotCount parkedOn objectAt objectId objectGeneration refObject
  workerIsKnown workerState workerExitCode callCutOff callRepair configureWaiting scratch scratchBytes inlineBytes`.split(/\s+/),
);

type Call = (...args: number[]) => number;

/** The core's exports, whose calls throw once the heap's program is no more. */
export function untilEnded<E extends object>(core: E, ended: Int32Array): E {
  const calls: [string, Call][] = Object.entries(core).map(([name, call]: [string, Call]) => {
    if (typeof call !== 'function' || EVER.has(name)) return [name, call];
    if (NOTHING.has(name)) return [name, (a, b, c) => (hasEnded(ended) ? 0 : call(a as number, b as number, c as number))];
    return [name, checked(call, ended)];
  });
  return Object.fromEntries(calls) as E;
}

/** As many parameters as any export has: wasm takes what it wants of them. */
function checked(call: Call, ended: Int32Array): Call {
  return (...args) => {
    if (hasEnded(ended)) throw over();
    return call(...args);
  };
}

export function lineHasEnded(descriptor: number): boolean {
  return (loadNative() as Native).hasEnded(descriptor);
}
