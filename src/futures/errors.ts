/** The errors of concurrent.futures. */
import { defineError, RuntimeError } from '../errors.ts';

/** The future was cancelled. */
export class CancelledError extends Error {}
/** What is not allowed in the future's state. */
export class InvalidStateError extends Error {}
/** An executor that can do nothing any more. */
export class BrokenExecutor extends RuntimeError {}
/** Its initializer has failed. */
export class BrokenThreadPool extends BrokenExecutor {}
/** One of its processes has died, or its initializer has failed. */
export class BrokenProcessPool extends BrokenExecutor {}

const classes = { CancelledError, InvalidStateError, BrokenExecutor, BrokenThreadPool, BrokenProcessPool };
for (const [name, ctor] of Object.entries(classes)) defineError(name, ctor);
