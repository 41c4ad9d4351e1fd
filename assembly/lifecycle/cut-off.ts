/**
 * Calls that were cut off: the engine threw out of the core, because the stack was used up (its check stands
 * at the entry of functions, also between taking a short lock and giving it back). The worker lives, and its
 * call is dead.
 *
 * Ancestry: the repair of robust mutexes, by the owner itself.
 *
 * | step         | when                                  | what                                             |
 * | ------------ | ------------------------------------- | ------------------------------------------------ |
 * | `callCutOff` | at once, where the stack is still low | what was changing hands is settled; the short    |
 * |              |                                       | locks of the call's object become ABANDONED, and |
 * |              |                                       | whoever waits at it looks again                  |
 * | `callRepair` | before this worker's next call        | the same for all objects; what the call had      |
 * |              |                                       | doomed or was about to drop goes                 |
 *
 * `callCutOff` calls no function (each of those below has one caller, and is compiled into it; a test looks):
 * what needed no more stack than the call that failed there cannot fail. The next worker that takes such a
 * lock repairs what it guards, as after a death. `callRepair` may be cut off like any call; it is done again
 * then.
 *
 * The reaper's calls are on no object: theirs is the one that it was at when it met a word that makes no
 * sense.
 *
 * Public locks are left alone: their owner lives and may go on. An RLock whose count had come to 0 is let go.
 *
 * No wake-up is lost: everybody at the object is woken, to look again.
 * Death here: the reaper does all of it.
 */
import { Kind } from '../abi';
import { add, cas, load, load64, loadPlain, memoryBytes, notify, notifyHere, store64, storePlain } from '../atomics';
import { Check } from '../checks';
import { leaveTable } from '../heap/chunks';
import { IN_FLIGHT } from '../heap/handles';
import { TAKING } from '../heap/in-flight';
import { adoptDoomed, forgetDoomed, objectEntries, objectKind, objectPin, objectUnpin } from '../heap/object-table';
import { CELL_BATCH } from '../heap/record';
import {
  CellBatch,
  Condition,
  Connection,
  Container,
  HEADER,
  Header,
  InFlight,
  QUEUE_HEAD,
  QUEUE_NOT_EMPTY,
  QUEUE_NOT_FULL,
  QUEUE_TAIL,
  Queue,
  Ref,
  RLock,
  Root,
  SLOT_DISCARD,
  Slot,
  WaitList,
  WaitNode,
  Worker,
} from '../layout';
import { ROOT } from '../limits';
import { EXCHANGING } from '../manager/batch';
import { discardDrop } from '../manager/discard';
import { barrierLeave } from '../sync/barrier';
import { ABANDONED, OWNER } from '../sync/lock';
import { isListed, removeWaiter, waitListLock, waitListUnlock } from '../sync/wait-list';
import { notifyOne, ringFor } from '../waiting/doorbell';
import { self, selfSlot } from '../waiting/park';
import { drain } from './destroy';
import { underRepair } from './reaper';

/** No object is longer, in bytes, nor what is read of anything else here. */
const LARGEST: usize = 512;

/** What the call was on that was cut off, and the node that it had; until all is repaired. */
let cutObject: usize = 0;
let cutNode: usize = 0;

/**
 * The call on `object` (0: on none), with a waiter's `node` (0: with none), was cut off; `settle`: it is not
 * known yet. Calls no function.
 */
