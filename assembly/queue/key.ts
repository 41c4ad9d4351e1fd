/**
 * Keys: what a PriorityQueue orders its items by.
 *
 * Ancestry: order-preserving ("memcomparable") keys as in FoundationDB's tuples and MyRocks: bytes that
 * compare as the values do, made once by the sender (src/queue/keys.ts says how), so that every worker sees
 * the same order and the core only compares bytes.
 *
 * A record on its way into a PriorityQueue is followed by its key, unless it is a number, which is its own:
 *
 *     ╒═ 0 ═══════╤═ 4 ════════════════════╤═ 8 ═════════════════════════╤═ 16 ════════════════════════════════════════════╕
 *     │ shape: u32 │ OUT_OF_LINE │ its bytes: 30 │ the first 8, padded with 0 │ the rest, padded with 0 │ or: block, its InFlight │
 *     ╘═══════════╧════════════════════════╧═════════════════════════════╧═════════════════════════════════════════════════╛
 *
 * In an entry the first 8 bytes are a number. Behind it stands the entry's age, of 63 bits: how many items were
 * put before it, in all. Most keys have no more than 8 bytes; where one has, the upper half of the age is in
 * the block of the rest, and the entry has the block's address, which is even:
 *
 *     entry    8 age, lower half    12 age, upper half << 1 | 1, or the address of the rest
 *     rest     0 length of the bytes    4 age, upper half << 1 | 1    8 the bytes, padded with 0
 *
 * Keys of one shape never differ by trailing zeros only, so padding changes no comparison.
 *
 * A key too long for the scratch comes in a block, which stays its sender's: the entry has a copy.
 *
 * Nobody waits here. Death: a block that is in no entry yet, or in none any more, is lost.
 */
import { Encoding, Key } from '../abi';
import { copy, loadPlain, loadPlain64, storePlain, storePlain64 } from '../atomics';
import { Check } from '../checks';
import { allocate, free, isRoomy } from '../heap/allocator';
import { align8, itemDrop } from '../heap/record';
import { PriorityEntry } from '../layout';

const KEY_HEADER: u32 = 16;
const PREFIX: u32 = 8;
const REST: u32 = 8;

/** Bytes of the key at `key`, where it lies behind a record. */
export function keyBytes(key: usize, meta: u32): u32 {
  if (meta == <u32>Encoding.NUMBER) return 0;
  const bytes = <u32>loadPlain(key + 4);
  if (bytes & Key.OUT_OF_LINE) return KEY_HEADER + 8;
  return bytes > PREFIX ? KEY_HEADER + align8(bytes - PREFIX) : KEY_HEADER;
}

export function keyShape(key: usize, meta: u32): i32 {
  return meta == <u32>Encoding.NUMBER ? <i32>Key.NUMBER : loadPlain(key);
}

/** Doubles as unsigned numbers of the same order; there is one zero. */
function numberKey(number: f64): u64 {
  const bits = reinterpret<u64>(number == 0 ? 0 : number);
  return bits >> 63 ? ~bits : bits | ((<u64>1) << 63);
}

/** Of an entry, and of a rest: no address. */
const AGE: i32 = 1;

/** Puts the key and the item's age into an entry; false: the heap is full. `epoch`: its upper half. */
export function keyStore(entry: usize, key: usize, meta: u32, number: f64, put: i32, epoch: i32): bool {
  let rest = (epoch << 1) | AGE;
  if (meta == <u32>Encoding.NUMBER) storePlain64(entry + offsetof<PriorityEntry>('prefix'), <i64>numberKey(number));
  else {
    const bytes = <u32>loadPlain(key + 4);
    const length = bytes & ~(<u32>Key.OUT_OF_LINE);
    if (length > PREFIX) {
      const block = allocate(REST + align8(length - PREFIX));
      if (!block) return false;
      const from = bytes & Key.OUT_OF_LINE ? <usize>(<u32>loadPlain(key + KEY_HEADER)) + REST : key + KEY_HEADER;
      storePlain(block, <i32>(length - PREFIX));
      storePlain(block + 4, rest);
      copy(block + REST, from, align8(length - PREFIX));
      rest = <i32>block;
    }
    storePlain64(entry + offsetof<PriorityEntry>('prefix'), bswap(loadPlain64(key + 8)));
  }
  storePlain(entry + offsetof<PriorityEntry>('age'), put);
  storePlain(entry + offsetof<PriorityEntry>('rest'), rest);
  return true;
}

/** The item is in: nobody needs the block of its key. */
export function keyGiveBack(key: usize, meta: u32): void {
  if (meta != <u32>Encoding.NUMBER && loadPlain(key + 4) & Key.OUT_OF_LINE)
    itemDrop(<usize>(<u32>loadPlain(key + KEY_HEADER + 4)));
}

/** The block of an entry's rest, by the word that says where it is; or 0. */
export function restIn(word: i32): usize {
  return word & AGE ? 0 : <usize>(<u32>word);
}

export function keyDrop(entry: usize): void {
  const rest = restIn(loadPlain(entry + offsetof<PriorityEntry>('rest')));
  if (rest) free(rest);
}

/** Whether `a` goes before `b`: by key, then by age. */
export function precedes(a: usize, b: usize): bool {
  const first = <u64>loadPlain64(a + offsetof<PriorityEntry>('prefix'));
  const second = <u64>loadPlain64(b + offsetof<PriorityEntry>('prefix'));
  if (first != second) return first < second;
  const ageA = <u64>loadPlain64(a + offsetof<PriorityEntry>('age'));
  const ageB = <u64>loadPlain64(b + offsetof<PriorityEntry>('age'));
  // Neither has a rest.
  if (ageA & ageB & ((<u64>AGE) << 32)) return ageA < ageB;
  const restA = restIn(<i32>(ageA >> 32));
  const restB = restIn(<i32>(ageB >> 32));
  if (restA) checkRest(restA, a);
  if (restB) checkRest(restB, b);
  const order = compareRests(restA, restB);
  return order ? order < 0 : ageOf(restA, ageA) < ageOf(restB, ageB);
}

function checkRest(rest: usize, entry: usize): void {
  const word = entry + offsetof<PriorityEntry>('rest');
  Check.block(rest, word);
  const length = <u32>loadPlain(rest);
  Check.that(length < <u32>i32.MAX_VALUE && isRoomy(rest, REST + align8(length)), word);
}

function ageOf(rest: usize, age: u64): u64 {
  return ((<u64>loadPlain(rest + 4)) << 32) | (age & 0xffffffff);
}

/** A key that is another's beginning goes first. */
function compareRests(a: usize, b: usize): i32 {
  if (!a || !b) return <i32>(a != 0) - <i32>(b != 0);
  const lengthA = <u32>loadPlain(a);
  const lengthB = <u32>loadPlain(b);
  const common = align8(min(lengthA, lengthB));
  for (let at: u32 = REST; at < common + REST; at += 8) {
    const first = bswap(<u64>loadPlain64(a + at));
    const second = bswap(<u64>loadPlain64(b + at));
    if (first != second) return first < second ? -1 : 1;
  }
  return <i32>(lengthA > lengthB) - <i32>(lengthA < lengthB);
}
