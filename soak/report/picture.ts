/** The memory of the stages over time, as a picture. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Sample, StageKind } from './lines.ts';

/** Samples of one stage after the other. */
export interface Reel {
  kind: StageKind;
  samples: Sample[];
}

const SERIES = {
  'resident set': 'rss',
  "JavaScript's heap": 'heapUsed',
  'shared heap, in use': 'bytesInUse',
  'shared heap, reserved': 'bytesReserved',
} as const;

interface Spot {
  panel: string;
  series: string;
  seconds: number;
  megabytes: number;
  stage: number;
}

function spotsOf(reels: Reel[]): Spot[] {
  const start = Math.min(...reels.flatMap(({ samples }) => samples.map(({ at }) => at)));
  return reels.flatMap(({ kind, samples }, stage) =>
    samples.flatMap((sample) =>
      Object.entries(SERIES).map(([series, key]) => ({
        // What is reserved between processes is all there can be, of which nothing need be there.
        panel: kind,
        series,
        seconds: (sample.at - start) / 1000,
        megabytes: sample[key] / 2 ** 20,
        stage,
      })),
    ),
  );
}

/** An SVG document. */
export function drawMemory(reels: Reel[]): string {
  const spots = spotsOf(reels).filter(({ panel, series }) => panel === 'threads' || series !== 'shared heap, reserved');
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document: document as never,
    width: 900,
    height: 560,
    marginLeft: 60,
    marginRight: 150,
    style: { background: 'white', color: '#222', fontFamily: 'system-ui, sans-serif' },
    ariaLabel: 'memory over time',
    x: { label: 'seconds', grid: true },
    y: { label: 'MB', grid: true, zero: true },
    fy: { axis: null },
    color: { domain: Object.keys(SERIES), range: ['#b3470f', '#7a5fb0', '#1f6fb2', '#8a9099'] },
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.text([...new Set(spots.map(({ panel }) => panel))], {
        fy: (panel: string) => panel,
        text: (panel: string) => panel,
        frameAnchor: 'top-left',
        dx: 8,
        dy: 8,
        fontWeight: 'bold',
      }),
      Plot.lineY(spots, {
        x: 'seconds',
        y: 'megabytes',
        fy: 'panel',
        // A line ends with its stage.
        z: ({ series, stage }: Spot) => `${series} ${stage}`,
        stroke: 'series',
      }),
      Plot.text(
        spots,
        Plot.selectLast({
          x: 'seconds',
          y: 'megabytes',
          fy: 'panel',
          z: 'series',
          text: 'series',
          fill: 'series',
          textAnchor: 'start',
          dx: 6,
        }),
      ),
    ],
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return plot.outerHTML;
}
