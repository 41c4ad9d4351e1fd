/** What Thread and Process are told when they are made. */
import { AssertionError } from '../errors.ts';
import { checkArgs, checkNames } from '../heap/options.ts';
import { LAUNCH_OPTIONS, type LaunchOptions } from './launch-options.ts';
import { type AnyFunction, describeTarget } from './targets.ts';

/** Without a target: what a subclass is told, whose `run` is what runs. */
export interface BareOptions extends LaunchOptions {
  /** Its arguments: copied, handles arrive live. */
  args?: readonly unknown[] | undefined;
  /** Given to the target as a last argument. */
  kwargs?: Record<string, unknown> | undefined;
  /** Its name, for people. Default: `Thread-N (target)`, `Process-N`. */
  name?: string | undefined;
  /**
   * Whether the program may end while it runs. Default: a process is what the process is that makes it, a
   * thread what the thread is.
   */
  daemon?: boolean | undefined;
}

/** Whether a function can be called without arguments; also of `never`, which is anything. */
export type NeedsNone<F extends AnyFunction> = [F] extends [never] ? true : [] extends Parameters<F> ? true : false;

/** Arguments that a function needs must be given. */
type ArgsFor<F extends AnyFunction> =
  NeedsNone<F> extends true
    ? { args?: Readonly<Parameters<F>> | readonly [...Parameters<F>] | undefined }
    : { args: Readonly<Parameters<F>> | readonly [...Parameters<F>] };

interface TargetOptions<F extends AnyFunction> extends Omit<BareOptions, 'args'> {
  /** What to run: see the README's "Targets". */
  target: F | URL;
  /** Its arguments: copied, handles arrive live. */
  args?: readonly unknown[] | undefined;
  /** Given to the target as a last argument. */
  kwargs?: Record<string, unknown> | undefined;
}

/**
 * A target that is there, but undefined, is a mistake. Without this member it would be what all optional
 * properties are; two signatures would say the same, but nothing could be made of `Process | Thread`.
 */
interface NoTarget {
  target: undefined;
  args: never;
}

/** What `new Thread` and `new Process` take: Python's keyword arguments, as one object. */
export type RunnableOptions<F extends AnyFunction = AnyFunction> =
  | (TargetOptions<F> & (ArgsFor<F> | { kwargs: Record<string, unknown> }))
  // Nothing that has arguments of its own is without a target.
  | (NeedsNone<F> extends true ? BareOptions : never)
  | NoTarget;

/** Either, as it is looked at. */
export interface GivenOptions extends BareOptions {
  target?: AnyFunction | URL | undefined;
}

/** @throws TypeError, AssertionError */
export function checkOptions(options: GivenOptions): GivenOptions {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('expected an object of options: { target, args, kwargs, name, daemon }');
  if ('group' in options && options.group !== undefined && options.group !== null)
    throw new AssertionError('group argument must be None for now');
  checkNames('Thread and Process', options, ['target', 'args', 'kwargs', 'name', 'daemon', 'group', ...LAUNCH_OPTIONS]);
  const { target, args, kwargs } = options;
  if (target !== undefined) describeTarget(target);
  checkArgs(args);
  if (kwargs !== undefined && (typeof kwargs !== 'object' || kwargs === null)) throw new TypeError('kwargs must be an object');
  return options;
}
