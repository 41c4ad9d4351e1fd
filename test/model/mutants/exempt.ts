/**
 * Functions of the core that run in no model with a death, and why they need none. By name; where two files
 * have one of the same name, by `file:name`.
 */

const READS = 'It reads, and changes nothing that others see.';
const REPAIRS = 'Only who repairs runs it. The death of a reaper ends the program.';
const CUT_OFF = 'Only a worker whose call was cut off runs it: cut-off.test.ts.';
const TWICE = 'It runs after a death only, and may be cut short and done again. Of two deaths one would be in it.';
const RARE = 'One put in 2^20 calls it.';
const CHECKS = 'Only a check calls it, and the models that are walked through here have none (scripts/unchecked.mjs).';
const LATE = 'It is a check, of who has slept for long: long-sleep.test.ts, in which the checks are.';
const FIRST = 'It runs before there is anybody else.';

/** What else there is in files of the core is called by a check, and by nothing else. */
const ONLY_CHECKS = `
  isRoomy heap/in-flight.ts:isWhole isPile isMeta isAtHome checkCell checkBody sumOf checkParts checkRoom checkRest
  checkPacked endOf checkSegment checkRecord checkEmpty checkOwner checkDoomed slotWith
`;

const named = (reason: string, names: string): Record<string, string> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, reason]),
  );

export const exempt: Readonly<Record<string, string>> = {
  ...named(
    READS,
    `
    blockBytes bytesInUse usedIn bytesReserved objectKind generationAt objectAt shapeBytes
    rootIsCompatible outputLock scratch scratchBytes inlineBytes valueLock valueData slotCount
    workerIsKnown slotNode workerExitCode isLetGo isInHand updateLockGate updateLockOwner
    pipeReady queueIsShutDown queueNotFullGate queueJoinGate barrierTimeout
    barrierWaiting barrierIsBroken eventIsSet lockOwner lockDeadOwner semaphoreValue listHas
    parkedOn numberKey ageOf wordOf
    `,
  ),
  ...named(
    REPAIRS,
    `
    inFlightSettle objectPin objectUnpin adoptDoomed settleInFlight releaseAllOf reapLocks letGo
    reap abandon repair slotsFreeUnstarted slotReleaseRecord workerAbandon containerAbandon containerWakeAll
    discardSettle cellBatchSettle queueAbandon barrierRepair eventWakeAll lockAbandon
    semaphoreWakeAll removeWaitersOf letGoOfRoot repairAll lifecycle/reaper.ts:giveBack
    `,
  ),
  ...named(
    CUT_OFF,
    `
    barrierLeave callCutOff settleOwn callRepair leave forgetDoomed
    `,
  ),
  ...named(
    FIRST,
    `
    heapInit rootInit rootSetHashSeed configureWaiting
    `,
  ),
  ...named(TWICE, 'keep rebuildHints recount'),
  ...named(RARE, 'tasksSaturate'),
  ...named(LATE, 'checkListed'),
  ...named(CHECKS, ONLY_CHECKS),
};

/** Whether a function belongs to the checks: there are no mutants of those (`npm run fuzz` is for them). */
export function isOfChecks(file: string, name: string): boolean {
  const reason = exempt[`${file}:${name}`] ?? exempt[name];
  return reason === CHECKS || reason === LATE;
}
