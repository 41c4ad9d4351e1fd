/**
 * The progress bar: cli-progress. The build puts this file into the package as text, which is evaluated by
 * the first who wants a bar; so it is there in a bundle, too.
 */
import { Presets, SingleBar } from 'cli-progress';

/**
 * Draws a bar on stderr. `total` 0: not known. The cursor stays: a thread that waits hears of no Ctrl-C, and
 * could neither show it again nor end.
 */
export function startBar(total: number): { update(done: number): void; stop(): void } {
  const format =
    total > 0
      ? '{bar} {percentage}% | {value}/{total} | {duration_formatted}, {eta_formatted} left'
      : '{value} | {duration_formatted}';
  const bar = new SingleBar({ format, gracefulExit: false, clearOnComplete: false, etaBuffer: 100 }, Presets.shades_classic);
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
