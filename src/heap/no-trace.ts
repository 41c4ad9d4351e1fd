/** In place of trace.ts in browsers, whose own tools show where a worker waits. */
import type { CoreExports } from './core.ts';

export function openTraces(_heap: object): void {}

export function isWatched(_trace: boolean): boolean {
  return false;
}

export function watched(core: CoreExports): CoreExports {
  return core;
}

export function isIdleIn(_object: number): void {}

export function traceIn(_heap: object): void {}
