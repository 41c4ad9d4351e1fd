/** All scripts, by the names by which workers ask for them. */
import { leases } from './leases.ts';
import { priorities } from './priorities.ts';
import type { Lua, Script } from './script.ts';
import { signals } from './signals.ts';
import { streams } from './streams.ts';
import { values } from './values.ts';

export const scripts = { ...streams, ...priorities, ...leases, ...signals, ...values } satisfies Record<string, Script>;
export type ScriptName = keyof typeof scripts;
export type { Lua, Script };
