/**
 * Mutants that change nothing that a model or a user could see, and why. By id; a name that ends with `:` is
 * that of a function, all of whose mutants are meant, or those of one operator.
 */
export const equivalent: Readonly<Record<string, string>> = {
  'heap/allocator.ts:drainMedium:negated:8c2b00': 'One more search, in vain.',
  'heap/allocator.ts:growHeap:negated:887439': 'One more search, in vain.',
  'heap/chunks.ts:chunksRepair:decided:4960e2': 'No chunk is going then, so no entry leaves the chain.',
  'heap/chunks.ts:give:compared:cb46fb': 'An index goes round: the entry behind the last one is the first.',
  'heap/chunks.ts:isWatched:compared:c5d0fb': "Behind the last slot is the rest of the root's pages, which nobody uses.",
  'heap/page-map.ts:releaseRun:compared:1cbc00': 'What is stored is there already.',
  'lifecycle/cut-off.ts:callCutOff:bound:7b17c5': 'The sequence is another one either way.',
  'lifecycle/cut-off.ts:callCutOff:compared:84e8db':
    'It differs for an address at the end of the memory only, which nothing has.',
  'lifecycle/cut-off.ts:callCutOff:decided:2e3cd3': 'It differs only where the memory was written over.',
  'lifecycle/cut-off.ts:callCutOff:decided:568548': 'Who is counted and does not sleep costs a call of the kernel.',
  'lifecycle/cut-off.ts:callRepair:bound:c202d8': 'It is set together with the object, of which there is none.',
  'lifecycle/cut-off.ts:settleOwn:decided:e6c3b4': 'It differs only where the memory was written over.',
  'manager/batch.ts:cellShowCopy:bound:b55946': 'No batch is at 0.',
  'manager/cell.ts:blockCreate:decided:df02e9': 'Nothing lies at 0, where it writes, and 0 is the answer all the same.',
  'manager/entries.ts:rebuild:compared:239250': 'A body that is larger than it must be.',
  'manager/key.ts:hashBytes:decided:d46086': 'The secrets are computed again, and are the same.',
  'manager/key.ts:mix:bound:e70a19': 'Another hash, which mixes as well.',
  'manager/key.ts:splitMix:unmasked:562666': 'Another secret.',
  'manager/key.ts:takeSecrets:bound:29596a': 'Another secret.',
  'manager/key.ts:takeSecrets:bound:364986': 'Another secret. In every other heap a multiplier is even: one bit of 64 is lost.',
  'manager/table.ts:tableTakeLast:bound:fb56d8': 'Room for one more, which nobody uses.',
  'manager/vector.ts:place:bound:091717': 'Below 0 is nowhere, whichever it is.',
  'queue/fifo.ts:fifoGetMany:compared:a86a0f': 'What is behind the run is looked at, and never fits.',
  'queue/fifo.ts:fifoPutMany:decided:50df60': 'The count of tasks is brought down earlier than it must.',
  'queue/packed.ts:unfold:swap:5f8002': "The record is this worker's own, and the block nobody's.",
  'queue/queue.ts:getMany:bound:c3e3c8': 'One more looks, and sleeps again.',
  'queue/queue.ts:queuePutMany:decided:253579': 'One more looks, and sleeps again.',
  'queue/ring.ts:ringRead:compared:7f3a7c': 'Nothing is copied.',
  'queue/ring.ts:ringRead:swap:5c0ff5': 'Two copies, to different places, of what nobody changes.',
  'sync/barrier.ts:barrierGiveUp:bound:e3dbc4': 'It is only asked whether it is 0.',
  'sync/lock.ts:lockReset:removed:a70464': 'Who marked it as abandoned wakes all of them, whatever it is by then.',
  'sync/lock.ts:spin:negated:10cca3': 'How long the next spin is.',
  'sync/lock.ts:tryAcquire:unmasked:90425d': 'What nobody holds is 0, or abandoned.',
  'waiting/park.ts:isLong:compared:07c17c': 'It is shorter in every core but that of the models.',
  'waiting/park.ts:spinLearn:bound:47b4a9': 'How fast it learns.',
};

/** Why this one changes nothing, if it is listed. */
export function reasonFor(id: string): string | undefined {
  const [file, name, operator] = id.split(':');
  return equivalent[id] ?? equivalent[`${file}:${name}:${operator}:`] ?? equivalent[`${file}:${name}:`];
}
