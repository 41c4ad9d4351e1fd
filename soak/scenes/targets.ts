/** What players run, by name: those who were not started by the package are told a name. */
import type { Target } from '../cast/player.ts';
import { flow } from './flow.workers.ts';
import { locks } from './locks.workers.ts';
import { owners } from './pool.workers.ts';
import { managed, memory, numbers } from './state.workers.ts';
import { meetings, permits, signals, tokens } from './waits.workers.ts';

export const targets = { flow, locks, permits, tokens, signals, meetings, numbers, managed, memory, owners } satisfies Record<
  string,
  Target
>;
export type TargetName = keyof typeof targets;
