/**
 * What a virtual worker does: a list of steps.
 *
 * A step's `after` runs at once with the step's last operation, as if the worker's JavaScript went on
 * immediately. It may note things in a ghost (see model.ts), demand things with `must`, and jump.
 */

export interface Flow {
  /** Goes on at `label(name)` instead of the next step. */
  goto(name: string): void;
  /** Ends this worker's program. */
  stop(): void;
}

export type After = (result: number, flow: Flow) => void;

/** Fixed arguments, or a function that is called when the step begins. */
export type Args = readonly number[] | (() => readonly number[]);

export const AtomicNames = ['load', 'store', 'cas', 'xchg', 'add', 'notify', 'notifyHere', 'waitAsync', 'listen'] as const;
export type AtomicName = (typeof AtomicNames)[number];

export type Step =
  | { readonly kind: 'call'; readonly name: string; readonly args: Args; readonly after?: After | undefined }
  | {
      readonly kind: 'atomic';
      readonly name: AtomicName;
      readonly args: Args;
      readonly timed: boolean;
      readonly after?: After | undefined;
    }
  | { readonly kind: 'run' | 'turn' | 'label'; readonly name: string; readonly after?: After | undefined };

export type Program = readonly Step[];

/** Calls an export of the core. */
export function call(name: string, args: Args = [], after?: After): Step {
  return { kind: 'call', name, args, after };
}

/** JavaScript that runs at a moment of its own: others may move before it and after it. */
export function run(name: string, after: After): Step {
  return { kind: 'run', name, after };
}

/** An atomic access from JavaScript: Atomics.load, ... */
export function atomic(name: Exclude<AtomicName, 'waitAsync' | 'listen'>, args: Args, after?: After): Step {
  return { kind: 'atomic', name, args, timed: false, after };
}

/** `await Atomics.waitAsync(...)` on `[address, expected]`: 0 woken, 1 not equal, 2 timed out. */
export function waitAsync(args: Args, after?: After, options: { readonly timed?: boolean } = {}): Step {
  return { kind: 'atomic', name: 'waitAsync', args, timed: options.timed ?? false, after };
}

/**
 * The ear of this task's thread sleeps on `[address, expected]` in the kernel, and has the task go on when it
 * is woken: 0 woken, 1 not equal.
 */
export function listen(args: Args, after?: After): Step {
  return { kind: 'atomic', name: 'listen', args, timed: false, after };
}

/** `await null`: lets the other tasks of this thread go first. */
export function turn(): Step {
  return { kind: 'turn', name: 'turn' };
}

export function label(name: string): Step {
  return { kind: 'label', name };
}

/** The same steps several times over. They must not contain labels. */
export function repeat(times: number, steps: Program): Program {
  return Array.from({ length: times }, () => steps).flat();
}

export function valuesOf(args: Args): readonly number[] {
  return typeof args === 'function' ? args() : args;
}

/** Fails the model, with the schedule that led here. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Broken(message);
}

/** A demand of the model was not met: not an accident of the harness. */
export class Broken extends Error {}
