/**
 * Loans: memory of the heap that a user writes into before it is an item, or reads from after it was one.
 *
 * Ancestry: the samples that DDS and iceoryx lend; the claimed slot of the LMAX Disruptor.
 *
 * A loan is an element of its worker's list (handles.ts), so a death gives it back:
 *
 * | payload          | element                   | where the payload lies                                  |
 * | ---------------- | ------------------------- | ------------------------------------------------------- |
 * | up to INLINE_MAX | a stage: NODE, for memory | behind the element; a queue's ring gets or gives a copy |
 * | more             | an InFlight, of a block   | in the block, which goes into a queue or came out of it |
 *
 * A stage has no references and never changes hands. Free ones are kept for the next loan, a few of them, in
 * a list of this instance's own: it is a variable, with links in the elements.
 *
 * Nobody waits here. Death: the reaper finds the elements. Between taking a block and listing it that block
 * is lost, as for every block. The list of free stages is gone with its instance, they are not: they are on
 * the worker's list, too.
 */
import { Encoding, Meta } from '../abi';
import { loadPlain, storePlain } from '../atomics';
import { InFlight, REF_BYTES, Ref } from '../layout';
import { INLINE_MAX } from '../limits';
import { allocate, free } from './allocator';
import { IN_FLIGHT, isNode, listAdd, listRemove, NODE } from './handles';
import { inFlightBlock } from './in-flight';
import { align8, itemDrop } from './record';

/** As many free stages are kept: so many loans a worker has at a time, if it has several. */
const KEPT: i32 = 4;
let firstStage: usize = 0;
let stages: i32 = 0;

export function isStage(loan: usize): bool {
  return isNode(loan);
}

/** Where a loan's payload lies. */
export function loanPayload(loan: usize): usize {
  return isStage(loan) ? loan + REF_BYTES : inFlightBlock(loan) + <usize>Meta.BLOCK_HEADER;
}

function nextStage(stage: usize): usize {
  return <usize>(<u32>loadPlain(stage + offsetof<Ref>('generation')));
}

/** The free stage that `stageTake` takes, made if there is none; 0: the heap is full. */
export function stageReady(): usize {
  return firstStage ? firstStage : stageMake();
}

function stageMake(): usize {
  const stage = allocate(REF_BYTES + INLINE_MAX);
  if (!stage) return 0;
  listAdd(stage, NODE, 0);
  firstStage = stage;
  stages = 1;
  return stage;
}

/**
 * Takes the stage that is ready: it is in use. Calls no function after its first change: a call may be cut
 * off.
 */
export function stageTake(): void {
  const stage = firstStage;
  firstStage = nextStage(stage);
  stages--;
}

function stageGive(stage: usize): void {
  if (stages >= KEPT) {
    listRemove(stage);
    free(stage);
    return;
  }
  storePlain(stage + offsetof<Ref>('generation'), <i32>firstStage);
  firstStage = stage;
  stages++;
}

/** A block for `length` bytes, in this worker's hands; 0: the heap is full. */
export function loanBlock(length: u32): usize {
  const inFlight = allocate(offsetof<InFlight>());
  if (!inFlight) return 0;
  // An element of nothing at first: if the call is cut off or its worker dies, it goes with the worker.
  listAdd(inFlight, 0, 0);
  const block = allocate(<u32>Meta.BLOCK_HEADER + align8(length));
  if (!block) {
    listRemove(inFlight);
    free(inFlight);
    return 0;
  }
  storePlain(inFlight + offsetof<InFlight>('length'), <i32>length);
  storePlain(inFlight + offsetof<InFlight>('meta'), Encoding.BYTES);
  storePlain(inFlight + offsetof<InFlight>('word'), 0);
  storePlain(inFlight + offsetof<InFlight>('generation'), <i32>block);
  storePlain(inFlight + offsetof<InFlight>('index'), IN_FLIGHT);
  return inFlight;
}

/** Gives a loan back. */
export function loanEnd(loan: usize): void {
  if (isStage(loan)) stageGive(loan);
  else itemDrop(loan);
}
