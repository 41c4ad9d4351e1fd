/**
 * The Mandelbrot set, rendered tile by tile into a canvas by a pool of any number of workers.
 */
import { Pool } from 'nogil';
import type { default as render, View } from './mandelbrot.ts';

const TILE = 32;

/** The whole of it: where it is black every point takes all the iterations. */
const VIEW = { re: -0.72, im: 0, step: 3.1 / 576, iterations: 5_000 };

/** Renders with so many workers; the seconds that it took. `progress` hears of each tile, from 0 to 1. */
export async function renderInto(canvas: HTMLCanvasElement, workers: number, progress: (done: number) => void): Promise<number> {
  const { width, height } = canvas;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.clearRect(0, 0, width, height);
  const view: View = { ...VIEW, picture: { width, height } };
  const tiles = [];
  for (let y = 0; y < height; y += TILE)
    for (let x = 0; x < width; x += TILE) tiles.push({ view, tile: { x, y, width: TILE, height: TILE } });
  const target = new URL('./mandelbrot.ts', import.meta.url) as unknown as typeof render;
  using pool = new Pool(workers);
  // Who renders is to be compared, not who starts.
  await pool.mapAsync(target, Array(workers * 4).fill({ view, tile: { x: 0, y: 0, width: 0, height: 0 } }), 1);
  const began = performance.now();
  let count = 0;
  for await (const { x, y, pixels } of pool.imapUnordered(target, tiles)) {
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels), TILE, TILE), x, y);
    progress(++count / tiles.length);
  }
  return (performance.now() - began) / 1000;
}
