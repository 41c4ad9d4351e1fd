/**
 * What the models of the package are of: its core, and its core with planted bugs.
 */
import { buildCore, type Edit } from './build.ts';
import type { Options } from './explore.ts';

export const core = await buildCore();

/** A core with planted bugs. */
export const mutant = (...mutant: Edit[]) => buildCore({ mutant });

/** Plain loads, plain stores and copies are scheduling points, too. */
export const fine: Options = { fine: true };
