/** The errors that there are only between machines. */
import { OSError, RuntimeError, registerErrorClass } from './core.ts';

/**
 * The lease of a lock or a permit had run out: somebody else may have had it meanwhile. What it guards must
 * refuse writes with a smaller fencing token than it has seen.
 */
export class LeaseLostError extends RuntimeError {}
/** Redis cannot be reached, refuses this user, or answers what cannot be. */
export class ConnectionError extends OSError {}

for (const [name, ctor] of Object.entries({ LeaseLostError, ConnectionError })) {
  Object.defineProperty(ctor, 'name', { value: name, configurable: true });
  Object.defineProperty(ctor.prototype, 'name', { value: name, configurable: true, writable: true });
  registerErrorClass(ctor, name);
}
