/**
 * Size classes: which blocks share a page, and the list of free ones that each class keeps.
 *
 * Ancestry: dlmalloc and mimalloc for the classes, four to each doubling; Treiber's stack with a tag (R. K.
 * Treiber, IBM RJ 5118, 1986) for the free lists.
 *
 * | word  | meaning                                                                                   |
 * | ----- | ----------------------------------------------------------------------------------------- |
 * | free  | tag << 32 | first free block, 0 for none; each free block's first word is the next one's  |
 * | carve | end << 32 | next untouched byte of the page that is being cut up                          |
 * | used  | blocks in use                                                                             |
 * | taken | free blocks that a search for whole free pages has in hand (reclaim.ts)                   |
 *
 * Nobody waits here. Death: a block is in a list, or somebody's, or (taken by a worker that died before it
 * could say so) lost; never half.
 */
import { cas64, load, load64, loadPlain, storePlain } from '../atomics';
import { Check } from '../checks';
import { CLASS_SHIFT, ROOT_CLASSES } from '../layout';
import { ROOT } from '../limits';
import { mapWord, pageOf } from './page-map';

export function classAt(index: i32): usize {
  return ROOT + ROOT_CLASSES + ((<usize>index) << CLASS_SHIFT);
}

/** 16, 32, 48, 64, then four to each doubling. */
export function classOf(bytes: u32): i32 {
  if (bytes <= 64) return bytes == 0 ? 0 : <i32>((bytes - 1) >> 4);
  const last = bytes - 1;
  const log = 31 - <i32>clz(last);
  return 4 + ((log - 6) << 2) + (<i32>(last >> (log - 2)) & 3);
}

export function sizeOfClass(index: i32): u32 {
  if (index < 4) return (<u32>index + 1) << 4;
  const log = 6 + ((index - 4) >> 2);
  const quarter = <u32>((index - 4) & 3) + 1;
  return ((<u32>1) << log) + (quarter << (log - 2));
}

/**
 * Whether a block lies in a page of its class. ORDERING: plain, as who has a block keeps its page as it is;
 * what is not so was perhaps so when the head was read, at which the caller looks once more.
 */
function isAtHome(block: usize, tag: i32): bool {
  const word = mapWord(pageOf(block));
  return (loadPlain(word) & 255) == tag || (load(word) & 255) == tag;
}

/** A free block of a class, whose pages have `tag` on the map; 0: there is none. */
// @inline
export function pop(kind: usize, tag: i32): usize {
  while (true) {
    const head = load64(kind);
    const block = <usize>(<u32>head);
    if (!block) return 0;
    Check.block(block, kind);
    Check.that(isAtHome(block, tag) || load64(kind) != head, kind);
    // ORDERING: another worker may have taken the block and be writing to it; then the tag has moved on and
    // the swap fails.
    const next = <u32>loadPlain(block);
    if (cas64(kind, head, retag(head, next)) == head) return block;
  }
}

export function push(kind: usize, block: usize): void {
  while (true) {
    const head = load64(kind);
    storePlain(block, <i32>head);
    if (cas64(kind, head, retag(head, <u32>block)) == head) return;
  }
}

export function retag(head: i64, block: u32): i64 {
  return (((head >> 32) + 1) << 32) | <i64>block;
}