export function callCutOff(object: usize, node: usize, settle: bool): void {
  // What it was cut off by may be a word that makes no sense: each address is looked at, and each walk ends.
  const end = memoryBytes() - LARGEST;
  if (!object) object = underRepair;
  if (object & 15 || object - HEADER >= end) object = 0;
  if (settle) settleOwn(end);
  if (settle && object) {
    cutObject = object;
    cutNode = node;
  }
  let second: usize = 0;
  let kind = object ? loadPlain(object - HEADER + offsetof<Header>('kind')) : <i32>Kind.FREE;
  if (kind == Kind.CONNECTION) {
    second = <usize>(<u32>loadPlain(object + offsetof<Connection>('outgoing')));
    object = <usize>(<u32>loadPlain(object + offsetof<Connection>('incoming')));
    if (!object || (second | object) & 15 || max(second, object) >= end) {
      object = (second & 15) == 0 && second < end ? second : 0;
      second = 0;
    }
    kind = object ? <i32>Kind.QUEUE : <i32>Kind.FREE;
  }
  while (true) {
    // The short locks at `object`, and the heap's, are somebody else's to repair; whoever waits there looks.
    const isQueue = kind == Kind.QUEUE || kind == Kind.LIFO || kind == Kind.PRIORITY;
    for (let i = 0; i < 9; i++) {
      let word: usize = 0;
      let gate: usize = 4;
      let owned = false;
      if (i == 0) {
        word = ROOT + offsetof<Root>('heapLock');
        owned = true;
      } else if (isQueue) {
        gate = 8;
        if (i == 1 || i == 2) {
          word = object + (i == 1 ? QUEUE_TAIL : QUEUE_HEAD);
          gate = 4;
          owned = true;
        } else if (i == 3) word = object + QUEUE_NOT_EMPTY;
        else if (i == 4) word = object + QUEUE_NOT_FULL;
        else if (i == 5) word = object + offsetof<Queue>('joinSeq');
        // Of an event count: its sleepers compare the sequence.
        if (i >= 3 && word) add(word, 1);
      } else if (i == 1) {
        word = object;
        owned = kind == Kind.TABLE || kind == Kind.VECTOR || kind == Kind.BARRIER || kind == Kind.CONDITION;
        if (kind == Kind.SEMAPHORE || kind == Kind.EVENT || kind == Kind.WORKER) gate = 8;
      } else if (i == 2) {
        if (kind == Kind.TABLE || kind == Kind.VECTOR) word = object + offsetof<Container>('updateLock');
        else if (kind == Kind.WORKER) {
          word = object + offsetof<Worker>('nameLock');
          owned = true;
        }
      } else if (i == 3) {
        // An RLock whose count is 0: it was about to be let go.
        if (kind == Kind.RLOCK || kind == Kind.VALUE || kind == Kind.ARRAY) word = object;
        else if (kind == Kind.CONDITION && loadPlain(object + offsetof<Condition>('reentrant')))
          word = <usize>(<u32>loadPlain(object + offsetof<Condition>('lock')));
        if (word & 15 || word >= end) word = 0;
        if (word && loadPlain(word + offsetof<RLock>('count')) == 0) {
          const held = load(word);
          if ((held & (OWNER | ABANDONED)) == self && cas(word, held, 0) != held) cas(word, load(word), 0);
        }
      }
      if (i == 4 && (kind == Kind.CONDITION || kind == Kind.BARRIER)) {
        // Told, and not yet woken: nobody may come by to repair the list.
        const leaving = <usize>(<u32>load(object + offsetof<WaitList>('leaving')));
        if (leaving && (leaving & 3) == 0 && leaving < end) notifyOne(leaving + offsetof<WaitNode>('state'));
      }
      if (!word) continue;
      for (let tries = 0; owned && tries < 2; tries++) {
        // Twice: somebody may set CONTENDED in between.
        const held = load(word);
        if ((held & (OWNER | ABANDONED)) != self || cas(word, held, held | ABANDONED) == held) break;
      }
      const woken = notify(word, -1);
      if (woken && isQueue && i >= 3) add(word + 4, -woken);
      add(word + gate, 1);
      const loops = notifyHere(word + gate, -1);
      if (loops) add(word + gate + 4, -loops);
      ringFor(word + gate + 4);
    }
    if (!second) return;
    object = second;
    second = 0;
  }
}

