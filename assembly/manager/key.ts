/**
 * The key that a call on a table is about: from the scratch or from a batch, as a cell or as bytes, with its
 * hash.
 *
 * Ancestry: multiplicative hashing (Knuth, TAOCP 6.4) with random multipliers (M. Dietzfelbinger et al., A
 * Reliable Randomized Algorithm for the Closest-Pair Problem, 1997: two keys chosen without knowing them
 * collide as rarely as random ones), twice for each word.
 *
 * Keys are equal when their encodings are: `src/manager/cells.ts` sees to it that equal keys are encoded
 * alike.
 *
 * What is sought is in variables of this instance: one call looks for one key at a time. Nothing here is
 * shared until cellOfSought's block is: nobody waits, and death loses that block at most.
 */
import { Encoding } from '../abi';
import { copy, loadPlain, loadPlain64, loadPlainF64 } from '../atomics';
import { RECORD } from '../heap/record';
import { Root } from '../layout';
import { ROOT } from '../limits';
import {
  BLOCK,
  blockCreate,
  cellBlock,
  cellHash,
  cellLength,
  cellMeta,
  cellOfBlock,
  cellOfEncoding,
  cellOfNumber,
  isBlock,
  NONE,
} from './cell';

/** Its cell, if it needs no block. */
let soughtCell: i64 = 0;
let soughtBody: usize = 0;
let soughtLength: u32 = 0;
let soughtMeta: u32 = 0;
export let soughtHash: u32 = 0;

/**
 * What makes hashes this heap's own: a word and two odd multipliers, which nobody knows who chooses keys. With
 * multipliers that are known a seed alone is no help: the upper bits of a word go through a multiplication by
 * an odd number, whichever it is, so two words can be chosen whose differences cancel, or doubles with equal
 * low bits once they are folded.
 */
let secret: u64 = 0;
let first: u64 = 0;
let second: u64 = 0;

/** Steele, Lea and Flood's SplitMix64 (2014), from the heap's random seed. ORDERING: plain: written before there is a dict. */
function takeSecrets(): void {
  const seed = <u64>(<u32>loadPlain(ROOT + offsetof<Root>('hashSeed')));
  secret = splitMix(seed + GOLDEN);
  second = splitMix(seed + GOLDEN * 2) | 1;
  first = splitMix(seed + GOLDEN * 3) | 1;
}

/** 2^64 by the golden ratio. */
const GOLDEN: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;

function splitMix(state: u64): u64 {
  let z = state;
  z = (z ^ (z >> 30)) * (((<u64>0xbf58476d) << 32) | 0x1ce4e5b9);
  z = (z ^ (z >> 27)) * (((<u64>0x94d049bb) << 32) | 0x133111eb);
  return z ^ (z >> 31);
}

/**
 * What differs in upper bits only, as small integers and powers of two do, comes to the lower ones between the
 * multiplications, and the second one takes it up again: the upper half depends on all bits.
 */
function mix(hash: u64, word: u64): u64 {
  return rotl<u64>((hash ^ word) * first, 32) * second;
}

function hashOf(mixed: u64): u32 {
  return <u32>(mixed >> 32);
}

/** The bytes behind the last whole word, as a number: records and blocks lie in words. */
function restOf(from: usize, length: u32): u64 {
  const bits = (length & 7) << 3;
  return bits == 0 ? 0 : <u64>loadPlain64(from) & (((<u64>1) << bits) - 1);
}

function hashBytes(from: usize, length: u32, meta: u32): u32 {
  if (!first) takeSecrets();
  // Bytes, length and encoding in one word: no two such keys have the same.
  if (length < 8 && meta < 32) return hashOf(mix(secret, restOf(from, length) | ((<u64>((length << 5) | meta)) << 56)));
  let hash = mix(secret ^ <u64>length, <u64>meta);
  const whole = from + (length & ~7);
  for (; from < whole; from += 8) hash = mix(hash, <u64>loadPlain64(from));
  return hashOf(mix(hash, restOf(from, length)));
}

function seekCell(cell: i64): void {
  soughtCell = cell;
  soughtHash = hashOfCell(cell);
}

/** The hash of a key that stands in a cell: its block has it, or it is computed. */
export function hashOfCell(cell: i64): u32 {
  if (isBlock(cell)) return cellHash(cellBlock(cell));
  if (!first) takeSecrets();
  return hashOf(mix(secret, <u64>cell));
}

function seekBytes(body: usize, length: u32, meta: u32): void {
  soughtCell = NONE;
  soughtBody = body;
  soughtLength = length;
  soughtMeta = meta;
  soughtHash = hashBytes(body, length, meta);
}

export function seekRecord(record: usize): void {
  const meta = <u32>loadPlain(record + 4);
  if (meta < <u32>Encoding.NUMBER) seekCell(cellOfEncoding(meta));
  else if (meta == <u32>Encoding.NUMBER) {
    const number = loadPlainF64(record + RECORD);
    // -0 is 0, as for every Map.
    seekCell(cellOfNumber(number == 0 ? 0 : number));
  } else seekBytes(record + RECORD, <u32>loadPlain(record), meta);
}

/** A key in a batch: as seekRecord, for a cell. */
export function seekInBatch(cell: i64): void {
  if (!isBlock(cell)) {
    seekCell(cell);
    return;
  }
  const block = cellBlock(cell);
  seekBytes(block + BLOCK, cellLength(block), cellMeta(block));
}

export function isSought(key: i64): bool {
  if (soughtCell != NONE) return key == soughtCell;
  if (!isBlock(key)) return false;
  const block = cellBlock(key);
  return (
    cellHash(block) == soughtHash &&
    cellLength(block) == soughtLength &&
    cellMeta(block) == soughtMeta &&
    sameBytes(block + BLOCK, soughtBody, soughtLength)
  );
}

function sameBytes(a: usize, b: usize, length: u32): bool {
  const whole = a + (length & ~7);
  for (; a < whole; a += 8, b += 8) if (loadPlain64(a) != loadPlain64(b)) return false;
  return restOf(a, length) == restOf(b, length);
}

/** The cell for the key that is sought; NONE when the heap is full. */
export function cellOfSought(): i64 {
  if (soughtCell != NONE) return soughtCell;
  const block = blockCreate(soughtLength, soughtMeta, soughtHash);
  if (!block) return NONE;
  copy(block + BLOCK, soughtBody, soughtLength);
  return cellOfBlock(block);
}
