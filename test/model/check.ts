/**
 * What a test says of a model: that it holds, or (of a core with a planted bug) that it is found wrong.
 */
import type { Core } from './build.ts';
import { explore, type Failure, type Options, type Result } from './explore.ts';
import type { Describe } from './model.ts';

/** Throws, with the schedule in words, unless the model holds in every state. */
export function holds(name: string, core: Core, describe: Describe, options: Options = {}): Result {
  const result = explore(name, core, describe, options);
  if (result.failure) throw new Error(result.failure.report);
  say(`${name}: ok, ${result.states} states, ${result.transitions} transitions, ${result.ms.toFixed(0)} ms`);
  return result;
}

/**
 * Throws unless the model is found wrong in the way that `message` describes. Giving up at too many states
 * does not count.
 */
export function breaks(name: string, core: Core, describe: Describe, message: RegExp, options: Options = {}): Failure {
  const { failure, states } = explore(name, core, describe, options);
  if (!failure) throw new Error(`${name}: nothing was found wrong in ${states} states, expected ${message}`);
  if (failure.gaveUp) throw new Error(failure.report);
  if (!message.test(failure.message)) throw new Error(`expected ${message}, but\n${failure.report}`);
  say(`${name}: found after ${states} states: ${failure.message}`);
  return failure;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
