/**
 * Mutants that change nothing that a model or a user could see, and why. By id; a name that ends with `:` is
 * that of a function, all of whose mutants are meant, or those of one operator.
 */
export const equivalent: Readonly<Record<string, string>> = {
  'heap/page-map.ts:releaseRun:compared:1cbc00': 'What is stored is there already.',
  'lifecycle/cut-off.ts:callCutOff:compared:84e8db':
    'It differs for an address at the end of the memory only, which nothing has.',
  'lifecycle/cut-off.ts:settleOwn:decided:e6c3b4': 'It differs only where the memory was written over.',
  'manager/key.ts:hashBytes:decided:d46086': 'The secrets are computed again, and are the same.',
  'manager/key.ts:mix:bound:e70a19': 'Another hash, which mixes as well.',
  'manager/key.ts:takeSecrets:bound:29596a': 'Another secret.',
  'manager/vector.ts:place:bound:091717': 'Below 0 is nowhere, whichever it is.',
  'queue/fifo.ts:fifoPutMany:decided:50df60': 'The count of tasks is brought down earlier than it must.',
  'queue/packed.ts:unfold:swap:5f8002': "The record is this worker's own, and the block nobody's.",
  'queue/ring.ts:ringRead:swap:5c0ff5': 'Two copies, to different places, of what nobody changes.',
  'sync/lock.ts:spin:negated:10cca3': 'How long the next spin is.',
};

/** Why this one changes nothing, if it is listed. */
export function reasonFor(id: string): string | undefined {
  const [file, name, operator] = id.split(':');
  return equivalent[id] ?? equivalent[`${file}:${name}:${operator}:`] ?? equivalent[`${file}:${name}:`];
}
