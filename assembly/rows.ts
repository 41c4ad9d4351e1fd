/**
 * Walking all objects: whatever lives in a row, from the first to the last that was ever used.
 *
 * Nobody waits here. Death of who has pinned an object: that lives on, since nothing names the reference. The reaper pins, whose death ends the program; others
 * only for diagnostics.
 */
import { Kind } from './abi';
import { cas64, load, load64 } from './atomics';
import { Entry, Root } from './layout';
import { ROOT } from './limits';
import { chunkWord, entryOf, objectGeneration, objectId, release } from './objects';

/** Rows that were ever used: ids run from 1 to this, exclusive. */
export function objectRows(): i32 {
  return load(ROOT + offsetof<Root>('nextEntry'));
}

/** Takes a reference to whatever lives in row `id`: the object, or 0. Give it back with objectUnpin. */
export function objectPin(id: i32): usize {
  if (!load(chunkWord(id))) return 0;
  const entry = entryOf(id);
  while (true) {
    const life = load64(entry);
    if (<i32>life == 0) return 0;
    if (cas64(entry, life, life + 1) == life) return <usize>(<u32>load(entry + offsetof<Entry>('pointer')));
  }
}

export function objectUnpin(object: usize): void {
  release(objectId(object), objectGeneration(object));
}

/** The kind of a living object's row, FREE for an empty one. */
export function objectKind(id: i32): i32 {
  if (!load(chunkWord(id))) return Kind.FREE;
  const entry = entryOf(id);
  return <i32>load64(entry) == 0 ? <i32>Kind.FREE : load(entry + offsetof<Entry>('kind'));
}
