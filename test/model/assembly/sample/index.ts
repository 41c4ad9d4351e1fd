/**
 * A small core with the seam of the real one, for test/model/harness.test.ts.
 */
export {
  acquire,
  acquireAndNote,
  acquireSpinning,
  become,
  howOften,
  reap,
  release,
  tryOrMark,
  trySpinning,
  whoAmI,
} from './mutex';
export {
  addHigh,
  addOne,
  byteAt,
  clockIsZero,
  dither,
  fillWith,
  growBy,
  halvesEqual,
  increment,
  incrementBoth,
  incrementHalves,
  interpret,
  move,
  moveDouble,
  plainHalvesEqual,
  setPlainWide,
  setWide,
  sleepOnce,
  sum,
  yieldTo,
} from './probe';
