/**
 * What makes a state cheap: the difference between the memory and its base copy, found with vector compares,
 * and its hash. `out`: hash (8 bytes), then a pair (word index, value) for each word that differs.
 */

/** Odd numbers with about as many ones as zeros: from the golden ratio, and from the literature on mixers. */
const GOLDEN: u64 = (0x9e3779b9 << 32) | 0x7f4a7c15;
const MIXER: u64 = (0xd6e8feb8 << 32) | 0x6659fd93;

function mix(hash: u64, key: u64): u64 {
  let h = (hash ^ key) * GOLDEN;
  h ^= h >> 32;
  h *= MIXER;
  return h ^ (h >> 29);
}

/** Compares `bytes` (a multiple of 64) from 0 on with the copy at `base`; how many words differ. */
export function scan(bytes: usize, base: usize, out: usize): i32 {
  let hash = GOLDEN;
  let next = out + 8;
  for (let p: usize = 0; p < bytes; p += 64) {
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
      hash = mix(hash, ((<u64>index) << 32) | <u64>value);
    }
  }
  store<u64>(out, hash);
  return <i32>((next - out - 8) >> 3);
}
