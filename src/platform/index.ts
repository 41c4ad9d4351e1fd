/** The platform of this build: for browsers `scripts/build.mjs` puts `browser.ts` in place of `node.ts`. */
export * from './node.ts';
export type { SpawnedWorker } from './platform.ts';
