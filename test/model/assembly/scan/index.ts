/**
 * What makes a state cheap: the difference between the memory and its base copy, found with vector compares,
 * and its hash, a sum over the words that differ, in whatever order they come. `out`: hash (8 bytes), then a
 * pair (word index, value) for each word that differs.
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
    for (let i: usize = 0; i < 64; i += 4) {
      const value = load<u32>(p + i);
      if (value === load<u32>(q + i)) continue;
      const index = <u32>((p + i) >> 2);
      store<u32>(next, index);
      store<u32>(next, value, 4);
      next += 8;
      hash += mix(((<u64>index) << 32) | <u64>value);
    }
  }
  store<u64>(out, hash);
  return <i32>((next - out - 8) >> 3);
}
