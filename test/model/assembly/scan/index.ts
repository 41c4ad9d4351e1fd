/**
 * What makes a state cheap: the difference between the memory and its base copy, found with vector compares,
 * and its hash, a sum over the words that differ, in whatever order they come. `out`: hash (8 bytes), then a
 * pair (word index, value) for each word that differs. And the ways back to a state, and to the copy.
 */

/** Odd numbers with about as many ones as zeros: from the golden ratio, and from the literature on mixers. */
const GOLDEN: u64 = (0x9e3779b9 << 32) | 0x7f4a7c15;
const MIXER: u64 = (0xd6e8feb8 << 32) | 0x6659fd93;

function mix(key: u64): u64 {
  let h = (key ^ MIXER) * GOLDEN;
  h ^= h >> 32;
  h *= MIXER;
  h ^= h >> 29;
  h *= GOLDEN;
  return h ^ (h >> 32);
}

function differs(difference: v128): i32 {
  return i32x4.bitmask(i32x4.ne(difference, i32x4.splat(0)));
}

/**
 * Compares `count` lines of 64 bytes, whose addresses are at `lines`, with the copy at `base`; how many words
 * differ.
 */
export function scan(lines: usize, count: usize, base: usize, out: usize): i32 {
  let hash: u64 = 0;
  let next = out + 8;
  for (const end = lines + count * 4; lines < end; lines += 4) {
    const p = <usize>load<u32>(lines);
    const q = base + p;
    const a = v128.xor(v128.load(p), v128.load(q));
    const b = v128.xor(v128.load(p, 16), v128.load(q, 16));
    const c = v128.xor(v128.load(p, 32), v128.load(q, 32));
    const d = v128.xor(v128.load(p, 48), v128.load(q, 48));
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    // A bit for each of the 16 words.
    let differing = differs(a) | (differs(b) << 4) | (differs(c) << 8) | (differs(d) << 12);
    for (; differing; differing &= differing - 1) {
      const index = <u32>(p >> 2) + ctz(differing);
      const value = load<u32>(index << 2);
      store<u32>(next, index);
      store<u32>(next, value, 4);
      next += 8;
      hash += mix(((<u64>index) << 32) | <u64>value);
    }
  }
  store<u64>(out, hash);
  return <i32>((next - out - 8) >> 3);
}

/** Goes from the state whose difference (`count` pairs) is at `out` back to the copy at `base`. */
export function undo(out: usize, count: i32, base: usize): void {
  for (let pair = out + 8, end = pair + ((<usize>count) << 3); pair < end; pair += 8) {
    const p = (<usize>load<u32>(pair)) << 2;
    store<u32>(p, load<u32>(base + p));
  }
}

/** Goes from the copy to the state whose difference is at `out`. */
export function redo(out: usize, count: i32): void {
  for (let pair = out + 8, end = pair + ((<usize>count) << 3); pair < end; pair += 8)
    store<u32>((<usize>load<u32>(pair)) << 2, load<u32>(pair, 4));
}
