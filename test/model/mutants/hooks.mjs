/**
 * Node's hooks of module resolution: with them a file of models finds the stage (stage.ts) in place of Vitest
 * and of what runs its searches.
 *
 *     node --import tsx --import ./test/model/mutants/hooks.mjs ...
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const STAGED = new Set(['vitest', './check.ts', './explore.ts', './planted.ts']);

export function resolve(specifier, context, next) {
  const isModel = /\/test\/model\/[\w-]+\.test\.ts/.test(context.parentURL ?? '');
  if (!isModel || !STAGED.has(specifier)) return next(specifier, context);
  return { url: new URL('stage.ts', import.meta.url).href, format: 'module', shortCircuit: true };
}

// Node loads this file a second time, for the hooks, on a thread of its own.
if (isMainThread) register(import.meta.url);
