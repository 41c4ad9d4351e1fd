/** What Thread and Process are told when they are made. */
import { AssertionError } from '../errors.ts';
import { checkArgs, checkNames } from '../heap/options.ts';
import { type AnyFunction, describeTarget } from './targets.ts';

/** What `new Thread` and `new Process` take: Python's keyword arguments, as one object. */
export interface RunnableOptions<F extends AnyFunction = AnyFunction> {
  /**
   * What to run: a function that a worker can find again (a mark by `task`, an export of the main module, a
   * source that names nothing from outside), or a URL. Default: nothing, or what a subclass's `run` does.
   */
  target?: F | URL;
  /** Its arguments: copied, handles arrive live. */
  args?: Readonly<Parameters<F>> | readonly [...Parameters<F>];
  /** Given to the target as a last argument. */
  kwargs?: Record<string, unknown>;
  /** Its name, for people. Default: `Thread-N (target)`, `Process-N`. */
  name?: string;
  /**
   * Whether the program may end while it runs. Default: a process is what the process is that makes it, a
   * thread what the thread is.
   */
  daemon?: boolean;
}

/** @throws TypeError, AssertionError */
export function checkOptions<F extends AnyFunction>(options: RunnableOptions<F>): RunnableOptions<F> {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('expected an object of options: { target, args, kwargs, name, daemon }');
  if ('group' in options && options.group !== undefined && options.group !== null)
    throw new AssertionError('group argument must be None for now');
  checkNames('Thread and Process', options, ['target', 'args', 'kwargs', 'name', 'daemon', 'group']);
  const { target, args, kwargs } = options;
  if (target !== undefined) describeTarget(target);
  checkArgs(args);
  if (kwargs !== undefined && (typeof kwargs !== 'object' || kwargs === null)) throw new TypeError('kwargs must be an object');
  return options;
}
