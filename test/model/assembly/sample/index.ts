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
  clockIsZero,
  dither,
  growBy,
  halvesEqual,
  increment,
  incrementBoth,
  interpret,
  move,
  setWide,
  sleepOnce,
  sum,
  yieldTo,
} from './probe';
