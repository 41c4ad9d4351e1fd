/**
 * Renders a tile: what the pool's workers call, found by this module's URL.
 */
export interface Tile {
  /** Pixels of the picture. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface View {
  /** The middle of the picture, and the width of a pixel. */
  re: number;
  im: number;
  step: number;
  picture: { width: number; height: number };
  iterations: number;
}

export interface Rendered extends Tile {
  pixels: Uint8Array;
}

/** From the night over the sea to the sun, and back. */
const COLOURS = [
  [6, 12, 40],
  [20, 70, 140],
  [80, 190, 210],
  [240, 250, 245],
  [250, 190, 80],
  [120, 40, 60],
] as const;

function colour(n: number, pixels: Uint8Array, at: number): void {
  const t = (Math.log2(n + 1) * 1.6) % COLOURS.length;
  const from = COLOURS[Math.floor(t)] as (typeof COLOURS)[number];
  const to = COLOURS[(Math.floor(t) + 1) % COLOURS.length] as (typeof COLOURS)[number];
  for (let i = 0; i < 3; i++) pixels[at + i] = (from[i] as number) + (t % 1) * ((to[i] as number) - (from[i] as number));
}

/** How long a point stays, smoothed: between `iterations` and more it is in the set. */
function escapeTime(cre: number, cim: number, iterations: number): number {
  let re = 0;
  let im = 0;
  for (let n = 0; n < iterations; n++) {
    const re2 = re * re;
    const im2 = im * im;
    if (re2 + im2 > 64) return n + 1 - Math.log2(Math.log2(re2 + im2) / 2);
    im = 2 * re * im + cim;
    re = re2 - im2 + cre;
  }
  return iterations;
}

export default function render({ tile, view }: { tile: Tile; view: View }): Rendered {
  const { re, im, step, picture, iterations } = view;
  const pixels = new Uint8Array(tile.width * tile.height * 4);
  for (let y = 0, at = 0; y < tile.height; y++) {
    const cim = im + (tile.y + y - picture.height / 2) * step;
    for (let x = 0; x < tile.width; x++, at += 4) {
      const n = escapeTime(re + (tile.x + x - picture.width / 2) * step, cim, iterations);
      if (n < iterations) colour(n, pixels, at);
      pixels[at + 3] = 255;
    }
  }
  return { ...tile, pixels };
}