/** As settleInFlight and discardSettle, for this worker, who goes on. */
function settleOwn(end: usize): void {
  let steps = end >> 4;
  let ref = selfSlot + SLOT_DISCARD;
  const link = selfSlot + offsetof<Slot>('refs');
  while (ref && (ref & 15) == 0 && ref < end && steps-- != 0) {
    const isDiscard = ref == selfSlot + SLOT_DISCARD;
    const next = isDiscard ? loadPlain(link) : loadPlain(ref + offsetof<Ref>('next'));
    const word = isDiscard || loadPlain(ref + offsetof<Ref>('index')) == IN_FLIGHT ? wordOf(ref) : 0;
    if (word && word < end) {
      const after = loadPlain(ref + offsetof<InFlight>('after'));
      const isBatch = isDiscard || (loadPlain(ref + offsetof<InFlight>('meta')) & CELL_BATCH) != 0;
      if (isBatch && word & EXCHANGING) {
        // As cellBatchSettle.
        const place = <usize>(<u32>after);
        const isSound = place < end && ((place | (word & ~EXCHANGING)) & 7) == 0;
        if (isSound && load64(word & ~EXCHANGING) == load64(place)) store64(place, load64(ref + offsetof<CellBatch>('other')));
      } else if ((load(word & ~3) == after) != ((word & TAKING) != 0)) {
        // Not this worker's any more, or not yet.
        if (isBatch) storePlain(ref + offsetof<InFlight>('length'), 0);
        if (isDiscard) storePlain(ref + offsetof<InFlight>('generation'), 0);
        if (!isBatch) {
          // What was put leaves an element without a handle, which goes with the worker. What was to be
          // taken is the queue's, and this element, which lies in it, leaves the list.
          if (!(word & TAKING)) storePlain(ref + offsetof<Ref>('index'), 0);
          else {
            const previous = <usize>(<u32>loadPlain(ref + offsetof<Ref>('previous')));
            if (previous < end) storePlain(previous ? previous + offsetof<Ref>('next') : link, next);
            if (next && <usize>(<u32>next) < end) storePlain(<usize>(<u32>next) + offsetof<Ref>('previous'), <i32>previous);
          }
        }
      }
      storePlain(ref + offsetof<InFlight>('word'), 0);
    }
    ref = <usize>(<u32>next);
  }
}

function wordOf(inFlight: usize): usize {
  return <usize>(<u32>loadPlain(inFlight + offsetof<InFlight>('word')));
}

/** Before the next call of a worker one of whose calls was cut off. */
export function callRepair(): void {
  callCutOff(0, 0, true);
  // A call that was about to put an element in front of the first one had told that already.
  const list = selfSlot + offsetof<Slot>('refs');
  const first = <usize>(<u32>loadPlain(list));
  if (first) {
    Check.block(first, list);
    storePlain(first + offsetof<Ref>('previous'), 0);
  }
  leaveTable();
  // Each of them is found on the walk; one that is on the list already would be in it twice.
  forgetDoomed();
  const end = objectEntries();
  for (let index = 1; index < end; index++) {
    adoptDoomed(index, self);
    const object = objectPin(index);
    if (!object) continue;
    callCutOff(object, 0, false);
    if (object == cutObject) leave(object, objectKind(index));
    objectUnpin(object);
  }
  discardDrop();
  drain();
  cutObject = 0;
  cutNode = 0;
}

/**
 * The node of the call leaves the list. Not that of another wait of this worker's: a barrier's leader is in
 * the list while its action runs, whose calls may be cut off. The list's lock is taken in any case: whoever
 * was being woken is found then.
 */
function leave(list: usize, kind: i32): void {
  if (kind == Kind.BARRIER && cutNode) barrierLeave(list, cutNode);
  if (kind != Kind.CONDITION) return;
  waitListLock(list);
  if (cutNode && isListed(cutNode)) removeWaiter(list, cutNode);
  waitListUnlock(list);
}
