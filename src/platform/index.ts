/** The platform of this build: for browsers `scripts/build.mjs` puts `browser.ts` in place of `node.ts`. */

export type { Native } from './native.ts';
export * from './node.ts';
export type {
  Guest,
  Invitation,
  Line,
  ProcessLink,
  SpawnedProcess,
  SpawnedWorker,
  Waits,
  WorkerScript,
} from './platform.ts';
