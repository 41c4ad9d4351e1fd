/**
 * What the inspector takes from the rest of the package. The build puts the one copy that a thread has in the
 * place of this module: nothing else that has a state may be imported beside it.
 */
export { RuntimeError } from '../errors.ts';
export { theHeap } from '../heap/heap.ts';
