/** The bytes of the core's module, from the text that `scripts/embed.mjs` made of them. */
import { ALPHABET, LENGTH, ORDER, PAGES, TEXT } from './generated/wasm.ts';

export function embeddedModule(): Uint8Array<ArrayBuffer> {
  const perPage = ALPHABET.length - PAGES;
  const places = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) places[ALPHABET.charCodeAt(i)] = i;
  const order = Uint8Array.from({ length: 256 }, (_, rank) => Number.parseInt(ORDER.slice(2 * rank, 2 * rank + 2), 16));
  const bytes = new Uint8Array(LENGTH);
  let page = 0;
  for (let i = 0, at = 0; i < TEXT.length; i++) {
    const place = places[TEXT.charCodeAt(i)] as number;
    if (place < perPage) {
      bytes[at++] = order[page + place] as number;
      page = 0;
    } else page = (place - perPage + 1) * perPage;
  }
  return bytes;
}
