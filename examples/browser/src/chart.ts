/**
 * A running line: items a second, over the last half minute.
 */
import uPlot from 'uplot';

const SAMPLES = 120;

export class RateChart {
  readonly #times: number[] = [];
  readonly #rates: (number | null)[] = [];
  readonly #plot: uPlot;

  constructor(into: HTMLElement) {
    const axis = { stroke: '#7d8aa5', grid: { stroke: '#ffffff12', width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    const size = () => ({ width: into.clientWidth, height: into.clientHeight });
    this.#plot = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(10, most * 1.15)] } },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((tick) => `${Math.round(tick)} s`) },
          { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString('en')) },
        ],
        series: [
          {},
          {
            stroke: '#5eead4',
            width: 2,
            ...(uPlot.paths.spline && { paths: uPlot.paths.spline() }),
            points: { show: false },
            fill: ({ ctx, bbox }) => {
              const gradient = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
              gradient.addColorStop(0, '#5eead455');
              gradient.addColorStop(1, '#5eead400');
              return gradient;
            },
          },
        ],
      },
      [[], []],
      into,
    );
    new ResizeObserver(() => this.#plot.setSize(size())).observe(into);
  }

  add(seconds: number, rate: number): void {
    this.#times.push(seconds);
    this.#rates.push(rate);
    if (this.#times.length > SAMPLES) {
      this.#times.shift();
      this.#rates.shift();
    }
    this.#plot.setData([this.#times, this.#rates]);
  }
}
