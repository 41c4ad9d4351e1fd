/**
 * Checks: what is read from the shared memory is looked at before it is used. A worker that writes where it
 * should not (by a wrong address in a module of its own, say) can break anything there, and who comes by
 * later must neither wait for ever nor write somewhere else in turn.
 *
 * Ancestry: the "safe unlinking" and pointer checks of glibc's malloc; XFS's and ext4's verifiers, which look
 * at each block of metadata between reading and using it.
 *
 * A check that fails ends the call by a trap, from wherever it is: it costs a compare and no return value.
 * `corruptWord` says afterwards which word it was, and the caller makes an error of it (src/heap/corrupt.ts).
 * What the trap leaves half done is a call that was cut off (lifecycle/cut-off.ts).
 *
 * What is checked: addresses (aligned, and within the pages of the heap), lengths (against what they are part
 * of), indices, kinds and flags, positions (against each other), owners of locks, and that no walk along
 * links is longer than there can be elements. What cannot be seen: a word that is wrong and could be right.
 *
 * The core that pages fetch has to be small: the build leaves the checks out of it, each of which is a
 * statement on a line of its own. There an address outside of the memory is found by the engine.
 *
 * Everybody who sleeps looks once in LOOK_AFTER (limits.ts) whether what it waits for can still come: counts
 * of sleepers that were written over hide a wake-up for so long, and not for ever.
 *
 * Nobody waits here. Death: as in any call.
 */
import { loadPlain } from './atomics';
import { Root, SLOT_BYTES } from './layout';
import { PAGE_SHIFT, ROOT, SLOTS } from './limits';

/** The word that made no sense, until somebody has asked. */
let corruptAt: usize = 0;
/**
 * Where blocks can lie, as this instance has last seen it: behind the workers' slots, up to the last page.
 */
let heapFrom: u32 = 0;
let heapBlocks: u32 = 0;

/** The word at which the last trap was made; 0: there was none, or the engine made it. */
export function corruptWord(): usize {
  const word = corruptAt;
  corruptAt = 0;
  return word;
}

// biome-ignore lint/complexity/noStaticOnlyClass: the compiler puts only methods in place where it is told to.
export class Check {
  /** What was read at `word` is sound, or the call ends here. */
  @inline
  static that(sound: bool, word: usize): void {
    if (!sound) {
      corruptAt = word;
      unreachable();
    }
  }

  /** More elements than any list of blocks can have. */
  @inline
  static most(): u32 {
    return (<u32>loadPlain(ROOT + offsetof<Root>('pages'))) << (PAGE_SHIFT - 4);
  }

  /** `block` is an address that was read at `word`: that of a block, or of what begins at its 16th byte. */
  @inline
  static block(block: usize, word: usize): void {
    if (Check.unitsTo(block) >= heapBlocks) lookAgain(block, word);
  }

  /** Units of 16 bytes from the first block on; as many as there can never be for what is at no whole one. */
  @inline
  static unitsTo(block: usize): u32 {
    return rotr<u32>(<u32>block - heapFrom, 4);
  }

  /** The same for a word of 64 bits, which has nothing else in it. */
  @inline
  static block64(block: i64, word: usize): void {
    if (rotr<u64>(<u64>block - <u64>heapFrom, 4) >= <u64>heapBlocks) lookAgain64(block, word);
  }
}

/** The heap may have grown. It calls a function, and so the optimiser does not put it in place. */
function lookAgain(block: usize, word: usize): void {
  const before = heapBlocks;
  heapFrom = <u32>loadPlain(ROOT + offsetof<Root>('slots')) + <u32>SLOTS * <u32>SLOT_BYTES;
  heapBlocks = (((<u32>loadPlain(ROOT + offsetof<Root>('pages'))) << PAGE_SHIFT) - heapFrom) >> 4;
  if (Check.unitsTo(block) < heapBlocks) return;
  Check.that(heapBlocks != before, word);
  lookAgain(block, word);
}

function lookAgain64(block: i64, word: usize): void {
  lookAgain(block >> 32 == 0 ? <usize>block : 1, word);
}
