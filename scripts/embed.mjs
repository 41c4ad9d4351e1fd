/**
 * A wasm module as text to be embedded, that compresses as well as the module itself (base64 takes 40 % more
 * after gzip, since it hides the repetitions). The frequent bytes are one character each, the others two: a
 * page, and a place in it. `src/heap/embedded.ts` reads it.
 */
const ALPHABET = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter((each) => !'\\\'"`$'.includes(each));
const PAGES = 2;

export function embed(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const perPage = ALPHABET.length - PAGES;
  if (perPage * (PAGES + 1) < 256) throw new Error('the alphabet is too small');
  const code = new Array(256);
  order.forEach((byte, rank) => {
    const page = Math.floor(rank / perPage);
    code[byte] = (page === 0 ? '' : ALPHABET[perPage + page - 1]) + ALPHABET[rank % perPage];
  });
  const text = Array.from(bytes, (byte) => code[byte]).join('');
  return [
    '/** Generated from assembly/: see scripts/embed.mjs. */',
    `export const ALPHABET = '${ALPHABET.join('')}';`,
    `export const PAGES = ${PAGES};`,
    '/** All bytes, the most frequent first, in hexadecimal. */',
    `export const ORDER = '${Buffer.from(order).toString('hex')}';`,
    `export const LENGTH = ${bytes.length};`,
    `export const TEXT = '${text}';`,
    '',
  ].join('\n');
}
