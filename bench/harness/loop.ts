/** Calls of one thread, timed by tinybench. */
import { Bench } from 'tinybench';
import type { By } from '../rivals/parties.ts';
import type { Contender } from './row.ts';

/** A clock around one call would measure the clock: a sample is so many, and the figure the median sample. */
const CALLS = 1000;
const QUICK_MS = 8;
const FULL_MS = 30;

let made = 0;

export interface Loop {
  by: By;
  /** What `subject` is in `body`. Called once for each measurement. */
  subject: () => unknown;
  /** JavaScript, done once for each `i`. It adds to `sum` what it finds. */
  body: string;
  /** JavaScript, done once behind the loop of a sample: it sets `sum`. */
  after?: string;
  /** Whether `body` awaits. */
  awaits?: true;
  /** What a sample's `sum` must be; undefined: whatever it is. */
  expected?: (calls: number) => number;
  /** Calls of one sample: 1000, if nothing else is said. */
  calls?: number;
  note?: string;
  close?: (subject: never) => unknown;
}

/** A contender whose operations are calls in a loop of one thread: nanoseconds of each. */
export function loop(
  name: string,
  { by, subject, body, after = '', awaits, expected, calls = CALLS, note, close }: Loop,
): Contender {
  return {
    name,
    by,
    ...(note !== undefined && { note }),
    async open(_, quick) {
      const thing = await subject();
      // Compiled anew for each, so that no loop is optimised for what another one calls: the engine knows
      // equal sources again.
      const kind = awaits ? 'async' : '';
      const source = `/* ${++made} */ return ${kind} () => { let sum = 0; for (let i = 0; i < ${calls}; i++) { ${body} } ${after}; return sum; }`;
      const sample = new Function('subject', source)(thing) as () => number | Promise<number>;
      const check = (sum: number) => {
        if (expected && sum !== expected(calls)) throw new Error(`the sum is ${sum}, not ${expected(calls)}`);
      };
      check(await sample());
      return {
        gives: 'each',
        async run() {
          const bench = new Bench({ time: quick ? QUICK_MS : FULL_MS, iterations: 3, warmup: false, throws: true });
          bench.add(name, awaits ? async () => void (await sample()) : () => void sample());
          await bench.run();
          const [task] = bench.tasks;
          if (!task || !('latency' in task.result)) throw new Error(`tinybench: ${task?.result.state}`);
          check(await sample());
          return (task.result.latency.p50 * 1e6) / calls;
        },
        close: () => close?.(thing as never),
      };
    },
  };
}
