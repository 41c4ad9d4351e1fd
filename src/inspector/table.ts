/**
 * The object table, read from outside: which objects live, and where.
 */
import { EntryField, Extent, Kind, Limit, RootField, Size } from '../../assembly/abi.ts';
import type { Reader } from './source.ts';

/** A living object. */
export interface Row {
  id: number;
  kind: Kind;
  /** Its address. */
  at: number;
}

const CHUNKS_AT = Limit.ROOT + RootField.CLASSES + ((Limit.SMALL_CLASSES + Limit.MEDIUM_PAGES) << 6);
const ENTRIES = 1 << Limit.CHUNK_SHIFT;
/** In a chunk's word: it is going, or gone. */
const NOT_HERE = 3;

export function livingRows(reader: Reader): Row[] {
  const rows: Row[] = [];
  const end = Math.min(reader.unsigned(Limit.ROOT + RootField.NEXT_ENTRY), Size.CHUNKS * ENTRIES);
  for (let id = 1; id < end; id++) {
    const chunk = reader.unsigned(CHUNKS_AT + (id >> Limit.CHUNK_SHIFT) * 4);
    if (chunk === 0 || (chunk & NOT_HERE) !== 0) {
      // The next one.
      id |= ENTRIES - 1;
      continue;
    }
    const entry = chunk + ((id & (ENTRIES - 1)) << Size.ENTRY_SHIFT);
    // Odd: it is doomed.
    const lives = reader.word(entry + EntryField.REFERENCES) > 0 && (reader.word(entry + EntryField.GENERATION) & 1) === 0;
    if (!lives) continue;
    const kind = reader.word(entry + EntryField.KIND) as Kind;
    const at = reader.unsigned(entry + EntryField.POINTER);
    if (at !== 0 && kind > Kind.FREE) rows.push({ id, kind, at });
  }
  return rows;
}

export function isQueueKind(kind: Kind): boolean {
  return kind === Kind.QUEUE || kind === Kind.LIFO || kind === Kind.PRIORITY;
}

/** Bytes among which are the words that one can sleep on in an object. */
export function extentOf(kind: Kind): number {
  if (isQueueKind(kind)) return Extent.QUEUE;
  // A process's number in the system is waited for, too.
  return kind === Kind.WORKER ? Extent.OTHER + 16 : Extent.OTHER;
}

/** The objects by where they lie: whose a word is. */
export class Places {
  readonly #rows: Row[];

  constructor(rows: readonly Row[]) {
    this.#rows = [...rows].sort((a, b) => a.at - b.at);
  }

  /** The object that a word belongs to. */
  around(word: number): Row | undefined {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as Row).at <= word) low = middle + 1;
      else high = middle;
    }
    const row = this.#rows[low - 1];
    return row !== undefined && word < row.at + extentOf(row.kind) ? row : undefined;
  }
}
