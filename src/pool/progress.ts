/**
 * Progress of a call: a function of the user's, or a bar on the terminal.
 */
import { bindContext, progressBar, terminal } from '../platform/index.ts';

/**
 * true: a bar on the terminal (on stderr; nothing if that is no terminal). A function: called with how many
 * items are done, and of how many, where that is known.
 */
export type Progress = boolean | ((done: number, total: number | undefined) => void);

export interface ProgressMeter {
  report(done: number): void;
  end(): void;
}

/** What bar.ts exports: cli-progress, which is evaluated by whoever draws a bar. */
interface Bars {
  startBar(total: number): { update(done: number): void; stop(): void };
}

export function meterFor(progress: Progress | undefined, total: number | undefined): ProgressMeter | undefined {
  if (progress === undefined || progress === false) return undefined;
  if (typeof progress === 'function') {
    const report = bindContext(progress);
    return { report: (done) => report(done, total), end() {} };
  }
  if (progress !== true) throw new TypeError(`progress must be a boolean or a function, got ${typeof progress}`);
  if (!terminal()) return undefined;
  const bar = (progressBar() as Bars).startBar(total ?? 0);
  return { report: (done) => bar.update(done), end: () => bar.stop() };
}
