/**
 * The Mandelbrot set, rendered tile by tile into a canvas by any number of workers.
 */
import { Process, Queue, Semaphore } from 'nogil';
import type { Rendered, Tile, View } from './mandelbrot.ts';

const TILE = 32;

/** The whole of it: where it is black every point takes all the iterations. */
const VIEW = { re: -0.72, im: 0, step: 3.1 / 576, iterations: 5_000 };

/** Renders with so many workers; the seconds that it took. `progress` hears of each tile, from 0 to 1. */
export async function renderInto(canvas: HTMLCanvasElement, workers: number, progress: (done: number) => void): Promise<number> {
  const { width, height } = canvas;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.clearRect(0, 0, width, height);
  const view: View = { ...VIEW, picture: { width, height } };
  const ready = new Semaphore(0);
  const tiles = new Queue<Tile>();
  const done = new Queue<Rendered>();
  const target = new URL('./mandelbrot.ts', import.meta.url);
  const team = Array.from(
    { length: workers },
    () => new Process({ target, args: [ready, tiles, done, view] as never, daemon: true }),
  );
  for (const each of team) each.start();
  // Who renders is to be compared, not who starts.
  for (let i = 0; i < workers; i++) await ready.acquireAsync();

  const list: Tile[] = [];
  for (let y = 0; y < height; y += TILE) for (let x = 0; x < width; x += TILE) list.push({ x, y, width: TILE, height: TILE });
  const began = performance.now();
  await tiles.putManyAsync(list);
  // Nothing more will come: who has drained it ends.
  tiles.shutdown();
  for (let count = 1; count <= list.length; count++) {
    const { x, y, pixels, ...size } = await done.getAsync();
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels), size.width, size.height), x, y);
    progress(count / list.length);
  }
  const seconds = (performance.now() - began) / 1000;
  for (const each of team) await each.joinAsync();
  ready.close();
  tiles.close();
  done.close();
  return seconds;
}
