/**
 * What the models of the package are of: its core. With planted bugs: planted.ts.
 */
import { buildCore } from './build.ts';
import type { Options } from './explore.ts';

export const core = await buildCore();

/** Plain loads, plain stores and copies are scheduling points, too. */
export const fine: Options = { fine: true };
